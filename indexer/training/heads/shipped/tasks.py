"""All heads of the package, by name."""

from collections.abc import Callable, Mapping
from pathlib import Path

from indexer.training.heads.shipped import labels, pairs, reading, tags
from indexer.training.heads.shipped.head import Shipped

_HEADS: Mapping[str, Callable[[Path], Shipped]] = {
    "sentiment": labels.sentiment,
    "acceptability": labels.acceptability,
    "topic": labels.topic,
    "nli": pairs.nli,
    "paraphrase": pairs.paraphrase,
    "stance": pairs.stance,
    "similarity": pairs.similarity,
    "pos": tags.pos,
    "ner": tags.ner,
    "answer": reading.answer,
    "choice": reading.choice,
    "tone": labels.tone,
    "mask": reading.mask,
}


def shipped_heads(data: Path) -> list[Shipped]:
    """All heads of the package, from the data sets below ``data``."""
    return [make(data) for make in _HEADS.values()]


def shipped_head(data: Path, task: str) -> Shipped:
    """One of them."""
    return _HEADS[task](data)
