"""What a bi-encoder is asked to do: which negatives its positives are told apart from, and how the terms of the loss weigh.

Light to import, so that the command line can name the choices; the terms themselves are in `retrieval_loss`.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from search.errors import BadInput


class Negatives(StrEnum):
    """What a query's positive is told apart from."""

    SAMPLED = "sampled"
    IN_BATCH = "in-batch"
    HARD = "hard"
    CORPUS = "corpus"
    DISTILLED = "distilled"
    DISTILLED_MARGINS = "distilled-margins"

    @property
    def needs_a_teacher(self) -> bool:
        """Whether the scores of candidates are learned from."""
        return self in (Negatives.DISTILLED, Negatives.DISTILLED_MARGINS)


@dataclass(frozen=True)
class Objective:
    """Which terms are summed, with their weights (0 leaves a term out)."""

    in_batch: float = 0.0
    """Softmax over the batch's passages: every query's positive and mined negatives are everybody's negatives."""
    corpus: float = 0.0
    """Softmax over all passages of the corpus, by their vectors as they were when the examples were mined."""
    sampled: float = 0.0
    """Binary logistic loss: the positive against articles drawn from the noise distribution."""
    hard: float = 0.0
    """Softmax over the query's own mined negatives only; with `in_batch` they are in that softmax already."""
    distilled: float = 0.0
    """Kullback-Leibler divergence of the teacher's distribution over the query's candidates."""
    margin: float = 0.0
    """Mean squared error of the differences between positive and candidates, in units of the teacher's logits."""
    scale: float = 20.0
    """Similarity is multiplied by it before a softmax or a sigmoid: the inverse of the temperature."""
    midpoint: float = 0.3
    """Cosine at which the binary loss sees an even chance; a sigmoid of the cosine alone would not fall below a half."""


def objective_of(negatives: AbstractSet[Negatives], scale: float = 20.0) -> Objective:
    """The terms of the loss for some negatives. BadInput without any."""
    if not negatives:
        raise BadInput(f"No negatives are chosen: give at least one of {', '.join(Negatives)}.", field="negatives")
    in_batch = Negatives.IN_BATCH in negatives
    return Objective(
        in_batch=float(in_batch),
        hard=float(Negatives.HARD in negatives and not in_batch),  # with in-batch they are in that softmax
        corpus=float(Negatives.CORPUS in negatives),
        sampled=float(Negatives.SAMPLED in negatives),
        distilled=float(Negatives.DISTILLED in negatives),
        margin=float(Negatives.DISTILLED_MARGINS in negatives) / scale,  # margins are so much wider than a softmax's differences
        scale=scale,
    )
