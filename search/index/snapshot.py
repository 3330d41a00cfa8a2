"""A published snapshot, opened for searching: vectors, BM25 and filter columns of one moment of the archive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from search.index import layout
from search.index.columns import Columns, Segment, read_articles, read_table
from search.index.lexical import LexicalIndex
from search.index.manifest import FileEntry, Manifest, SegmentEntry, read_manifest, verify
from search.index.restriction import Restriction, Restrictions
from search.index.vectors import FaissVectors
from search.index.vocabulary import Vocabulary
from search.protocols import Candidates, Evidence, Floats, Ids, Vectors


@dataclass(frozen=True, slots=True)
class LoadedSegment:
    """A segment in memory; ``first_id`` and ``last_id`` bound the ids of its passages."""

    entry: SegmentEntry
    columns: Segment
    vectors: FaissVectors
    first_id: int
    last_id: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a process has verified and loaded before: a swap reads only what is new."""

    files: Mapping[str, FileEntry] = field(default_factory=dict)
    segments: Mapping[str, LoadedSegment] = field(default_factory=dict)


class Snapshot:
    """Implements CandidateSource over one immutable snapshot folder. Safe for concurrent searches."""

    def __init__(self, folder: Path, manifest: Manifest, segments: list[LoadedSegment], lexical: LexicalIndex) -> None:
        self.folder = folder
        self.manifest = manifest
        self.columns = Columns([segment.columns for segment in segments])
        self._live_passages = self.columns.allowed_passages(None)
        self._segments = [segment for segment in segments if len(segment.vectors)]
        self._lexical = lexical
        self.restrict = Restrictions(self.columns, lexical).restrict
        """Limits searches to the articles that meet a condition and filters; None when every article does."""
        self._vocabulary = Vocabulary(lexical.words_beginning, len(self))
        self.loaded = Loaded(
            {path: entry for path, entry in manifest.files.items() if path.startswith(layout.SEGMENTS)},
            {segment.entry.name: segment for segment in segments},
        )

    @classmethod
    def open(cls, folder: Path, loaded: Loaded | None = None) -> "Snapshot":
        """Verifies every file against the manifest, then loads; raises DamagedSnapshot."""
        loaded = loaded or Loaded()
        manifest = read_manifest(folder)
        verify(folder, manifest, dict(loaded.files))
        segments = [
            loaded.segments[entry.name] if _unchanged(entry, manifest, loaded) else _load_segment(folder, entry)
            for entry in manifest.segments
        ]
        return cls(folder, manifest, segments, LexicalIndex(folder / layout.LEXICAL))

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def encoder_fingerprint(self) -> str:
        return self.manifest.encoder

    @property
    def annotated(self) -> bool:
        """Whether the heads have said anything of any article."""
        return self.manifest.annotated

    def __len__(self) -> int:
        return len(self.columns.article_id)

    def correction(self, word: str) -> str | None:
        """The word of the archive that was probably meant by this folded one; None when it is there, or nothing is like it."""
        return self._vocabulary.correction(word, self._lexical.written(word))

    def titles_with(self, beginning: Sequence[str], limit: int) -> list[int]:
        """The ids of the articles, newest first, whose title has all of these folded words, the last of which may go on."""
        return self._lexical.titles_with(beginning, limit)

    def bm25_bound(self, text: str) -> float:
        """What no article's BM25 can exceed for this text."""
        return self._lexical.bound(text)

    def lexical(self, text: str, vector: Floats | None, among: Restriction | None, depth: int) -> Candidates:
        """The ``depth`` best articles by BM25; without a vector their first passage stands for them, with similarity 0."""
        bm25, article_ids = self._lexical.search(text, among.query if among else None, depth)
        if vector is None:
            positions = self.columns.first_passages()[self.columns.rows(article_ids)]
            return self.candidates(positions, np.zeros(len(positions), np.float32), bm25)
        positions, similarity = self._best_passages(vector, self.columns.rows(article_ids))
        return self.candidates(positions, similarity, bm25)

    def dense(self, text: str, vector: Floats, among: Restriction | None, depth: int) -> Candidates:
        """The ``depth`` best articles by the similarity of their best passage."""
        positions, similarity = self._nearest(vector, among, depth)
        article_ids = self.columns.article_id[self.columns.passage_article[positions]]
        return self.candidates(positions, similarity, self._lexical.scores(text, article_ids))

    def hybrid(self, text: str, vector: Floats, among: Restriction | None, depth: int) -> Candidates:
        """The union of the two, each row with both scores."""
        bm25, lexical_ids = self._lexical.search(text, among.query if among else None, depth)
        positions, similarity = self._nearest(vector, among, depth)
        dense_ids = self.columns.article_id[self.columns.passage_article[positions]]
        dense = self.candidates(positions, similarity, self._bm25(text, dense_ids, lexical_ids, bm25, depth))
        new = ~np.isin(lexical_ids, dense_ids)
        positions, similarity = self._best_passages(vector, self.columns.rows(lexical_ids[new]))
        lexical = self.candidates(positions, similarity, bm25[new])
        return Candidates._make(np.concatenate([getattr(dense, name), getattr(lexical, name)]) for name in Candidates._fields)

    def newest(self, among: Restriction | None, depth: int) -> Candidates:
        """The ``depth`` articles with the latest dates, undated ones last; their first passage stands for them, with similarity 0."""
        rows = np.arange(len(self)) if among is None else np.flatnonzero(among.articles)
        order = np.lexsort((rows, -self.columns.published_at[rows].astype(np.float64)))[:depth]
        positions = self.columns.first_passages()[rows[order]]
        nothing = np.zeros(len(positions), np.float32)
        return self.candidates(positions, nothing, nothing)

    def evidence(self, text: str, vector: Floats | None) -> Evidence:
        """What speaks for every article: all passages are compared, and all articles with one of the words are found."""
        count = len(self)
        similarity, passage, words = np.zeros(count, np.float32), self.columns.first_passages(), np.zeros(count, np.float32)
        shares, article_ids = self._lexical.shares(text)
        words[self.columns.rows(article_ids)] = shares
        if vector is not None:
            similarity, passage = self._best_of_all(vector)
        return Evidence(similarity, passage, words)

    def bm25(self, text: str, article_ids: Ids) -> Floats:
        """The BM25 of each given article."""
        return self._lexical.scores(text, article_ids)

    def frequency(self, stem: str) -> int:
        """How many articles have a word with this stem."""
        return self._lexical.frequency(stem)

    def _best_of_all(self, vector: Floats) -> tuple[Floats, Ids]:
        """For each row the similarity and the position of its best passage."""
        best, passage = np.full(len(self), -2.0, np.float32), self.columns.first_passages()
        for segment in self._segments:
            similarity, ids = segment.vectors.all_similarities(vector)
            order = np.argsort(ids)
            positions = np.searchsorted(self.columns.passage_id, ids[order])
            live = positions < len(self.columns.passage_id)
            live[live] = self.columns.passage_id[positions[live]] == ids[order][live]  # the index still has what was removed since
            similarity, positions = similarity[order][live], positions[live]
            rows = self.columns.passage_article[positions]
            before = best.copy()
            np.maximum.at(best, rows, similarity)
            first = ((similarity == best[rows]) & (similarity > before[rows]))[::-1]
            passage[rows[::-1][first]] = positions[::-1][first]  # of equals the one with the lowest id, which is assigned last
        return best, passage

    def _bm25(self, text: str, wanted: Ids, found: Ids, bm25: Floats, depth: int) -> Floats:
        """The BM25 of the wanted articles, given the ``depth`` best that a search has found with theirs."""
        scores = np.zeros(len(wanted), np.float32)
        order = np.argsort(found)
        place = np.minimum(np.searchsorted(found, wanted, sorter=order), max(len(found) - 1, 0))
        known = found[order[place]] == wanted if len(found) else np.zeros(len(wanted), np.bool_)
        if len(found):
            scores[known] = bm25[order[place[known]]]
        if len(found) == depth:  # else the search has met every article with one of the words, and the others have none
            scores[~known] = self._lexical.scores(text, wanted[~known])
        return scores

    def passage_vectors(self, article_id: int) -> Vectors:
        """(passages, dimension) vectors of an article, in the order of its text; none when it is not in the snapshot."""
        row = int(self.columns.rows(np.array([article_id]))[0])
        if row == len(self) or self.columns.article_id[row] != article_id:
            return np.empty((0, self.manifest.dimension), np.float32)
        ids = self.columns.passage_id[self.columns.passages_of(row)]
        vectors = np.empty((len(ids), self.manifest.dimension), np.float32)
        for segment, inside in self._split(ids):
            vectors[inside] = segment.vectors.vectors(ids[inside])
        return vectors

    def commonness(self, words: Sequence[str]) -> Floats:
        """The share (0..1) of the articles in whose body each word stands, as it is written."""
        return self._lexical.commonness(words)

    def near_duplicates(self, article_ids: Ids) -> Ids:
        """A number for each article that only near-duplicates share; all articles must be in the snapshot."""
        return self.columns.near_duplicates[self.columns.rows(article_ids)]

    def lead_vectors(self, article_ids: Ids) -> Vectors:
        """(n, dimension): the vector of the first passage of each article, all of which must be in the snapshot."""
        first = [self.columns.passages_of(row)[0] for row in self.columns.rows(article_ids)]
        ids = self.columns.passage_id[first]
        vectors = np.empty((len(ids), self.manifest.dimension), np.float32)
        for segment, inside in self._split(ids):
            vectors[inside] = segment.vectors.vectors(ids[inside])
        return vectors

    def nearest_passages(self, vector: Floats, among: Restriction | None, k: int) -> tuple[Floats, Ids]:
        """At most k (similarities, passage ids) of all segments, most similar first, ties by id."""
        allowed = among.passages if among else self._live_passages
        found = [segment.vectors.search(vector, k, allowed) for segment in self._segments]
        similarity = np.concatenate([np.empty(0, np.float32), *(part[0] for part in found)])
        ids = np.concatenate([np.empty(0, np.int64), *(part[1] for part in found)])
        best = np.lexsort((ids, -similarity))[:k]
        return similarity[best], ids[best]

    def _nearest(self, vector: Floats, among: Restriction | None, depth: int) -> tuple[Ids, Floats]:
        """Positions and similarities of the best passage of each of the ``depth`` nearest articles."""
        wanted = 2 * depth
        while True:
            similarity, ids = self.nearest_passages(vector, among, wanted)
            positions = np.searchsorted(self.columns.passage_id, ids)
            _, first = np.unique(self.columns.passage_article[positions], return_index=True)
            if len(first) >= depth or len(ids) < wanted:
                kept = np.sort(first)[:depth]
                return positions[kept], similarity[kept]
            wanted *= 4  # many passages of few articles: look deeper

    def _best_passages(self, vector: Floats, rows: Ids) -> tuple[Ids, Floats]:
        """Positions and exact similarities of the best passage of each given article row."""
        if len(rows) == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        groups = [self.columns.passages_of(row) for row in rows]
        positions = np.concatenate(groups)
        ids = self.columns.passage_id[positions]
        similarity = np.empty(len(ids), np.float32)
        for segment, inside in self._split(ids):
            similarity[inside] = segment.vectors.similarities(vector, ids[inside])
        owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        order = np.lexsort((ids, -similarity, owner))
        best = order[np.searchsorted(owner[order], np.arange(len(groups)))]
        return positions[best], similarity[best]

    def _split(self, ids: Ids) -> list[tuple[LoadedSegment, Ids]]:
        """Which of the ids each segment holds, as positions in ``ids``."""
        parts = [(segment, np.flatnonzero((ids >= segment.first_id) & (ids <= segment.last_id))) for segment in self._segments]
        return [(segment, inside) for segment, inside in parts if len(inside)]

    def candidates(self, positions: Ids, similarity: Floats, bm25: Floats) -> Candidates:
        """The articles of the passages at these positions in the columns, with these scores."""
        columns = self.columns
        rows = columns.passage_article[positions]
        return Candidates(
            article_id=columns.article_id[rows],
            passage_id=columns.passage_id[positions],
            start=columns.start[positions],
            end=columns.end[positions],
            published_at=columns.published_at[rows],
            similarity=similarity,
            bm25=bm25,
        )


def _unchanged(entry: SegmentEntry, manifest: Manifest, loaded: Loaded) -> bool:
    prefix = f"{layout.SEGMENTS}/{entry.name}/"
    return entry.name in loaded.segments and all(
        loaded.files.get(path) == file for path, file in manifest.files.items() if path.startswith(prefix)
    )


def _load_segment(folder: Path, entry: SegmentEntry) -> LoadedSegment:
    place = folder / layout.SEGMENTS / entry.name
    columns = Segment(
        passages=read_table(place / layout.PASSAGES),
        articles=read_articles(place / layout.ARTICLES),
        removed_passages=np.load(place / layout.REMOVED_PASSAGES, allow_pickle=False),
        removed_articles=np.load(place / layout.REMOVED_ARTICLES, allow_pickle=False),
    )
    ids = columns.passages["id"].to_numpy()
    first, last = (int(ids[0]), int(ids[-1])) if len(ids) else (0, -1)
    return LoadedSegment(entry, columns, FaissVectors.load(place / layout.VECTORS), first, last)
