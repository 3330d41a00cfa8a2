"""Silver examples: sentences with a mistake, and pairs rated by an encoder."""

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from indexer.training.heads.examples import Labelled, Sentence
from indexer.training.heads.silver import Mistakes, rated_by, usual_tags, with_mistakes

TAGGED = [
    Sentence(("The", "dog", "barks", "."), ("DT", "NN", "VBZ", ".")),
    Sentence(("dogs", "bark", "in", "the", "park"), ("NNS", "VBP", "IN", "DT", "NN")),
    Sentence(("the", "bark", "barked"), ("DT", "NN", "VBD")),
    Sentence(("They", "bark", "barking"), ("PRP", "VBP", "VBG")),
]
TAGS = usual_tags(TAGGED)


def _wrong(sentence: str) -> set[str]:
    """What a hundred tries make of a sentence."""
    return {wrong for seed in range(200) if (wrong := Mistakes(TAGS, random.Random(seed)).put_into(sentence))}


def test_a_word_has_the_tag_that_it_has_most_often() -> None:
    assert TAGS["bark"] == "VBP"
    assert TAGS["the"] == "DT"


@pytest.mark.parametrize(
    "mistake",
    [
        "The barks dog in the park.",  # changed places
        "The dog in barks the park.",
        "dog barks in the park.",  # left out
        "The dog barks the park.",
        "The dog bark in the park.",  # another ending
        "The dogs barks in the park.",
        "The dog barking in the park.",
    ],
)
def test_the_mistakes_that_learners_make_are_made(mistake: str) -> None:
    assert mistake in _wrong("The dog barks in the park.")


def test_numbers_and_cases_disagree() -> None:
    assert {"him is here.", "he are here."} <= _wrong("he is here.")


def test_a_mistake_keeps_the_last_sign_and_changes_little() -> None:
    before = Counter(["the", "dog", "barks", "in", "the", "park"])
    for wrong in _wrong("the dog barks in the park."):
        assert wrong.endswith(".")
        after = Counter(wrong.removesuffix(".").split())
        assert (before - after).total() <= 1
        assert (after - before).total() <= 1


@pytest.mark.parametrize("sentence", ["", "Go.", "Go home.", "..."])
def test_what_is_too_short_stays_without_a_mistake(sentence: str) -> None:
    assert not _wrong(sentence)


def test_each_sentence_comes_once_right_and_once_wrong_and_the_same_each_time() -> None:
    made = with_mistakes(["The dog barks in the park.", "Go."], TAGS, "good", "bad", seed=1)
    assert [one.target for one in made] == ["good", "bad"]
    assert made[0].texts == ("The dog barks in the park.",)
    assert made == with_mistakes(["The dog barks in the park.", "Go."], TAGS, "good", "bad", seed=1)


def test_pairs_are_rated_on_the_scale_of_the_gold_ones() -> None:
    angles = {"east": 0.0, "north": np.pi / 2, "between": np.pi / 4, "near east": np.pi / 3}

    def vectors_of(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.array([(np.cos(angles[text]), np.sin(angles[text])) for text in texts], np.float32)

    # A cosine of 0 is worth 1 and one of 1 is worth 5: the line is 1 + 4 cosine.
    gold = [Labelled(("east", "north"), "1"), Labelled(("east", "east"), "5"), Labelled(("between", "between"), "5")]
    silver = rated_by(vectors_of, gold, [("near east", "east")], seed=2)
    assert silver[-1] == Labelled(("near east", "east"), "3.000")
    assert {frozenset(one.texts) for one in silver[:-1]} <= {
        frozenset(pair) for pair in (("east", "north"), ("east", "between"), ("between", "north"))
    }
    for one in silver:
        cosine = np.cos(angles[one.texts[0]] - angles[one.texts[1]])
        assert float(one.target) == pytest.approx(1 + 4 * cosine, abs=1e-3)
