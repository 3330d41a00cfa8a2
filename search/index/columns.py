"""What filters and results need of every article and passage, as arrays: one Arrow file each per segment.

A later segment's row of an article replaces an earlier one; passages are never changed, only removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from search.annotation import ANNOTATION_FIELDS
from search.index.durable import DigestWriter
from search.index.lexical import UNKNOWN_DATE, timestamp
from search.language.condition import NameField
from search.language.words import words
from search.protocols import Ids, Mask
from search.query import PLURALS, Filters

PASSAGES = pa.schema([("id", pa.int64()), ("article_id", pa.int64()), ("start", pa.int64()), ("end", pa.int64())])
ARTICLES = pa.schema(
    [
        ("id", pa.int64()),
        ("published_at", pa.int64()),  # seconds since 1970, UNKNOWN_DATE where there is none
        ("source", pa.string()),
        ("author", pa.string()),
        ("language", pa.string()),
        ("topics", pa.list_(pa.string())),  # those of the dump or, where there are none, the predicted one
        ("near_duplicates", pa.int64()),  # the smallest id of the articles that nearly equal it, itself included
        *((field, pa.list_(pa.string())) for field in ANNOTATION_FIELDS),
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


def read_articles(path: Path) -> pa.Table:
    """Reads a table of ARTICLES; columns that an earlier format did not have come without values."""
    table = read_table(path)
    missing = [field for field in ARTICLES if field.name not in table.column_names]
    for field in missing:
        table = table.append_column(field, pa.nulls(len(table), field.type))
    return table


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
        self.near_duplicates: Ids = articles["near_duplicates"].to_numpy()
        self.names: dict[NameField, Names] = {field: Names(articles["topics" if field == "topic" else field]) for field in PLURALS}
        # Ids grow with revisions, so the passages of the segments, one after the other, are in ascending order too.
        live = ~np.isin(passages["id"].to_numpy(), removed_passages)
        self.passage_id: Ids = passages["id"].to_numpy()[live]
        self.start: Ids = passages["start"].to_numpy()[live]
        self.end: Ids = passages["end"].to_numpy()[live]
        self.passage_article = np.searchsorted(self.article_id, passages["article_id"].to_numpy()[live])  # row of its article
        self._by_article = np.argsort(self.passage_article, kind="stable")
        self._first = np.searchsorted(self.passage_article[self._by_article], np.arange(len(self.article_id) + 1))
        self.all_live = bool(live.all())

    def rows(self, article_ids: Ids) -> Ids:
        """The row of each article id; all of them must be live."""
        return np.searchsorted(self.article_id, article_ids)

    def passages_of(self, row: int) -> Ids:
        """The positions, in the passage arrays, of an article's passages."""
        return self._by_article[self._first[row] : self._first[row + 1]]

    def first_passages(self) -> Ids:
        """The position of each row's first passage."""
        return self._by_article[self._first[:-1]]

    def articles_matching(self, filters: Filters) -> Mask:
        """Which rows meet the filters."""
        mask = self.published_between(filters.after, filters.before)
        for field, wanted in filters.choices():
            mask &= self.carrying(self.names[field], self.names[field].codes(wanted))
        for field in PLURALS:
            if unwanted := filters.without.of(field):
                mask &= ~self.carrying(self.names[field], self.names[field].codes(unwanted))
        return mask

    def published_between(self, first: datetime | None, last: datetime | None) -> Mask:
        """Which rows have a date within the two (inclusive); all rows, dated or not, when there are no limits."""
        if first is None and last is None:
            return np.ones(len(self.article_id), np.bool_)
        mask: Mask = self.published_at != UNKNOWN_DATE
        if first:
            mask &= self.published_at >= timestamp(first)
        if last:
            mask &= self.published_at <= timestamp(last)
        return mask

    def carrying(self, names: "Names", codes: Ids) -> Mask:
        """Which rows carry any of the names."""
        mask = np.zeros(len(self.article_id), np.bool_)
        mask[names.row[np.isin(names.code, codes)]] = True
        return mask

    def allowed_passages(self, articles: Mask | None) -> Mask | None:
        """``mask[passage id]`` of the live passages of these rows, or of all of them; None when all of the index may be found."""
        if articles is None and self.all_live:
            return None
        allowed = np.zeros(int(self.passage_id[-1]) + 1 if len(self.passage_id) else 0, np.bool_)
        allowed[self.passage_id if articles is None else self.passage_id[articles[self.passage_article]]] = True
        return allowed

    def sources(self) -> tuple[tuple[str, int], ...]:
        """Names with their number of articles, most frequent first."""
        return self.names["source"].counts()

    def topics(self) -> tuple[tuple[str, int], ...]:
        """Names with their number of articles, most frequent first."""
        return self.names["topic"].counts()

    def languages(self) -> tuple[tuple[str, int], ...]:
        """Names with their number of articles, most frequent first."""
        return self.names["language"].counts()


class Names:
    """The different names in one field, compared without regard to case, and which rows carry them.

    A name is known by its code, its place in ``shown``, where it is spelt as it is most often written. ``row`` and ``code`` are
    parallel, one entry for each name of a row, in the order of the rows; so ``np.bincount(code[mask[row]])`` counts names.
    """

    def __init__(self, column: pa.ChunkedArray) -> None:
        """``column`` has a name, or a list of names, for each row."""
        rows, spelling, spellings = _names_of(column)
        self._code: dict[str, int] = {}
        codes = np.array([self._code.setdefault(name.casefold(), len(self._code)) for name in spellings], np.int64)
        code = codes[spelling]
        _, first = np.unique(rows * max(len(self._code), 1) + code, return_index=True)  # a row counts once, however it repeats a name
        self.row: Ids = rows[first]
        self.code: Ids = code[first]
        shown: dict[int, str] = {}
        times = np.bincount(spelling[first], minlength=len(spellings))
        for place in np.argsort(-times, kind="stable").tolist():
            shown.setdefault(int(codes[place]), spellings[place])
        self.shown = tuple(shown[code] for code in range(len(self._code)))
        self.folded = tuple(self._code)

    def codes(self, names: Sequence[str]) -> Ids:
        """The codes of the given names; names that no row carries are left out."""
        found = (self._code.get(name.casefold()) for name in names)
        return np.array([code for code in found if code is not None], np.int64)

    def codes_with(self, phrase: Sequence[str]) -> Ids:
        """The codes of the names that have these words next to each other, in this order."""
        wanted = f" {' '.join(phrase)} "
        return np.array([code for code, own in enumerate(self._words) if wanted in own], np.int64)

    def beginning(self, words: Sequence[str], limit: int) -> list[tuple[str, int]]:
        """The names, most frequent first, in which these words stand next to each other, the last of which may go on."""
        wanted = f" {' '.join(words)}"
        return [(self.shown[code], self._counted[code]) for code in self._frequent if wanted in self._words[code]][:limit]

    def counts(self) -> tuple[tuple[str, int], ...]:
        """Every name with its number of rows, most frequent first, then by name."""
        return tuple((self.shown[code], self._counted[code]) for code in self._frequent)

    @cached_property
    def place(self) -> Ids:
        """Of each code its place in the alphabet."""
        order = np.array(sorted(range(len(self.shown)), key=self.shown.__getitem__), np.int64)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        return place

    @cached_property
    def _counted(self) -> list[int]:
        counted: list[int] = np.bincount(self.code, minlength=len(self.shown)).tolist()
        return counted

    @cached_property
    def _frequent(self) -> list[int]:
        return sorted(range(len(self.shown)), key=lambda code: (-self._counted[code], self.shown[code]))

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(f" {' '.join(words(name))} " for name in self.folded)


def _names_of(column: pa.ChunkedArray) -> tuple[Ids, Ids, list[str]]:
    """Of every name in a column its row and its place in the list of different spellings, which are in the order of the rows."""
    values = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    rows = np.arange(len(values))
    if pa.types.is_list(values.type):
        rows = pc.list_parent_indices(values).to_numpy()
        values = pc.list_flatten(values)
    known = pc.fill_null(pc.greater(pc.utf8_length(values), 0), False).to_numpy(zero_copy_only=False)
    encoded = values.filter(pa.array(known)).dictionary_encode()
    return rows[known], encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


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
