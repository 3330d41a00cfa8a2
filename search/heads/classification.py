"""Labels of texts and of pairs of texts, and numbers for pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.errors import BadInput
from search.heads.card import Kind, Reads
from search.heads.network import Logits, Network


@dataclass(frozen=True, slots=True)
class Classified:
    """The most probable label, and the probability of each, which sum to 1."""

    label: str
    probabilities: dict[str, float]


def classify(network: Network, texts: Sequence[str]) -> list[Classified]:
    """One answer per text, in order."""
    _expect(network, Reads.TEXT, Kind.CLASSIFICATION)
    return labelled(network.card.labels, network.logits(network.tokens.texts(texts)))


def classify_pairs(network: Network, pairs: Sequence[tuple[str, str]]) -> list[Classified]:
    """One answer per pair, in order."""
    _expect(network, Reads.PAIR, Kind.CLASSIFICATION)
    return labelled(network.card.labels, network.logits(network.tokens.pairs(pairs, network.card.truncation)))


def rate_pairs(network: Network, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """One number per pair, in order, held within the range of the task."""
    _expect(network, Reads.PAIR, Kind.REGRESSION)
    card = network.card
    logits = network.logits(network.tokens.pairs(pairs, card.truncation))
    return [float(min(max(values[0] * (card.highest - card.lowest) + card.lowest, card.lowest), card.highest)) for values in logits]


def labelled(labels: Sequence[str], logits: Sequence[Logits]) -> list[Classified]:
    """Softmax over each row of logits (labels,), with the labels' names."""
    answers = []
    for row in logits:
        shares = softmax(row)
        answers.append(Classified(labels[int(row.argmax())], {label: float(share) for label, share in zip(labels, shares, strict=True)}))
    return answers


def softmax(values: Logits) -> Logits:
    """Shares that sum to 1 along the last axis."""
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    shares: Logits = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _expect(network: Network, reads: Reads, kind: Kind) -> None:
    card = network.card
    if card.kind is not kind or card.reads is not reads:
        raise BadInput(f"The task '{card.task}' is {card.kind} of a {card.reads}: use the endpoint that fits it.", field="task")
