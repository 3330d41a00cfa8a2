"""What goes into the archive and comes out of it besides articles."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from search.article import Article
from search.text import Window


@dataclass(frozen=True, slots=True)
class Identity:
    """What every vector of an archive was made with; fixed by the first run that indexes into it, changed by a reindexing.

    ``encoder_name`` is where the encoder was found at the time: a bundled name, a folder or a hub id. It tells people and finds
    the model again; two identities are the same whatever their names.
    """

    encoder_fingerprint: str
    dimension: int
    passage_words: int
    passage_step: int
    encoder_name: str | None = field(default=None, compare=False)

    @property
    def encoder(self) -> str:
        """The encoder as messages name it."""
        return f"{self.encoder_name or 'without a name'} ({self.encoder_fingerprint}, {self.dimension} dimensions)"


class State(NamedTuple):
    """What the archive already holds under a key."""

    article_id: int
    text_hash: bytes
    record_hash: bytes


class Twin(NamedTuple):
    """What makes an article an exact duplicate of another, whatever its key."""

    text_hash: bytes
    source: str | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Write:
    """An article to store: a new one (``article_id`` None), or the new version of a stored one.

    ``windows`` and ``vectors`` (one row for each window, float16) become its passages; both None when title and text
    are unchanged and its passages stay.
    """

    article: Article
    text_hash: bytes
    record_hash: bytes
    article_id: int | None = None
    windows: Sequence[Window] | None = None
    vectors: npt.NDArray[np.float16] | None = None


class PassageBatch(NamedTuple):
    """Stored passages in the order of their ids: four int64 arrays of one length n and (n, dimension) float16 vectors."""

    id: npt.NDArray[np.int64]
    article_id: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class ArchiveStatistics:
    """Counts of what is stored; ``bytes_on_disk`` is the whole database."""

    articles: int
    passages: int
    revision: int
    identity: Identity | None
    bytes_on_disk: int
