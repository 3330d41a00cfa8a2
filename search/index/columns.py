"""What filters and results need of every article and passage, as arrays: one Arrow file each per segment.

A later segment's row of an article replaces an earlier one; passages are never changed, only removed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from search.index.durable import DigestWriter
from search.index.lexical import UNKNOWN_DATE, timestamp
from search.protocols import Ids
from search.query import Filters

Mask = npt.NDArray[np.bool_]

PASSAGES = pa.schema([("id", pa.int64()), ("article_id", pa.int64()), ("start", pa.int64()), ("end", pa.int64())])
ARTICLES = pa.schema(
    [
        ("id", pa.int64()),
        ("published_at", pa.int64()),  # seconds since 1970, UNKNOWN_DATE where there is none
        ("source", pa.string()),
        ("language", pa.string()),
        ("topics", pa.list_(pa.string())),
    ]
)


def write_table(table: pa.Table, path: Path) -> DigestWriter:
    """Writes an Arrow IPC file durably."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    file = DigestWriter(path)
    file.write(sink.getvalue().to_pybytes())
    file.close()
    return file


def read_table(path: Path) -> pa.Table:
    """Reads an Arrow IPC file into memory."""
    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


@dataclass(frozen=True, slots=True)
class Segment:
    """The columns of one segment: the live rows of SQL in a range of revisions, and the ids removed in that range."""

    passages: pa.Table
    articles: pa.Table
    removed_passages: Ids
    removed_articles: Ids


class Columns:
    """The columns of all segments of a snapshot together. Immutable; safe for concurrent use."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        articles = pa.concat_tables([segment.articles for segment in segments]) if segments else ARTICLES.empty_table()
        passages = pa.concat_tables([segment.passages for segment in segments]) if segments else PASSAGES.empty_table()
        removed_articles, removed_passages = _removed(segments)
        rows = _latest(articles["id"].to_numpy(), removed_articles)
        articles = articles.take(pa.array(rows))
        self.article_id: Ids = articles["id"].to_numpy()  # ascending
        self.published_at: Ids = articles["published_at"].to_numpy()
        self._source = _Names([[name] if name else [] for name in articles["source"].to_pylist()])
        self._language = _Names([[name] if name else [] for name in articles["language"].to_pylist()])
        self._topic = _Names([names or [] for names in articles["topics"].to_pylist()])
        # Ids grow with revisions, so the passages of the segments, one after the other, are in ascending order too.
        live = ~np.isin(passages["id"].to_numpy(), removed_passages)
        self.passage_id: Ids = passages["id"].to_numpy()[live]
        self.start: Ids = passages["start"].to_numpy()[live]
        self.end: Ids = passages["end"].to_numpy()[live]
        self.passage_article = np.searchsorted(self.article_id, passages["article_id"].to_numpy()[live])  # row of its article
        self._by_article = np.argsort(self.passage_article, kind="stable")
        self._first = np.searchsorted(self.passage_article[self._by_article], np.arange(len(self.article_id) + 1))
        self.all_live = bool(live.all())
        self.allowed_passages = lru_cache(maxsize=64)(self._allowed_passages)

    def rows(self, article_ids: Ids) -> Ids:
        """The row of each article id; all of them must be live."""
        return np.searchsorted(self.article_id, article_ids)

    def passages_of(self, row: int) -> Ids:
        """The positions, in the passage arrays, of an article's passages."""
        return self._by_article[self._first[row] : self._first[row + 1]]

    def articles_matching(self, filters: Filters) -> Mask:
        """Which rows meet the filters."""
        mask = np.ones(len(self.article_id), np.bool_)
        if filters.after or filters.before:
            mask &= self.published_at != UNKNOWN_DATE
        if filters.after:
            mask &= self.published_at >= timestamp(filters.after)
        if filters.before:
            mask &= self.published_at <= timestamp(filters.before)
        for names, wanted in ((self._source, filters.sources), (self._topic, filters.topics), (self._language, filters.languages)):
            if wanted:
                mask &= names.any_of(wanted, len(mask))
        return mask

    def _allowed_passages(self, filters: Filters) -> Mask | None:
        """``mask[passage id]`` of the live passages that meet the filters; None when all of the index may be found."""
        if not filters and self.all_live:
            return None
        allowed = np.zeros(int(self.passage_id[-1]) + 1 if len(self.passage_id) else 0, np.bool_)
        allowed[self.passage_id[self.articles_matching(filters)[self.passage_article]]] = True
        return allowed

    def sources(self) -> tuple[tuple[str, int], ...]:
        """Names with their number of articles, most frequent first."""
        return self._source.counts()

    def topics(self) -> tuple[tuple[str, int], ...]:
        """Names with their number of articles, most frequent first."""
        return self._topic.counts()

    def languages(self) -> tuple[tuple[str, int], ...]:
        """Names with their number of articles, most frequent first."""
        return self._language.counts()


class _Names:
    """For each name, the rows that carry it; compared without regard to case, shown as most often written."""

    def __init__(self, names_of_rows: list[list[str]]) -> None:
        spellings: dict[str, Counter[str]] = {}
        rows: dict[str, list[int]] = {}
        for row, names in enumerate(names_of_rows):
            for name in dict.fromkeys(names):
                folded = name.casefold()
                spellings.setdefault(folded, Counter())[name] += 1
                rows.setdefault(folded, []).append(row)
        self._rows = {folded: np.unique(np.array(found, np.int64)) for folded, found in rows.items()}
        self._shown = {folded: counter.most_common(1)[0][0] for folded, counter in spellings.items()}

    def any_of(self, wanted: Sequence[str], count: int) -> Mask:
        mask = np.zeros(count, np.bool_)
        for name in wanted:
            mask[self._rows.get(name.casefold(), np.empty(0, np.int64))] = True
        return mask

    def counts(self) -> tuple[tuple[str, int], ...]:
        return tuple(
            sorted(((self._shown[folded], len(rows)) for folded, rows in self._rows.items()), key=lambda pair: (-pair[1], pair[0]))
        )


def _removed(segments: Sequence[Segment]) -> tuple[Ids, Ids]:
    nothing = np.empty(0, np.int64)
    return (
        np.concatenate([nothing, *(segment.removed_articles for segment in segments)]),
        np.concatenate([nothing, *(segment.removed_passages for segment in segments)]),
    )


def _latest(article_ids: Ids, removed: Ids) -> Ids:
    """The last row of every article id that was not removed, in ascending order of id."""
    backwards = article_ids[::-1]
    ids, first = np.unique(backwards, return_index=True)
    rows: Ids = len(article_ids) - 1 - first
    return rows[~np.isin(ids, removed)]
