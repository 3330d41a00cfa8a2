"""The tags of a sentence are the most probable ones that spell out entities."""

from itertools import pairwise, product

import numpy as np
import pytest

from search.heads.bio import most_probable_tags

LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


def _spells(tags: tuple[str, ...]) -> bool:
    return all(not tag.startswith("I-") or (before[:1] in ("B", "I") and before[2:] == tag[2:]) for before, tag in pairwise(("O", *tags)))


@pytest.mark.parametrize("words", [1, 2, 5])
def test_no_other_sequence_that_spells_entities_is_more_probable(words: int) -> None:
    for seed in range(20):
        shares = np.random.default_rng(seed).dirichlet(np.full(len(LABELS), 0.5), words).astype(np.float32)
        sequences = [row for row in product(range(len(LABELS)), repeat=words) if _spells(tuple(LABELS[tag] for tag in row))]
        worth = [np.log(shares[range(words), row]).sum() for row in sequences]
        assert tuple(most_probable_tags(shares, LABELS).tolist()) == sequences[int(np.argmax(worth))]


def test_a_wavering_type_does_not_break_a_name_apart() -> None:
    shares = np.array([[0.1, 0.5, 0.0, 0.4, 0.0], [0.1, 0.0, 0.3, 0.0, 0.6]], np.float32)
    assert [LABELS[tag] for tag in shares.argmax(axis=1)] == ["B-LOC", "I-PER"]
    assert [LABELS[tag] for tag in most_probable_tags(shares, LABELS)] == ["B-PER", "I-PER"]


def test_tags_that_are_not_of_entities_are_each_the_best() -> None:
    shares = np.random.default_rng(3).dirichlet(np.ones(3), 6).astype(np.float32)
    np.testing.assert_array_equal(most_probable_tags(shares, ("NN", "IN", "VB")), shares.argmax(axis=1))


def test_a_tagger_that_knows_only_i_begins_names_with_it() -> None:
    shares = np.array([[0.1, 0.9], [0.2, 0.8], [0.9, 0.1]], np.float32)
    assert most_probable_tags(shares, ("O", "I-PER")).tolist() == [1, 1, 0]


def test_no_words_have_no_tags() -> None:
    assert most_probable_tags(np.empty((0, 5), np.float32), LABELS).tolist() == []
