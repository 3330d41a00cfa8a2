"""The heads of the package, on sentences written here that leave no doubt."""

from pathlib import Path

import pytest

from search.heads.catalogue import BUNDLED, Heads
from search.heads.choosing import Problem, choose
from search.heads.classification import classify, classify_pairs, rate_pairs
from search.heads.masking import fill_masks
from search.heads.reading import read
from search.heads.tagging import tag_texts

TASKS = {
    "acceptability", "answer", "choice", "mask", "ner", "nli", "paraphrase",
    "pos", "sentiment", "similarity", "stance", "tone", "topic",
}  # fmt: skip


@pytest.fixture(scope="module")
def heads() -> Heads:
    return Heads([BUNDLED])


def test_every_task_has_a_head_that_says_what_it_is_and_how_good(heads: Heads) -> None:
    cards = {card.task: card for card in heads.cards()}
    assert cards.keys() == TASKS
    for card in cards.values():
        assert card.description
        assert card.trained_on
        assert card.figures


def test_all_weights_of_the_package_together_stay_small() -> None:
    weights = sum(path.stat().st_size for path in Path(BUNDLED).parent.rglob("*.safetensors"))
    assert weights < 60_000_000


@pytest.mark.parametrize(
    ("task", "text", "label"),
    [
        ("sentiment", "A moving, funny and beautifully acted film.", "positive"),
        ("sentiment", "A dull, lifeless mess that wastes its cast.", "negative"),
        ("topic", "The striker scored twice as the home side won the cup final.", "Sports"),
        ("topic", "Shares fell after the bank cut its profit forecast for the quarter.", "Business"),
        ("topic", "The software company released a new version of its web browser.", "Sci/Tech"),
        ("topic", "Rebels and government troops clashed in the capital, killing dozens.", "World"),
    ],
)
def test_texts_get_the_label_that_anyone_would_give(heads: Heads, task: str, text: str, label: str) -> None:
    assert classify(heads.head(task), [text])[0].label == label


def test_inference_tells_what_follows_from_what_contradicts(heads: Heads) -> None:
    premise = "A man is playing a guitar on a stage."
    answers = classify_pairs(heads.head("nli"), [(premise, "A man is playing an instrument."), (premise, "Nobody is playing a guitar.")])
    assert [answer.label for answer in answers] == ["entailment", "contradiction"]


def test_likeness_is_high_for_a_paraphrase_and_low_for_another_subject(heads: Heads) -> None:
    pairs = [
        ("A woman is slicing an onion.", "A woman is cutting an onion."),
        ("A woman is slicing an onion.", "The stock market fell sharply."),
    ]
    like, unlike = rate_pairs(heads.head("similarity"), pairs)
    assert like > 3.5
    assert unlike < 1.5


def test_words_get_their_part_of_speech(heads: Heads) -> None:
    [tagged] = tag_texts(heads.head("pos"), ["The old dog barked loudly."])
    assert [word.tag for word in tagged.words] == ["DT", "JJ", "NN", "VBD", "RB", "."]


def test_names_are_found_with_their_place(heads: Heads) -> None:
    text = "Angela Merkel lives in Berlin."
    [tagged] = tag_texts(heads.head("ner"), [text])
    assert [(one.text, one.type) for one in tagged.entities] == [("Angela Merkel", "PER"), ("Berlin", "LOC")]
    assert all(text[one.start : one.end] == one.text for one in tagged.entities)


def test_an_answer_is_read_from_its_passage(heads: Heads) -> None:
    passage = "The museum was founded in 1887 by the painter Clara Olsen. It holds four thousand pictures."
    questions = [("Who founded the museum?", passage), ("When was the museum founded?", passage)]
    founder, year = read(heads.head("answer"), questions)
    assert founder is not None
    assert "Clara Olsen" in founder.text
    assert year is not None
    assert "1887" in year.text


def test_a_mask_is_filled_with_a_word_that_fits(heads: Heads) -> None:
    [[fillings]] = fill_masks(heads.head("mask"), ["Oil prices rose to a record [MASK] on Monday."], 5)
    assert len(fillings) == 5
    assert sorted((one.probability for one in fillings), reverse=True) == [one.probability for one in fillings]


def test_probabilities_of_choices_sum_to_one(heads: Heads) -> None:
    [chosen] = choose(heads.head("choice"), [Problem("Where do fish live?", ("in water", "in trees"))])
    assert sum(chosen.probabilities) == pytest.approx(1.0, abs=1e-5)
