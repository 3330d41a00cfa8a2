"""Paired tests agree with scipy and with counting every change of signs."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import ttest_rel

from indexer.evaluation import compare, differences
from search.errors import BadInput


def _side(name: str, values: "np.ndarray | list[float]") -> tuple[str, dict[str, dict[str, float]]]:
    return name, {f"q{number:03d}": {"nDCG@10": float(value)} for number, value in enumerate(values)}


def test_the_t_test_and_its_interval_are_those_of_scipy() -> None:
    generator = np.random.default_rng(1)
    before, after = generator.random(60), generator.random(60) + 0.1
    (found,) = compare(_side("before", before), _side("after", after))
    oracle = ttest_rel(after, before)
    assert found.p_t == pytest.approx(oracle.pvalue)
    assert found.interval == pytest.approx(tuple(oracle.confidence_interval(0.95)))
    assert found.difference == pytest.approx(after.mean() - before.mean())
    assert found.means == pytest.approx((before.mean(), after.mean()))


def test_the_randomisation_test_counts_every_change_of_signs_where_these_are_few() -> None:
    difference = np.array([0.3, -0.1, 0.2, 0.05, 0.0, 0.4, -0.02, 0.15])
    means = np.array([np.mean(difference * signs) for signs in product((1, -1), repeat=8)])
    exact = np.mean(np.abs(means) >= abs(difference.mean()) - 1e-12)
    (found,) = compare(_side("before", np.full(8, 0.5)), _side("after", 0.5 + difference))
    assert found.p_randomisation == pytest.approx(exact)


def test_the_randomisation_test_of_many_queries_is_near_the_t_test_and_the_same_each_time() -> None:
    generator = np.random.default_rng(3)
    before = generator.random(200)
    sides = _side("before", before), _side("after", before + generator.normal(0.02, 0.15, 200))
    (first,), (second,) = compare(*sides), compare(*sides)
    assert first == second
    assert first.p_randomisation == pytest.approx(first.p_t, abs=0.02)


def test_systems_that_do_not_differ_are_not_told_apart() -> None:
    (found,) = compare(_side("one", [0.1, 0.5, 1.0]), _side("other", [0.1, 0.5 + 1e-14, 1.0]))
    assert (found.p_t, found.p_randomisation, found.interval) == (1.0, 1.0, (0.0, 0.0))
    assert (found.wins, found.ties, found.losses) == (0, 3, 0)


def test_wins_are_the_queries_that_the_second_answers_better() -> None:
    (found,) = compare(_side("one", [0.1, 0.5, 1.0, 0.2]), _side("other", [0.3, 0.5, 0.9, 0.4]))
    assert (found.first, found.second, found.queries) == ("one", "other", 4)
    assert (found.wins, found.ties, found.losses) == (2, 1, 1)


def test_a_change_that_is_the_same_for_every_query_has_no_spread() -> None:
    (found,) = compare(_side("one", [0.1, 0.5]), _side("other", [0.2, 0.6]))
    assert found.interval == pytest.approx((0.1, 0.1))
    assert found.p_randomisation == pytest.approx(0.5)  # ++ and -- of four


def test_systems_of_different_queries_are_not_compared() -> None:
    with pytest.raises(BadInput, match=r"one and other .* 1 are in one of them only, the first is 'q002'"):
        compare(_side("one", [0.1, 0.5]), _side("other", [0.1, 0.5, 0.6]))
    with pytest.raises(BadInput, match="One query"):
        compare(_side("one", [0.1]), _side("other", [0.2]))


def test_differences_come_in_order() -> None:
    found = differences(_side("one", [0.1, 0.5, 0.9, 0.9])[1], _side("other", [0.1, 0.9, 0.4, 0.9])[1], "nDCG@10")
    assert list(found) == ["q001", "q000", "q003", "q002"]
    assert found["q002"] == pytest.approx(-0.5)
