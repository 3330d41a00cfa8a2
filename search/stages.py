"""A query on its way from candidates to a whole order. ``SearchEngine`` takes it through these stages one after the other."""

from dataclasses import dataclass, field

import numpy as np

from search.article import StoredArticle
from search.cutoff import worth_ranking, worth_showing
from search.index.lexical import UNKNOWN_DATE
from search.index.snapshot import Snapshot
from search.language import Understanding
from search.matches import MatchMemory, everything, in_order, matching
from search.protocols import Candidates, Floats, Ids, Mask
from search.query import Filters, Mode, Query, Sort
from search.ranking import coverage, coverage_fusion, minmax_fusion
from search.recency import recency


@dataclass(slots=True)
class Ranking:
    """A query and the articles found for it so far; the arrays are in ranking order, best first.

    What a stage did not say about an article is not-a-number. ``matching[row]`` is what matches the query's text, before any
    filter; None where it was not counted.
    """

    snapshot: Snapshot
    query: Query
    understood: Understanding
    vector: Floats
    candidates: Candidates
    fused: Floats
    relevance: Floats
    coverage: float = 0.0  # how far the best article covers the words of the query, 0..1
    hidden: bool = False  # the reranker found nothing relevant
    matching: Mask | None = None
    articles: dict[int, StoredArticle] = field(default_factory=dict)  # those that a stage has fetched
    seconds: dict[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.fused)

    def take(self, order: Ids) -> None:
        """Keeps the articles at these places, in this order."""
        self.candidates = rows(self.candidates, order)
        self.fused = self.fused[order]
        self.relevance = self.relevance[order]


def first_stage(snapshot: Snapshot, query: Query, understood: Understanding, vector: Floats, depth: int) -> Ranking:
    """The ``depth`` best candidates of each side that are worth ranking, by their fused evidence; without words all, the newest first."""
    words = understood.words
    among = snapshot.restrict(understood.condition, query.filters)
    if not words:
        candidates = snapshot.newest(among, len(snapshot))
        nothing = np.full(len(candidates.article_id), np.nan, np.float32)
        return Ranking(snapshot, query, understood, vector, candidates, nothing, nothing)
    bound = snapshot.bm25_bound(words)
    if query.mode is Mode.HYBRID:
        candidates = snapshot.hybrid(words, vector, among, depth)
        fused = coverage_fusion(candidates.similarity, candidates.bm25, bound)
    elif query.mode is Mode.DENSE:
        candidates = snapshot.dense(words, vector, among, depth)
        fused = minmax_fusion(candidates.similarity, candidates.bm25, dense_weight=1.0)
    else:
        candidates = snapshot.lexical(words, vector, among, depth)
        fused = minmax_fusion(candidates.similarity, candidates.bm25, dense_weight=0.0)
    fused = fused * _recency(snapshot, query, candidates.published_at)
    order = np.lexsort((candidates.article_id, -fused))
    if not understood.exact:
        order = order[worth_ranking(candidates.similarity, candidates.bm25)[order]]
    unread = np.full(len(order), np.nan, np.float32)
    return Ranking(
        snapshot, query, understood, vector, rows(candidates, order), fused[order], unread, coverage=coverage(candidates.bm25, bound)
    )


def cut_off(ranking: Ranking) -> None:
    """Leaves out everything if the reranker found nothing relevant; what a condition alone asks for is not a matter of relevance."""
    if ranking.understood.exact or not ranking.understood.words:
        return
    if not worth_showing(ranking.candidates.similarity, ranking.coverage, ranking.relevance):
        ranking.hidden = True
        ranking.take(np.empty(0, np.int64))


def complete(ranking: Ranking, memory: MatchMemory) -> None:
    """Makes the ranking all articles that match, and only them: those that were ranked keep their order, the others follow by evidence."""
    snapshot, words, mode = ranking.snapshot, ranking.understood.words, ranking.query.mode
    condition = snapshot.restrict(ranking.understood.condition, Filters())
    among = snapshot.restrict(ranking.understood.condition, ranking.query.filters)
    if not words:
        ranking.matching = condition.articles if condition else np.ones(len(snapshot), np.bool_)
        return
    judge = everything if ranking.understood.exact else matching
    found = memory.get((snapshot.name, words, mode, judge), lambda: judge(snapshot.evidence(words, ranking.vector), mode))
    ranking.matching = np.zeros(len(snapshot), np.bool_)
    if ranking.hidden:
        return
    ranking.matching[found.row] = True
    shown = ranking.matching & among.articles if among else ranking.matching.copy()
    if condition:
        ranking.matching &= condition.articles
    ranked = snapshot.columns.rows(ranking.candidates.article_id)
    ranking.take(np.flatnonzero(shown[ranked]))
    shown[ranked] = False
    order = in_order(found, _recency(snapshot, ranking.query, snapshot.columns.published_at[found.row]))
    order = order[shown[found.row[order]]]
    unknown = np.full(len(order), np.nan, np.float32)
    others = snapshot.candidates(found.passage[order], found.similarity[order], unknown)
    ranking.candidates = Candidates._make(
        np.concatenate([getattr(ranking.candidates, name), getattr(others, name)]) for name in Candidates._fields
    )
    ranking.fused = np.concatenate([ranking.fused, unknown])
    ranking.relevance = np.concatenate([ranking.relevance, unknown])


def sort_by_date(ranking: Ranking) -> None:
    """Puts the articles in order of date if that was asked for, undated ones last, equal dates in order of relevance."""
    published = ranking.candidates.published_at.astype(np.float64)
    if ranking.query.sort in (Sort.NEWEST, Sort.DATE):
        ranking.take(np.argsort(-published, kind="stable"))  # an unknown date is the smallest number
    elif ranking.query.sort is Sort.OLDEST:
        ranking.take(np.argsort(np.where(ranking.candidates.published_at == UNKNOWN_DATE, np.inf, published), kind="stable"))


def rows(candidates: Candidates, order: Ids) -> Candidates:
    """The candidates at these places, in this order."""
    return Candidates._make(column[order] for column in candidates)


def _recency(snapshot: Snapshot, query: Query, published_at: Ids) -> Floats:
    if query.half_life_days is None:
        return np.ones(len(published_at), np.float32)
    return recency(published_at, UNKNOWN_DATE, int(snapshot.columns.published_at.max()), query.half_life_days)
