"""The recency boost, by hand."""

import numpy as np
import pytest

from search.recency import recency

DAY = 86_400
UNKNOWN = np.iinfo(np.int64).min


def test_half_of_the_evidence_halves_with_every_half_life_since_the_newest_article() -> None:
    newest = 6_000 * DAY
    dates = np.array([newest, newest - 10 * DAY, newest - 20 * DAY, newest - 5_000 * DAY, UNKNOWN], np.int64)
    assert recency(dates, UNKNOWN, newest, 10.0).tolist() == pytest.approx([1.0, 0.75, 0.625, 0.5, 0.5])


def test_an_old_article_with_twice_the_evidence_is_never_behind_a_new_one() -> None:
    factors = recency(np.array([0, 10**9], np.int64), UNKNOWN, 10**9, 0.01)
    assert factors[0] * 1.0 >= factors[1] * 0.5
