"""Fusion and combination against values worked out by hand and against a brute-force ranking."""

import numpy as np
import pytest

from search.ranking import CombinationWeights, combine, coverage_fusion, minmax_fusion, weights_for


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_minmax_fusion_by_hand() -> None:
    fused = minmax_fusion(floats(0.2, 0.7, 0.45), floats(0.0, 4.0, 8.0), dense_weight=0.6)
    # similarity stretched: 0, 1, 0.5; bm25 stretched from 0: 0, 0.5, 1
    assert fused == pytest.approx([0.0, 0.6 + 0.2, 0.3 + 0.4])
    assert fused.dtype == np.float32


def test_minmax_fusion_counts_evidence_without_differences_as_nothing() -> None:
    assert minmax_fusion(floats(0.4, 0.4), floats(0.0, 0.0)) == pytest.approx([0.0, 0.0])
    assert minmax_fusion(floats(0.4, 0.4), floats(0.0, 3.0)) == pytest.approx([0.0, 0.5])
    assert minmax_fusion(floats(0.4), floats(2.0)) == pytest.approx([0.5])


def test_fusion_of_nothing_is_nothing() -> None:
    assert minmax_fusion(floats(), floats()).shape == (0,)
    assert combine(floats(), floats(), CombinationWeights()).shape == (0,)


def test_combine_by_hand() -> None:
    weights = CombinationWeights(share=0.5, log_odds=0.1)
    # odds 1 and 9, so shares 0.1 and 0.9
    assert combine(floats(0.3, 0.1), floats(0.5, 0.9), weights) == pytest.approx([0.3 + 0.05, 0.1 + 0.45 + 0.1 * np.log(9)], rel=1e-5)
    certain = combine(floats(0.3, 0.1), floats(0.0, 1.0), CombinationWeights(share=0.0, log_odds=0.1))
    assert certain == pytest.approx([0.3 - 0.5, 0.1 + 0.5], rel=1e-5)


def test_the_first_stage_decides_where_the_reranker_finds_all_equally_relevant() -> None:
    fused = np.linspace(0.6, 0.4, 32).astype(np.float32)
    order = combine(fused, np.full(32, 0.8, np.float32), CombinationWeights(share=1.0))
    assert np.argsort(-order).tolist() == list(range(32))


def test_combine_stays_finite_for_certain_relevance() -> None:
    order = combine(floats(0.5, 0.5, 0.5), floats(0.0, 1.0, 1.0), CombinationWeights(share=1.0))
    assert np.isfinite(order).all()
    assert order[1] == order[2] > order[0]


def test_inputs_are_left_as_they_were() -> None:
    similarity, bm25 = floats(0.1, 0.9), floats(3.0, 1.0)
    minmax_fusion(similarity, bm25)
    combine(similarity, bm25, CombinationWeights())
    assert similarity.tolist() == floats(0.1, 0.9).tolist()
    assert bm25.tolist() == [3.0, 1.0]


def test_coverage_fusion_trusts_bm25_as_far_as_the_words_of_the_query_were_found() -> None:
    similarity, bm25 = floats(0.2, 0.7, 0.45), floats(0.0, 4.0, 8.0)
    # Half the bound is 16, of which the best article reaches a half.
    assert coverage_fusion(similarity, bm25, 32.0, dense_weight=0.6) == pytest.approx([0.0, 0.6 + 0.4 * 0.25, 0.3 + 0.4 * 0.5])
    full = minmax_fusion(similarity, bm25, dense_weight=0.6)
    assert coverage_fusion(similarity, bm25, 10.0, dense_weight=0.6) == pytest.approx(full)
    assert coverage_fusion(similarity, floats(0, 0, 0), 0.0, dense_weight=0.6) == pytest.approx([0.0, 0.6, 0.3])
    assert coverage_fusion(floats(), floats(), 5.0).shape == (0,)


def test_the_reranker_counts_less_the_longer_the_query() -> None:
    weights = [weights_for(" ".join(["word"] * words)) for words in (1, 12, 26, 40, 400)]
    share, log_odds = CombinationWeights.share, CombinationWeights.log_odds
    assert [each.share for each in weights] == pytest.approx([share, share, share / 2, 0, 0])
    assert [each.log_odds for each in weights] == pytest.approx([log_odds, log_odds, log_odds / 2, 0, 0])
