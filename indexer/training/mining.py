"""Hard negatives without false ones: pure functions over arrays of first-stage evidence.

A negative is worth most when the first stage ranks it high, and that is where unlabelled relevant documents are, too
(Qu et al. 2021, RocketQA; Moreira et al. 2024, NV-Retriever). A margin against the positive's own similarity alone
would leave only negatives that the first stage already ranks below it, and a reranker trained on these learns to
repeat the first stage. So a candidate is dropped for looking like a *positive document*, or for looking somewhat
like one and being retrieved as well as it.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MiningRule:
    """What may be a negative and how many are drawn from where (ranks count what is left after filtering)."""

    near: int = 10
    """Negatives are first drawn from this many best ranks ..."""
    far: int = 60
    """... then from the ranks up to this one."""
    from_near: int = 4
    from_far: int = 1
    at_random: int = 1
    twin_similarity: float = 0.80
    """Cosine between documents from which a candidate counts as the positive told again."""
    sibling_similarity: float = 0.60
    """Cosine between documents from which a candidate is dropped if it also reaches `sibling_margin`."""
    sibling_margin: float = 0.95
    """Share of the positive's similarity to the query that a sibling must stay under."""


class PairNegatives(StrEnum):
    """What a query's irrelevant articles are for a cross-encoder: retrieved nearly as well as the relevant one, or any."""

    MINED = "mined"
    RANDOM = "random"


RULES = {PairNegatives.MINED: MiningRule(), PairNegatives.RANDOM: MiningRule(from_near=0, from_far=0, at_random=6)}


def false_negatives(similarity: Floats, to_positive: Floats, positive_similarity: float, rule: MiningRule) -> npt.NDArray[np.bool_]:
    """Which candidates are likely to be relevant although unlabelled.

    similarity (n,): cosine of query and candidate; to_positive (n,): largest cosine of the candidate and a positive
    document; positive_similarity: largest cosine of the query and a positive.
    """
    twin = to_positive >= rule.twin_similarity
    sibling = (to_positive >= rule.sibling_similarity) & (similarity >= rule.sibling_margin * positive_similarity)
    return twin | sibling


def draw_negatives(fused: Floats, allowed: npt.NDArray[np.bool_], rule: MiningRule, rng: np.random.Generator) -> Rows:
    """Rows of negatives: some of the best ranks by `fused`, some of the next, some of all allowed. No row twice.

    fused (n,): first-stage evidence, higher is better; allowed (n,): neither positive nor a likely false negative.
    """
    ranked = np.flatnonzero(allowed)
    ranked = ranked[np.argsort(-fused[ranked], kind="stable")]
    near, far = ranked[: rule.near], ranked[rule.near : rule.far]
    drawn = [
        rng.choice(pool, min(count, len(pool)), replace=False)
        for pool, count in ((near, rule.from_near), (far, rule.from_far), (ranked, rule.at_random))
        if len(pool) and count
    ]
    return np.unique(np.concatenate(drawn)).astype(np.int64) if drawn else np.empty(0, np.int64)
