"""Whether one system is better than another, or the queries just happened to suit it: paired tests over the same queries."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.errors import BadInput

RESAMPLES = 9_999
SEED = 20
CONFIDENCE = 0.95

Figures = Mapping[str, Mapping[str, float]]
"""The value of each measure for each query, by the query's id and the measure's name."""

_TIE = 1e-9  # differences below this come from the order of summing


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems by one measure over the same queries. Differences are second minus first: above 0, the second is better.

    ``interval`` holds the mean difference with 95 % confidence (Student's t). ``p_randomisation`` and ``p_t`` are two-sided: how often
    a difference as large would be seen if the two were equally good. ``wins`` counts the queries that the second answers better.
    """

    first: str
    second: str
    measure: str
    queries: int
    means: tuple[float, float]
    difference: float
    interval: tuple[float, float]
    p_randomisation: float
    p_t: float
    wins: int
    ties: int
    losses: int


def compare(first: tuple[str, Figures], second: tuple[str, Figures], seed: int = SEED) -> list[Comparison]:
    """One comparison for each measure that both have; each side is a name and the measures of every query.

    Raises BadInput when the two were not measured on the same queries, or on fewer than two.
    """
    (first_name, before), (second_name, after) = first, second
    _check(first_name, before.keys(), second_name, after.keys())
    queries = sorted(before)
    measures = [name for name in before[queries[0]] if name in after[queries[0]]]
    values = {measure: np.array([[side[query][measure] for query in queries] for side in (before, after)]) for measure in measures}
    return [_compared((first_name, second_name), measure, values[measure], seed) for measure in measures]


def differences(first: Figures, second: Figures, measure: str) -> dict[str, float]:
    """Second minus first for each query, the greatest gain first, ties by query."""
    found = {query: second[query][measure] - first[query][measure] for query in first}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _compared(names: tuple[str, str], measure: str, values: npt.NDArray[np.float64], seed: int) -> Comparison:
    """``values`` has a row for each side and a column for each query."""
    before, after = values
    difference = after - before
    difference[np.abs(difference) < _TIE] = 0.0
    mean = float(difference.mean())
    low, high, p_t = _student(difference)
    return Comparison(
        first=names[0],
        second=names[1],
        measure=measure,
        queries=len(difference),
        means=(float(before.mean()), float(after.mean())),
        difference=mean,
        interval=(low, high),
        p_randomisation=_randomisation(difference, seed),
        p_t=p_t,
        wins=int((difference > 0).sum()),
        ties=int((difference == 0).sum()),
        losses=int((difference < 0).sum()),
    )


def _student(difference: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Confidence limits of the mean and the p of the paired t-test. Where all differences are equal there is nothing to estimate."""
    from scipy.stats import ttest_1samp

    if np.ptp(difference) < _TIE:
        mean = float(difference.mean())
        return mean, mean, 1.0 if mean == 0 else 0.0
    test = ttest_1samp(difference, 0.0)  # of the differences: the paired test
    interval = test.confidence_interval(CONFIDENCE)
    return float(interval.low), float(interval.high), float(test.pvalue)


def _randomisation(difference: npt.NDArray[np.float64], seed: int) -> float:
    """Fisher's randomisation test (Smucker et al. 2007, for retrieval): were the two equal, each difference could have either sign."""
    from scipy.stats import permutation_test

    if not difference.any():
        return 1.0
    test = permutation_test(
        (difference,),
        lambda values, axis: np.mean(values, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, 2_000_000 // len(difference)),
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)


def _check(first: str, before: Set[str], second: str, after: Set[str]) -> None:
    only = sorted(before ^ after)
    if only:
        raise BadInput(
            f"{first} and {second} were not measured on the same queries: {len(only):,} are in one of them only, the first is {only[0]!r}.",
            field="compare",
        )
    if len(before) < 2:
        raise BadInput("One query cannot tell two systems apart: give judgements of at least two.", field="compare")
