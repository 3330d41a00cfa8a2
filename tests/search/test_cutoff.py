"""Candidates that are too far from the query are not shown, and "nothing relevant" is a possible answer."""

import numpy as np

from search.cutoff import COVERED, NEAR, RELEVANCE_CUTOFF, SIMILARITY_CUTOFF, WORDLESS_CUTOFF, worth_ranking, worth_showing

NAN = np.nan


def _floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_a_shared_word_or_enough_similarity_makes_a_candidate() -> None:
    similarity = _floats(SIMILARITY_CUTOFF - 0.1, SIMILARITY_CUTOFF - 0.1, SIMILARITY_CUTOFF + 0.01)
    assert worth_ranking(similarity, _floats(0, 2, 0)).tolist() == [False, True, True]


def test_without_any_shared_word_the_best_must_be_quite_similar() -> None:
    near, far = WORDLESS_CUTOFF + 0.01, SIMILARITY_CUTOFF + 0.01
    assert worth_ranking(_floats(near, far), _floats(0, 0)).tolist() == [True, True]
    assert worth_ranking(_floats(far, far), _floats(0, 0)).tolist() == [False, False]
    assert worth_ranking(_floats(), _floats()).tolist() == []


def test_a_list_is_shown_when_its_best_article_is_relevant() -> None:
    low, high, far = RELEVANCE_CUTOFF / 2, RELEVANCE_CUTOFF + 0.1, _floats(0.1, 0.1, 0.1)
    assert worth_showing(far, 0.0, _floats(low, high, NAN))
    assert not worth_showing(far, 0.1, _floats(low, low, NAN))
    assert worth_showing(far, 0.0, _floats(NAN, NAN, NAN)), "nothing was read, so nothing is known against it"
    assert worth_showing(_floats(), 0.0, _floats())


def test_a_near_article_speaks_for_the_list_only_where_a_word_is_known() -> None:
    near, low = _floats(NEAR + 0.01, 0.1), _floats(RELEVANCE_CUTOFF / 2, RELEVANCE_CUTOFF / 3)
    assert worth_showing(near, 0.1, low)
    assert not worth_showing(near, 0.0, low)


def test_an_article_with_the_very_words_speaks_for_the_list() -> None:
    assert worth_showing(_floats(0.1, 0.1), COVERED, _floats(0.0, 0.0))
