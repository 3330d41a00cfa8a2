"""Which candidates may be negatives, on evidence small enough to check by eye."""

import numpy as np

from indexer.training.mining import MiningRule, draw_negatives, false_negatives


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_a_retelling_of_the_positive_is_no_negative() -> None:
    rule = MiningRule(twin_similarity=0.8, sibling_similarity=0.6, sibling_margin=0.95)
    similarity = floats(0.30, 0.60, 0.50, 0.90)
    to_positive = floats(0.85, 0.65, 0.65, 0.10)
    likely = false_negatives(similarity, to_positive, 0.6, rule)
    # a twin; a sibling retrieved as well; a sibling retrieved less well; something else that is retrieved better
    assert likely.tolist() == [True, True, False, False]


def test_negatives_are_allowed_distinct_and_mostly_hard() -> None:
    rng = np.random.default_rng(3)
    fused = np.linspace(1, 0, 500).astype(np.float32)
    allowed = np.ones(500, bool)
    allowed[:5] = False
    rule = MiningRule(near=10, far=50, from_near=4, from_far=2, at_random=1)
    for _ in range(50):
        rows = draw_negatives(fused, allowed, rule, rng)
        assert len(set(rows.tolist())) == len(rows)
        assert 6 <= len(rows) <= 7
        assert rows.min() >= 5
        assert (rows < 15).sum() >= 4
        assert ((rows >= 15) & (rows < 55)).sum() >= 2


def test_without_candidates_there_are_no_negatives() -> None:
    rng = np.random.default_rng(3)
    assert draw_negatives(floats(0.1, 0.2), np.zeros(2, bool), MiningRule(), rng).tolist() == []
    assert draw_negatives(floats(0.1, 0.2), np.array([True, False]), MiningRule(), rng).tolist() == [0]
