"""A head's card follows from what it learns from, and a tenth of that is held out where there is nothing else."""

from pathlib import Path

import pytest

from indexer.training.heads.definition import Reading, define_head, hold_out, most_frequent, require_known
from indexer.training.heads.examples import Example, Labelled, MultipleChoice, Question, Sentence
from search.errors import BadInput
from search.heads.card import Kind, Reads

FILE = Path("desks.csv")
DESKS: list[Example] = [Labelled((f"story {number}",), ("home", "abroad", "sport")[number % 3]) for number in range(600)]


def test_the_card_says_what_the_file_teaches() -> None:
    card = define_head("desk", Kind.CLASSIFICATION, Reads.TEXT, DESKS, FILE, Reading())
    assert card.labels == ("abroad", "home", "sport")
    assert (card.max_tokens, card.truncation) == (256, "longest")
    assert card.description == "One of 3 labels: abroad, home, sport."


def test_what_the_user_says_about_reading_holds() -> None:
    pairs: list[Example] = [Labelled(("a", "b"), value) for value in ("0", "2.5", "5")]
    card = define_head("alike", Kind.REGRESSION, Reads.PAIR, pairs, FILE, Reading(64, "proportional"))
    assert (card.lowest, card.highest, card.max_tokens, card.truncation) == (0.0, 5.0, 64, "proportional")


def test_no_entity_is_the_first_tag() -> None:
    sentences: list[Example] = [Sentence(("Rome", "fell"), ("B-LOC", "O"))]
    assert define_head("places", Kind.TAGGING, Reads.TEXT, sentences, FILE, Reading()).labels == ("O", "B-LOC")


@pytest.mark.parametrize(
    ("task", "kind", "examples", "why"),
    [
        ("My Desk", Kind.CLASSIFICATION, DESKS, "'My Desk' cannot be a name"),
        ("../desk", Kind.CLASSIFICATION, DESKS, "cannot be a name"),
        ("desk", Kind.CLASSIFICATION, [Labelled(("a",), "home")] * 9, "All rows of desks.csv have the label 'home'"),
        ("desk", Kind.CLASSIFICATION, [Labelled(("a",), str(n)) for n in range(9)], "9 different labels in 9 rows, .* with --label"),
        ("alike", Kind.REGRESSION, [Labelled(("a", "b"), "1")] * 9, "All rows of desks.csv have the value 1"),
        ("pick", Kind.CHOICE, [MultipleChoice("q", "", ("a",) * n, 0) for n in (2, 3)], "different numbers of choices"),
    ],
)
def test_what_teaches_nothing_is_refused(task: str, kind: Kind, examples: list[Example], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        define_head(task, kind, Reads.TEXT, examples, FILE, Reading())


def test_a_tenth_is_held_out_by_its_text_alone() -> None:
    train, dev = hold_out(DESKS)
    assert len(train) + len(dev) == 600
    assert 35 < len(dev) < 85
    assert hold_out(list(reversed(DESKS)))[1] == list(reversed(dev))
    half = DESKS[:300]
    assert [one for one in hold_out(half)[1] if one in dev] == [one for one in dev if one in half]


def test_what_shares_a_passage_stays_together() -> None:
    questions: list[Example] = [Question(f"q{number}", f"passage {number // 5}", ()) for number in range(500)]
    train, dev = hold_out(questions)
    passages = [{one.passage for one in part if isinstance(one, Question)} for part in (train, dev)]
    assert passages[0].isdisjoint(passages[1])


def test_a_label_is_learned_before_it_is_measured() -> None:
    rare: list[Example] = [Labelled((f"story {number}",), f"rare {number}" if number % 50 == 0 else "usual") for number in range(500)]
    train, dev = hold_out(rare)
    assert {one.target for one in dev if isinstance(one, Labelled)} == {"usual"}
    assert len(train) + len(dev) == 500


def test_of_few_texts_one_is_held_out_and_one_alone_is_refused() -> None:
    few: list[Example] = [Labelled((text,), label) for text in ("a", "b", "c") for label in ("x",)]
    assert len(hold_out(few)[1]) == 1
    with pytest.raises(BadInput, match="too few examples"):
        hold_out(few[:1])


def test_a_label_that_was_not_learned_is_named_with_the_file() -> None:
    with pytest.raises(BadInput, match=r"dev\.csv has the label 'culture'"):
        require_known(("home", "sport"), [Labelled(("a",), "culture")], Path("dev.csv"))


def test_the_most_frequent_label_is_the_baseline() -> None:
    train: list[Example] = [Labelled(("a",), "x"), Labelled(("b",), "x"), Labelled(("c",), "y")]
    assert most_frequent(train, [Labelled(("d",), "y"), Labelled(("e",), "x"), Labelled(("f",), "y"), Labelled(("g",), "y")]) == 0.25
