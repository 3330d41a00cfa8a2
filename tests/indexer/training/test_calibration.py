"""Calibration and weights against data whose answer is known, and nDCG against ir-measures."""

import ir_measures
import numpy as np
import pytest

from indexer.training.calibration import JudgedList, calibrate, fit_combination, mean_ndcg, ndcg_at_10, platt, relevance_of
from search.errors import BadInput
from search.ranking import CombinationWeights


def test_platt_finds_the_line_that_drew_the_labels() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2, size=20_000).astype(np.float32)
    relevant = rng.random(20_000) < relevance_of(logits, 0.7, -1.2)
    slope, intercept = platt(logits, relevant, np.ones(20_000, np.float32))
    assert slope == pytest.approx(0.7, abs=0.05)
    assert intercept == pytest.approx(-1.2, abs=0.05)


def test_platt_stays_finite_when_the_logits_separate_everything() -> None:
    logits = np.array([-3, -2, 2, 3], np.float32)
    slope, intercept = platt(logits, logits > 0, np.ones(4, np.float32))
    assert np.isfinite([slope, intercept]).all()
    assert slope > 0


def test_the_best_that_clicks_can_say_counts_as_relevant() -> None:
    rng = np.random.default_rng(5)
    gains = rng.permutation(np.repeat(np.array([0, 1 / 3, 2 / 3], np.float32), [60, 20, 20]))
    clicked = JudgedList(gains, (9 * gains - 4).astype(np.float32), gains, (2 / 3,))  # logits -4, -1 and 2
    found = relevance_of(np.array([-4, -1, 2], np.float32), *calibrate({"clicks": [clicked]}))
    assert found[1] < 0.2
    assert found[2] > 0.8


@pytest.mark.parametrize(("gain", "told"), [(0.25, "None of the 3 candidates of the 1 held-out queries"), (1.0, "All of the 3 candidates")])
def test_candidates_that_are_all_alike_calibrate_nothing(gain: float, told: str) -> None:
    gains = np.full(3, gain, np.float32)
    with pytest.raises(BadInput, match=told):
        calibrate({"alike": [JudgedList(gains, gains, gains, (1.0,))]})


def test_ndcg_agrees_with_ir_measures() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        gains = rng.integers(0, 4, 25).astype(np.float32)
        order = rng.permutation(25).astype(np.float32)
        qrels = [ir_measures.Qrel("q", str(row), int(gain)) for row, gain in enumerate(gains)]
        run = [ir_measures.ScoredDoc("q", str(row), float(value)) for row, value in enumerate(order)]
        expected = ir_measures.calc_aggregate([ir_measures.nDCG @ 10], qrels, run)[ir_measures.nDCG @ 10]
        assert ndcg_at_10(gains, order, gains.tolist()) == pytest.approx(expected, abs=1e-6)


def judged(logit_of_relevant: float, lists: int = 30) -> list[JudgedList]:
    """Lists where the first stage is blind and the logit of the relevant candidate is given, the others' are 0."""
    rng = np.random.default_rng(4)
    made = []
    for _ in range(lists):
        gains = np.zeros(12, np.float32)
        gains[rng.integers(12)] = 1.0
        made.append(JudgedList(rng.random(12).astype(np.float32), gains * logit_of_relevant, gains, (1.0,)))
    return made


def test_good_evidence_gets_weight_and_bad_evidence_none() -> None:
    useful = fit_combination({"a": judged(4.0)}, 1.0, 0.0)
    assert mean_ndcg(judged(4.0), useful, 1.0, 0.0) > 0.95
    assert fit_combination({"a": judged(-4.0)}, 1.0, 0.0) == CombinationWeights(0.0, 0.0)


def test_weights_that_hurt_one_set_are_not_taken() -> None:
    assert fit_combination({"helped": judged(4.0), "hurt": judged(-4.0)}, 1.0, 0.0) == CombinationWeights(0.0, 0.0)
