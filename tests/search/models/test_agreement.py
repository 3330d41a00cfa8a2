"""When a lower precision is good enough."""

import numpy as np

from search.models.agreement import PASSAGES, QUERIES, agree

EXACT = np.array([[0.5, 0.4, 0.1], [0.2, 0.3, 0.9]], dtype=np.float32)


def test_small_shifts_agree() -> None:
    assert agree(EXACT, EXACT + np.float32(0.004), tolerance=0.01)


def test_one_large_shift_does_not() -> None:
    lower = EXACT.copy()
    lower[1, 0] += 0.05
    assert not agree(EXACT, lower, tolerance=0.01)


def test_passages_closer_than_the_tolerance_may_change_places() -> None:
    exact = np.array([[0.500, 0.498]], dtype=np.float32)
    assert agree(exact, exact[:, ::-1], tolerance=0.01)


def test_nothing_that_is_not_a_number_agrees() -> None:
    assert not agree(EXACT, np.full_like(EXACT, np.nan), tolerance=0.01)


def test_the_built_in_texts_are_distinct() -> None:
    assert len({*QUERIES, *PASSAGES}) == len(QUERIES) + len(PASSAGES)
