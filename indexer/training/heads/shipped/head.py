"""What is known of a head before it is trained, and how its examples are read.

Only training splits are learned from; where a set has no dev split, a tenth of its texts is held out.
"""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.training.heads.examples import Columns, Example, Labelled, read_examples
from search.heads.card import HeadCard, Kind, Reads

SEED = 17
HELD_OUT_PERCENT = 10


@dataclass(frozen=True)
class Shipped:
    """A head to be with the examples that it learns from and those that it is measured on, by name of the set.

    ``epochs`` are its passes over the examples in each stage of the run.
    """

    card: HeadCard
    train: Sequence[Example]
    dev: dict[str, Sequence[Example]]
    epochs: tuple[float, float, float]
    tokens_per_step: int
    licence: str
    """Of the data, as their sources state it."""
    limits: str
    silver: Callable[[], Sequence[Example]] | None = None
    """Makes examples that no person labelled; they are passed through once in the last stage, before the others end."""


def labelled(
    path: Path, names: Mapping[str, str] | None = None, kind: Kind = Kind.CLASSIFICATION, reads: Reads = Reads.TEXT
) -> list[Labelled]:
    """The examples of a table, their labels by other names if any are given."""
    columns = Columns(target="score") if kind is Kind.REGRESSION else Columns()
    rows = [one for one in read_examples(path, kind, reads, columns) if isinstance(one, Labelled)]
    return [replace(one, target=names[one.target]) for one in rows] if names else rows


def read_jsonl(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def is_held_out(text: str) -> bool:
    """Whether what belongs to a text is measured on: one text in ten, always the same ones."""
    return zlib.crc32(text.encode()) % 100 < HELD_OUT_PERCENT
