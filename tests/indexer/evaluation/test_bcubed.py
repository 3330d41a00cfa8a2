from itertools import product

import numpy as np
import pytest

from indexer.evaluation.bcubed import bcubed


def test_the_example_worked_out_by_hand() -> None:
    """Groups {a b c} {d e}, labels {a b} {c d e}: a and b share 2 of 3, c 1 of 3, d and e 2 of 2; a and b find 2 of 2, c 1, d, e 2 of 3."""
    agreement = bcubed([1, 1, 1, 2, 2], ["x", "x", "y", "y", "y"])
    assert agreement.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert agreement.recall == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert agreement.f1 == pytest.approx(2 * agreement.precision * agreement.recall / (agreement.precision + agreement.recall))


def test_it_is_what_the_definition_gives_pair_by_pair() -> None:
    generator = np.random.default_rng(4)
    for _ in range(20):
        groups, labels = generator.integers(0, 5, 30).tolist(), generator.integers(0, 6, 30).tolist()
        both, found, labelled = np.zeros(30), np.zeros(30), np.zeros(30)
        for one, other in product(range(30), repeat=2):
            found[one] += groups[one] == groups[other]
            labelled[one] += labels[one] == labels[other]
            both[one] += groups[one] == groups[other] and labels[one] == labels[other]
        assert bcubed(groups, labels) == pytest.approx(((both / found).mean(), (both / labelled).mean()))


def test_the_same_groups_agree_wholly_and_none_are_nothing_to_compare() -> None:
    assert bcubed("aab", "xxy") == (1.0, 1.0)
    with pytest.raises(ValueError, match="nothing to compare"):
        bcubed([], [])
