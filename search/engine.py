"""Answers queries: encode, retrieve, fuse, rerank, cut off, fetch and cut snippets. Knows nothing of HTTP or files.

``SearchEngine.search_many`` reads as the list of stages; how evidence becomes an order is in ``ranking`` and ``cutoff``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter

import numpy as np

from search.article import StoredArticle
from search.cutoff import worth_ranking, worth_showing
from search.errors import NotFound
from search.index.lexical import UNKNOWN_DATE
from search.index.live import LiveSnapshot
from search.index.published import Opened
from search.index.snapshot import Snapshot
from search.index.vectors import backend
from search.language import Understanding, understand
from search.overview import Overview
from search.protocols import Candidates, Floats, Ids, Reranker
from search.query import Mode, Query, Sort
from search.ranking import combine, coverage, coverage_fusion, minmax_fusion, weights_for
from search.response import Hit, SearchResponse, Seconds
from search.snippet import Highlighter
from search.store import Archive
from search.text import passage_text


@dataclass(frozen=True, slots=True)
class Depths:
    """How many articles each first stage contributes to a ranking, and how many of them the reranker reads."""

    candidates: int = 100
    rerank: int = 16


@dataclass(slots=True)
class _Ranking:
    """A query on its way through the stages; the arrays are in ranking order, best first."""

    query: Query
    understood: Understanding
    candidates: Candidates
    fused: Floats
    coverage: float = 0.0  # how far the best article covers the words of the query, 0..1
    relevance: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    articles: dict[int, StoredArticle] = field(default_factory=dict)  # those that a stage has fetched
    seconds: dict[str, float] = field(default_factory=dict)

    def take(self, order: Ids) -> None:
        self.candidates = _rows(self.candidates, order)
        self.fused = self.fused[order]
        self.relevance = self.relevance[order]


class SearchEngine:
    """Answers from the live snapshot with the models it was given. ``search_many`` is safe to call from one thread at a time
    per set of models; the other methods from any."""

    def __init__(self, live: LiveSnapshot, reranker: Reranker | None, archive: Archive, depths: Depths) -> None:
        self._live = live
        self._reranker = reranker
        self._archive = archive
        self._depths = depths
        self._overview: tuple[Opened, Overview] | None = None

    def search(self, query: Query) -> SearchResponse:
        """The same as ``search_many`` for one query."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[SearchResponse]:
        """Answers several queries with one pass through each model; each answer is what the query would get alone."""
        started = perf_counter()
        served = self._live.served
        snapshot = served.opened.snapshot
        understood = [understand(query.text) for query in queries]
        vectors = served.encoder.encode_queries([meant.words for meant in understood])
        encoded = perf_counter() - started
        rankings = [
            self._first_stage(snapshot, query, meant, vector) for query, meant, vector in zip(queries, understood, vectors, strict=True)
        ]
        reranked = self._rerank(rankings)
        responses = []
        for ranking in rankings:
            _cut_off(ranking)
            begun = perf_counter()
            hits = self._hits(ranking, Highlighter(ranking.understood))
            seconds = Seconds(
                encode=encoded,
                retrieve=ranking.seconds["retrieve"],
                rerank=reranked if len(ranking.relevance) and not np.isnan(ranking.relevance).all() else 0.0,
                fetch=perf_counter() - begun,
                total=perf_counter() - started,
            )
            query = ranking.query
            responses.append(
                SearchResponse(query.text, len(ranking.fused), query.offset, snapshot.name, hits, seconds, understood=ranking.understood)
            )
        return responses

    def article(self, article_id: int) -> StoredArticle:
        """The article with this id; raises NotFound."""
        found = self._archive.articles([article_id]) if 0 < article_id < 2**63 else {}
        if article_id not in found:
            raise NotFound(f"There is no article {article_id} in this archive.")
        return found[article_id]

    def similar(self, article_id: int, top_k: int) -> tuple[Hit, ...]:
        """The articles nearest to the mean of an article's passages, without itself; raises NotFound."""
        self.article(article_id)
        snapshot = self._live.opened.snapshot
        passages = snapshot.passage_vectors(article_id)
        if len(passages) == 0 or top_k < 1:
            return ()  # stored since the snapshot was published
        mean = passages.mean(axis=0)
        candidates = snapshot.dense("", (mean / np.linalg.norm(mean)).astype(np.float32), None, top_k + 1)
        order = np.lexsort((candidates.article_id, -candidates.similarity))
        order = order[candidates.article_id[order] != article_id]
        ranking = _Ranking(Query("similar", top_k=top_k), Understanding("", ""), _rows(candidates, order), candidates.similarity[order])
        return tuple(replace(hit, bm25=None, fused=None) for hit in self._hits(ranking, Highlighter(ranking.understood)))

    def overview(self) -> Overview:
        """What the served snapshot holds; counted once for each. Raises NoIndex."""
        opened = self._live.opened
        if self._overview is None or self._overview[0] is not opened:
            self._overview = (opened, _overview(opened))
        return self._overview[1]

    def refresh(self) -> bool:
        """Swaps to the newest published snapshot, if there is a newer one; cheap when there is not."""
        return self._live.refresh()

    def _first_stage(self, snapshot: Snapshot, query: Query, understood: Understanding, vector: Floats) -> _Ranking:
        """All candidates of the query's mode that are worth ranking, by their fused evidence; without words, the newest."""
        begun = perf_counter()
        depth, words = self._depths.candidates, understood.words
        bound = snapshot.bm25_bound(words)
        among = snapshot.restrict(understood.condition, query.filters)
        if not words:
            candidates = snapshot.newest(among, depth)
            fused = np.zeros(len(candidates.article_id), np.float32)
        elif query.mode is Mode.HYBRID:
            candidates = snapshot.hybrid(words, vector, among, depth)
            fused = coverage_fusion(candidates.similarity, candidates.bm25, bound)
        elif query.mode is Mode.DENSE:
            candidates = snapshot.dense(words, vector, among, depth)
            fused = minmax_fusion(candidates.similarity, candidates.bm25, dense_weight=1.0)
        else:
            candidates = snapshot.lexical(words, vector, among, depth)
            fused = minmax_fusion(candidates.similarity, candidates.bm25, dense_weight=0.0)
        if words:
            order = np.lexsort((candidates.article_id, -fused))
            order = order[worth_ranking(candidates.similarity, candidates.bm25)[order]]
        else:
            order = np.arange(len(fused))
        ranking = _Ranking(query, understood, _rows(candidates, order), fused[order])
        ranking.relevance = np.full(len(order), np.nan, np.float32)
        ranking.coverage = coverage(candidates.bm25, bound)
        ranking.seconds["retrieve"] = perf_counter() - begun
        return ranking

    def _rerank(self, rankings: Sequence[_Ranking]) -> float:
        """Reorders the top of every ranking that asks for it, in one pass through the model; returns the seconds it took."""
        begun = perf_counter()
        reranker = self._reranker
        wanted = [ranking for ranking in rankings if ranking.query.rerank and ranking.understood.words and len(ranking.fused)]
        if reranker is None or not wanted:
            return 0.0
        counts = [min(self._depths.rerank, len(ranking.fused)) for ranking in wanted]
        pairs = [
            (ranking.understood.words, text)
            for ranking, count in zip(wanted, counts, strict=True)
            for text in self._passage_texts(ranking, count)
        ]
        relevance = reranker.relevance(pairs)
        first = 0
        for ranking, count in zip(wanted, counts, strict=True):
            read = relevance[first : first + count]
            first += count
            ranking.relevance[:count] = read
            combined = combine(ranking.fused[:count], read, weights_for(ranking.understood.words))
            top = np.lexsort((ranking.candidates.article_id[:count], -combined))
            ranking.take(np.concatenate([top, np.arange(count, len(ranking.fused))]))
        return perf_counter() - begun

    def _passage_texts(self, ranking: _Ranking, count: int) -> list[str]:
        """What the reranker reads of the first ``count`` candidates: the title and the best passage."""
        top = _rows(ranking.candidates, np.arange(count))
        ranking.articles = self._archive.articles(top.article_id.tolist())
        texts = []
        for article_id, start, end in zip(top.article_id.tolist(), top.start.tolist(), top.end.tolist(), strict=True):
            stored = ranking.articles.get(article_id)
            texts.append(passage_text(stored.article.title, stored.article.text[start:end]) if stored else "")
        return texts

    def _hits(self, ranking: _Ranking, highlighter: Highlighter) -> tuple[Hit, ...]:
        """The page of the ranking that was asked for, with its articles and snippets."""
        query = ranking.query
        first, last = query.offset, min(query.offset + query.top_k, len(ranking.fused))
        page = _rows(ranking.candidates, np.arange(first, max(last, first)))
        missing = [article_id for article_id in page.article_id.tolist() if article_id not in ranking.articles]
        articles = ranking.articles | self._archive.articles(missing)
        hits = []
        for position, article_id in enumerate(page.article_id.tolist()):
            stored = articles.get(article_id)
            if stored is None:
                continue  # deleted since the snapshot was published
            start, end = int(page.start[position]), int(page.end[position])
            rank = first + position
            relevance = float(ranking.relevance[rank]) if len(ranking.relevance) else np.nan
            hits.append(
                Hit(
                    rank=rank + 1,
                    id=article_id,
                    article=stored.article,
                    snippet=highlighter.snippet(stored.article.text[start:end] or stored.article.title),
                    passage=(start, end),
                    similarity=float(page.similarity[position]),
                    bm25=float(page.bm25[position]),
                    fused=float(ranking.fused[rank]),
                    relevance=None if np.isnan(relevance) else relevance,
                )
            )
        return tuple(hits)


def _overview(opened: Opened) -> Overview:
    manifest, columns = opened.snapshot.manifest, opened.snapshot.columns
    dated = columns.published_at[columns.published_at != UNKNOWN_DATE]
    return Overview(
        snapshot=manifest.name,
        published_at=manifest.created_at,
        articles=len(opened.snapshot),
        passages=len(columns.passage_id),
        sources=columns.sources(),
        topics=columns.topics(),
        languages=columns.languages(),
        earliest=datetime.fromtimestamp(int(dated.min()), UTC) if len(dated) else None,
        latest=datetime.fromtimestamp(int(dated.max()), UTC) if len(dated) else None,
        notice=opened.notice,
        backend=backend(),
    )


def _rows(candidates: Candidates, order: Ids) -> Candidates:
    return Candidates._make(column[order] for column in candidates)


def _cut_off(ranking: _Ranking) -> None:
    """Leaves out everything if the reranker found nothing relevant; puts the rest, if asked for, in order of date, newest first."""
    if ranking.understood.words and not worth_showing(ranking.candidates.similarity, ranking.coverage, ranking.relevance):
        ranking.take(np.empty(0, np.int64))
    if ranking.query.sort is Sort.DATE:
        # An unknown date is the smallest number, so these come last; equal dates stay in order of relevance.
        ranking.take(np.argsort(-ranking.candidates.published_at.astype(np.float64), kind="stable"))
