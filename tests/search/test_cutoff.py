"""Candidates that are too far from the query are not shown, and "nothing relevant" is a possible answer."""

import numpy as np

from search.cutoff import RELEVANCE_CUTOFF, SIMILARITY_CUTOFF, worth_ranking, worth_showing

NAN = np.nan


def _floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_a_shared_word_or_enough_similarity_makes_a_candidate() -> None:
    similarity = _floats(SIMILARITY_CUTOFF - 0.1, SIMILARITY_CUTOFF - 0.1, SIMILARITY_CUTOFF + 0.01)
    assert worth_ranking(similarity, _floats(0, 2, 0)).tolist() == [False, True, True]


def test_what_was_read_needs_relevance_and_what_was_not_read_needs_company() -> None:
    low, high = RELEVANCE_CUTOFF / 2, RELEVANCE_CUTOFF + 0.1
    assert worth_showing(_floats(high, low, high, NAN, NAN)).tolist() == [True, False, True, True, True]
    assert worth_showing(_floats(low, low, NAN)).tolist() == [False, False, False]


def test_without_a_reranker_everything_ranked_is_shown() -> None:
    assert worth_showing(_floats(NAN, NAN)).tolist() == [True, True]
    assert worth_showing(_floats()).tolist() == []
