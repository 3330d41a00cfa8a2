"""Archives for tests: articles of random words from a small vocabulary, stored and published as an index run does it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from indexer.indexing import Cutting, Indexer, Progress
from indexer.readers.record import Place, Record, Rejected
from search.protocols import Encoder
from search.store import Archive, Identity

CUTTING = Cutting(words=12, step=8)
NOW = datetime(2024, 1, 1, tzinfo=UTC)
SOURCES = ("Gazette", "Courier", "Ledger")
TOPICS = ("Energy", "Health", "Sport", "World")
_WORDS = [f"word{number}" for number in range(300)] + ["oil", "crude", "price", "coronavirus", "virus", "match", "election", "storm"]


def record(key: str, seed: int, **changed: object) -> Record:
    """A record whose content depends on the seed alone."""
    generator = np.random.default_rng(seed)
    published = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=int(generator.integers(24 * 365 * 3)))
    fields: dict[str, object] = {
        "id": key,
        "title": " ".join(generator.choice(_WORDS, 5)),
        "text": " ".join(generator.choice(_WORDS, int(generator.integers(5, 40)))),
        "source": str(generator.choice(SOURCES)),
        "topic": [str(name) for name in generator.choice(TOPICS, int(generator.integers(0, 3)), replace=False)],
        "language": "en",
    }
    if generator.random() < 0.9:
        fields["published_at"] = published.isoformat()
    return Record(Place("test", seed + 1), fields | changed)


def index(archive: Archive, encoder: Encoder, records: Iterable[Record | Rejected]) -> tuple[Progress, list[Rejected]]:
    """Stores the records; returns the final progress and what was rejected."""
    archive.claim(Identity(encoder.fingerprint, encoder.dimension, CUTTING.words, CUTTING.step))
    rejected: list[Rejected] = []
    *_, progress = Indexer(archive, encoder, CUTTING, rejected.append).run(records, NOW)
    return progress, rejected


def flip_a_bit(path: Path) -> None:
    """Changes one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()  # a hard link's other name keeps its content
    path.write_bytes(content)
