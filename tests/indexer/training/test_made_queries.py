"""What is made from an article's text."""

from random import Random

import pytest

from indexer.training.made_queries import QueryMaker, Recipe, crop, is_table, near_verbatim, question, split_sentences
from indexer.training.sources import Document


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("Anna Berg said the plant would soon close, and more followed.", "who said the plant would soon close?"),
        ("The Acme Corp plans to open a second office in spring.", "who plans to open a second office in spring?"),
        ("Will the port open again before the end of the month?", "Will the port open again before the end of the month?"),
        ("There is no plan to open the port again this month.", None),
        ("They closed the port for the rest of the month.", None),
        ("Anna Berg said no.", None),
    ],
)
def test_a_question_asks_for_the_names_that_begin_a_sentence(sentence: str, asked: str | None) -> None:
    assert question(sentence) == asked


def test_a_question_does_not_give_away_a_long_sentence() -> None:
    asked = question("Anna Berg said " + "word " * 50)
    assert asked is not None
    assert len(asked.split()) == 16


def test_a_crop_is_a_run_of_words() -> None:
    sentence = " ".join(f"w{number}" for number in range(30))
    for seed in range(50):
        cropped = crop(sentence, Random(seed))
        assert cropped in sentence
        assert 5 <= len(cropped.split()) <= 12


def test_sentences_are_parted_at_marks_and_lines() -> None:
    assert split_sentences('One. "Two!" Three?\nFour 3.5 times\n\n') == ["One.", '"Two!', "Three?", "Four 3.5 times"]


@pytest.mark.parametrize(
    ("title", "body", "verbatim"),
    [
        ("Oil prices fall sharply", "Oil prices fall sharply, dealers said in a long sentence. More.", True),
        ("OIL PRICES FALL", "LONDON, March 3. Oil prices fall in early trading today. More.", True),  # behind a dateline
        ("Crude tumbles", "Oil prices fall sharply, dealers said in a long sentence.", False),
        ("", "Oil prices fall.", False),
    ],
)
def test_a_headline_is_near_verbatim_if_the_first_sentence_has_its_words(title: str, body: str, verbatim: bool) -> None:
    assert near_verbatim(Document("k", title, body)) is verbatim


RESULTS = "Shr 14 cts vs 12 cts Net 1,067,000 vs 877,000 Sales 68.1 mln vs 61.2 mln Nine mths Shr 40 cts vs 17 cts Net 3.1 mln vs 1.2 mln "


@pytest.mark.parametrize(
    ("body", "table"),
    [
        (RESULTS, True),
        ("The mill sold 14 looms for 2.5 mln crowns in 1986, its owner said, and it will sell more of them before the year is out.", False),
        ("No figures at all.", False),
        ("", False),
    ],
)
def test_a_table_has_figures_for_a_fifth_of_its_words(body: str, table: bool) -> None:
    assert is_table(body) is table


def test_nothing_is_asked_of_a_table_as_it_does_not_say_whose_figures_it_has() -> None:
    results = Document("t", "Norfield Looms Inc 3rd quarter net", RESULTS * 2)
    assert list(QueryMaker([results], Recipe()).queries(results)) == []


@pytest.mark.parametrize("seed", range(8))
def test_keywords_are_the_rarest_words_that_other_articles_have_too_in_their_order(seed: int) -> None:
    common = [Document(str(number), "", "the market and the bank and the price of it all " * 4) for number in range(10)]
    other = Document("o", "", "a wallaby is no marsupial here and the price of it all ")
    article = Document("r", "", "the quokka and the marsupial bank of the wallaby price it all the market " * 3)
    recipe = Recipe(questions=0, crops=0, headlines=False, seed=seed)
    (made,) = QueryMaker([*common, other, article], recipe).queries(article)
    words = made.text.split()
    assert "quokka" not in words  # no other article has it
    assert [word for word in words if word in ("marsupial", "wallaby")] == ["marsupial", "wallaby"]


def test_keywords_are_words_of_the_article_alone_where_no_others_are_left() -> None:
    article = Document("r", "", "quokkas and wallabies graze beneath eucalyptus trees tonight " * 4)
    (made,) = QueryMaker([article, Document("o", "", "trees")], Recipe(questions=0, crops=0, headlines=False)).queries(article)
    assert len(made.text.split()) >= 2
    assert "trees" in made.text.split()


def test_the_same_article_gives_the_same_queries_and_another_seed_others() -> None:
    body = " ".join(f"Anna Berg said word{number} would come to the city in week {number}." for number in range(20))
    document = Document("k", "A headline of five words", body)
    first, again, other = (list(QueryMaker([document], Recipe(seed=seed)).queries(document)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len(first) == 4


def test_nothing_is_made_of_a_very_short_body() -> None:
    document = Document("k", "A headline of five words", "Too short to search for.")
    assert list(QueryMaker([document], Recipe()).queries(document)) == []
