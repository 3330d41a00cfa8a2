"""From a stream of records to articles in the archive: each batch is cleaned, compared, cut, encoded and saved in one transaction.

What is stored already is neither encoded nor written again, so an interrupted run is continued by running it again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

import numpy as np

from indexer.fields import article_from
from indexer.readers.record import Record, Rejected
from search.article import Article
from search.errors import BadRecord
from search.protocols import Encoder
from search.store import Archive, Twin, Write, record_hash, text_hash
from search.text import Window, passage_text, windows

BATCH_ARTICLES = 256
BATCH_CHARACTERS = 400_000  # some seconds of encoding: what is lost at most when a run is killed


@dataclass(slots=True)
class Counts:
    """What became of the records; every record is counted once."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0

    @property
    def records(self) -> int:
        return sum(getattr(self, name.name) for name in fields(self))


@dataclass(slots=True)
class Progress:
    """How far a run has come; ``passages`` counts those that were encoded."""

    counts: Counts = field(default_factory=Counts)
    passages: int = 0


@dataclass(frozen=True, slots=True)
class Cutting:
    """Passages: ``words`` in each, a new one every ``step`` words."""

    words: int
    step: int


class Indexer:
    """Writes records into an archive. The caller holds the writer lock and has claimed the archive for the encoder."""

    def __init__(self, archive: Archive, encoder: Encoder, cutting: Cutting, report: Callable[[Rejected], None]) -> None:
        self._archive = archive
        self._encoder = encoder
        self._cutting = cutting
        self._report = report

    def run(self, records: Iterable[Record | Rejected], now: datetime) -> Iterator[Progress]:
        """Indexes every record; yields the progress after each batch is stored.

        ``report`` is called for each record that cannot be used. ``now`` is what dates are compared with: one in the
        future is rejected.
        """
        progress = Progress()
        for batch in _batches(self._articles(records, now, progress.counts)):
            self._store(batch, progress)
            yield progress
        yield progress

    def _articles(self, records: Iterable[Record | Rejected], now: datetime, counts: Counts) -> Iterator[Article]:
        for record in records:
            if isinstance(record, Record):
                try:
                    yield article_from(record, now)
                    continue
                except BadRecord as error:
                    record = Rejected(record.place, str(error))
            counts.rejected += 1
            self._report(record)

    def _store(self, batch: Sequence[Article], progress: Progress) -> None:
        writes = self._writes(batch, progress.counts)
        encoded = [(position, write) for position, write in enumerate(writes) if write.windows is not None]
        texts = [
            passage_text(write.article.title, write.article.text[window.start : window.end])
            for _, write in encoded
            for window in write.windows or ()
        ]
        vectors = self._encoder.encode_passages(texts).astype(np.float16) if texts else np.empty((0, self._encoder.dimension), np.float16)
        first = 0
        for position, write in encoded:
            count = len(write.windows or ())
            writes[position] = Write(
                write.article, write.text_hash, write.record_hash, write.article_id, write.windows, vectors[first : first + count]
            )
            first += count
        if writes:
            self._archive.save(writes)
        progress.passages += len(texts)

    def _writes(self, batch: Sequence[Article], counts: Counts) -> list[Write]:
        """What must be written, still without vectors: new articles, new versions, new metadata."""
        latest = {article.key: article for article in batch}  # of one key in a batch, the last version counts
        states = self._archive.states(list(latest))
        hashes = {key: text_hash(article) for key, article in latest.items()}
        known = self._archive.twins([hashes[key] for key in latest if key not in states])
        counts.unchanged += len(batch) - len(latest)
        writes = []
        for key, article in latest.items():
            text, record, state = hashes[key], record_hash(article), states.get(key)
            if state is None:
                twin = Twin(text, article.source, article.published_at)
                if twin in known:
                    counts.duplicates += 1
                    continue
                known.add(twin)
                counts.added += 1
                writes.append(Write(article, text, record, None, self._windows(article)))
            elif state.record_hash == record:
                counts.unchanged += 1
            else:
                counts.updated += 1
                changed = self._windows(article) if state.text_hash != text else None
                writes.append(Write(article, text, record, state.article_id, changed))
        return writes

    def _windows(self, article: Article) -> list[Window]:
        return list(windows(article.text, self._cutting.words, self._cutting.step))


def _batches(articles: Iterable[Article]) -> Iterator[list[Article]]:
    batch: list[Article] = []
    characters = 0
    for article in articles:
        batch.append(article)
        characters += len(article.text)
        if len(batch) == BATCH_ARTICLES or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
