"""What is fitted after training, on queries held out from it: what a logit means, and how much it counts in the order.

Both are a few numbers chosen by measurement on judged lists; nothing here needs a model.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.training.sources import RELEVANT
from search.errors import BadInput
from search.ranking import CombinationWeights, combine

Floats = npt.NDArray[np.float32]

SHARE_WEIGHTS = (0.0, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
LOG_ODDS_WEIGHTS = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05)
TOLERANCE = 0.002
"""Differences in mean nDCG@10 that a few hundred held-out queries cannot tell from chance."""


@dataclass(frozen=True)
class JudgedList:
    """The reranked candidates of one query, each array (n,): first-stage evidence, logit, judged gain (0 = not relevant).

    `ideal` are the gains of everything that is judged for the query, whether it is among the candidates or not.
    """

    fused: Floats
    logits: Floats
    gains: Floats
    ideal: tuple[float, ...]


def relevance_of(logits: Floats, slope: float, intercept: float) -> Floats:
    """The calibrated probability that a pair is relevant, (n,) in 0..1."""
    return (1.0 / (1.0 + np.exp(-(slope * logits.astype(np.float64) + intercept)))).astype(np.float32)


def platt(logits: Floats, relevant: npt.NDArray[np.bool_], weights: Floats, steps: int = 50) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of `relevant` on `logits` (Platt 1999), by Newton's method.

    The two targets are pulled a little inside 0..1 as Platt does, so that a perfect separation stays finite.
    """
    positives, negatives = float(weights[relevant].sum()), float(weights[~relevant].sum())
    target = np.where(relevant, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    features = np.stack([logits.astype(np.float64), np.ones(len(logits))], axis=1)  # (n, 2)
    solution = np.array([1.0, 0.0])
    for _ in range(steps):
        probability = 1 / (1 + np.exp(-features @ solution))
        gradient = features.T @ (weights * (probability - target))
        curvature = (features * (weights * probability * (1 - probability))[:, None]).T @ features + 1e-9 * np.eye(2)
        change = np.linalg.solve(curvature, gradient)
        solution -= np.clip(change, -2.0, 2.0)
        if np.abs(change).max() < 1e-9:
            break
    return float(solution[0]), float(solution[1])


def calibrate(held_out: Mapping[str, Sequence[JudgedList]]) -> tuple[float, float]:
    """Slope and intercept so that the relevance is the share of such pairs that is relevant; each set weighs the same.

    Raises BadInput when all candidates are relevant or none is: a logit would then mean nothing.
    """
    lists = [(each, 1 / sum(len(other.gains) for other in of_set)) for of_set in held_out.values() for each in of_set]
    logits = np.concatenate([each.logits for each, _ in lists])
    relevant = np.concatenate([each.gains >= RELEVANT for each, _ in lists])
    if relevant.all() or not relevant.any():
        raise BadInput(
            f"{'All' if relevant.all() else 'None'} of the {len(relevant):,} candidates of the {len(lists):,} held-out queries "
            f"{'are' if relevant.all() else 'is'} relevant, so relevance cannot be calibrated: give more queries, or hold out more of them."
        )
    weights = np.concatenate([np.full(len(each.gains), weight, np.float32) for each, weight in lists])
    return platt(logits, relevant, weights * len(weights) / weights.sum())


def ndcg_at_10(gains: Floats, order: Floats, ideal: Iterable[float]) -> float:
    """nDCG at 10 with linear gains (Järvelin and Kekäläinen 2002) of candidates sorted by `order`, ties by position."""
    discount = 1 / np.log2(np.arange(2, 12))
    best = np.sort(np.array([*ideal], np.float64))[::-1][:10]
    reached = gains[np.argsort(-order, kind="stable")][:10]
    highest = float((best * discount[: len(best)]).sum())
    return float((reached * discount[: len(reached)]).sum()) / highest if highest else 0.0


def mean_ndcg(lists: Sequence[JudgedList], weights: CombinationWeights, slope: float, intercept: float) -> float:
    """The mean nDCG@10 of lists that are ordered with these weights."""
    return float(
        np.mean(
            [
                ndcg_at_10(each.gains, combine(each.fused, relevance_of(each.logits, slope, intercept), weights), each.ideal)
                for each in lists
            ]
        )
    )


def fit_combination(sets: Mapping[str, Sequence[JudgedList]], slope: float, intercept: float) -> CombinationWeights:
    """The weights with the highest nDCG@10 averaged over sets, among those that lower it on none of them.

    Of weights within `TOLERANCE` of the best those are taken that give the reranker least: little weight to the log-odds
    if the share does as well, because shares are small on subjects that it was not trained on, and then the smallest
    share.
    """
    first_stage = {name: mean_ndcg(lists, CombinationWeights(0.0, 0.0), slope, intercept) for name, lists in sets.items()}
    means: dict[CombinationWeights, float] = {}
    for share in SHARE_WEIGHTS:
        for log_odds in LOG_ODDS_WEIGHTS:
            weights = CombinationWeights(share, log_odds)
            reached = {name: mean_ndcg(lists, weights, slope, intercept) for name, lists in sets.items()}
            if all(reached[name] >= first_stage[name] for name in sets):
                means[weights] = float(np.mean([*reached.values()]))
    best = max(means.values())
    good = [weights for weights, mean in means.items() if mean >= best - TOLERANCE]
    return min(good, key=lambda weights: (weights.log_odds, weights.share))
