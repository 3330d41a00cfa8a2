"""Answers queries: encode, retrieve, fuse, rerank, cut off, count, fetch and cut snippets. Knows nothing of HTTP or files.

``SearchEngine.search_many`` reads as the list of stages. What each does is in ``stages``, how evidence becomes an order in
``ranking`` and ``cutoff``, which articles match in ``matches``, and what is counted of them in ``counting``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter

import numpy as np

from search.annotation import NOTHING
from search.article import StoredArticle
from search.completion import completions
from search.counting import facets_of, keywords_of, timelines_of
from search.errors import BadInput, NotFound
from search.facets import annotated_facets
from search.folding import fold
from search.hits import all_hits, hits_between
from search.index.lexical import UNKNOWN_DATE
from search.index.live import LiveSnapshot
from search.index.published import Opened
from search.index.vectors import backend
from search.keywords import READ
from search.language import Understanding, understand
from search.likeness import Likeness, addressed_article, mean_vector, understood_as
from search.matches import MatchMemory
from search.overview import Overview
from search.protocols import Encoder, Floats, Reranker
from search.query import Interval, Query, Sort
from search.ranking import combine, weights_for
from search.response import ComparedQuery, Comparison, Hit, Keywords, SearchResponse, Seconds, Walk
from search.snippet import Highlighter
from search.spelling import corrected
from search.stages import Ranking, complete, cut_off, first_stage, rows, sort_by_date
from search.store import Archive, Feedback
from search.suggestion import Suggestion
from search.text import passage_text


@dataclass(frozen=True, slots=True)
class Depths:
    """How many articles each first stage contributes to a ranking, and how many of them the reranker reads."""

    candidates: int = 100
    rerank: int = 16


class SearchEngine:
    """Answers from the live snapshot with the models it was given. ``search_many``, ``compare`` and ``walk`` are safe to call from
    one thread at a time per set of models; the other methods, and the hits of a walk, from any."""

    def __init__(self, live: LiveSnapshot, reranker: Reranker | None, archive: Archive, depths: Depths) -> None:
        self._live = live
        self._reranker = reranker
        self._archive = archive
        self._depths = depths
        self._likeness = Likeness(live, archive)
        self._matches = MatchMemory()
        self._overview: tuple[Opened, Overview] | None = None

    def search(self, query: Query) -> SearchResponse:
        """The same as ``search_many`` for one query."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[SearchResponse]:
        """Answers several queries with one pass through each model; each answer is what the query would get alone."""
        started = perf_counter()
        return [self._response(ranking, started) for ranking in self._rank(queries)]

    def compare(self, queries: Sequence[Query]) -> Comparison:
        """Several queries over the same bars, whose length the first query says; pages do not matter. Raises BadInput for none."""
        if not queries:
            raise BadInput("There is nothing to compare: give at least one query.", field="q")
        rankings = self._rank(queries)
        for ranking in rankings:
            complete(ranking, self._matches)
        timelines = timelines_of(rankings, queries[0].timeline or Interval.AUTO)
        compared = [
            ComparedQuery(ranking.query.text, len(ranking), timeline) for ranking, timeline in zip(rankings, timelines, strict=True)
        ]
        return Comparison(timelines[0].interval, tuple(compared), rankings[0].snapshot.name)

    def walk(self, query: Query) -> Walk:
        """All articles that match, in rank order, whatever page the query asks for; the hits are fetched as they are taken."""
        (ranking,) = self._rank([query])
        complete(ranking, self._matches)
        sort_by_date(ranking)
        return Walk(query.text, len(ranking), ranking.snapshot.name, all_hits(ranking, self._archive))

    def article(self, article_id: int) -> StoredArticle:
        """The article with this id, with what the heads say of it; raises NotFound."""
        found = self._archive.articles([article_id]) if 0 < article_id < 2**63 else {}
        if article_id not in found:
            raise NotFound(f"There is no article {article_id} in this archive.")
        return replace(found[article_id], annotations=self._archive.annotations([article_id]).get(article_id, NOTHING))

    def similar(self, article_id: int, top_k: int) -> tuple[Hit, ...]:
        """The articles that are most like one, without itself, those on the same story first; raises NotFound."""
        self.article(article_id)
        return self._likeness.to_article(article_id, top_k)

    def like_text(self, text: str, top_k: int) -> tuple[Hit, ...]:
        """The articles that are most like a text, those on the same story first. Uses the encoder. Raises BadInput for no words."""
        return self._likeness.to_text(text, top_k)

    def find(self, reference: str) -> StoredArticle:
        """The article with this key or address or, of none, this id; raises NotFound."""
        found = self._archive.article_by_key(reference) or self._archive.article_by_url(reference)
        if found:
            return found
        if reference.isascii() and reference.isdigit() and len(reference) < 19:
            return self.article(int(reference))
        raise NotFound(f"There is no article with the key, address or id {reference[:200]!r} in this archive.")

    def suggest(self, typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Names and titles that go on from the beginning of a query, for showing while it is typed. Raises NoIndex."""
        return completions(typed, limit, self._live.opened.snapshot, self._archive)

    def overview(self) -> Overview:
        """What the served snapshot holds; counted once for each. Raises NoIndex."""
        opened = self._live.opened
        if self._overview is None or self._overview[0] is not opened:
            self._overview = (opened, _overview(opened, self._reranker))
        return self._overview[1]

    @property
    def encoder(self) -> Encoder:
        """What encodes the queries at present, for use by the thread that searches. Raises NoIndex."""
        return self._live.served.encoder

    def feedback(self) -> Feedback:
        """Where what was shown and what became of it is kept, by whoever shows it."""
        return self._archive.feedback()

    def refresh(self) -> bool:
        """Swaps to the newest published snapshot, if there is a newer one; cheap when there is not."""
        return self._live.refresh()

    def _rank(self, queries: Sequence[Query]) -> list[Ranking]:
        """Each query's candidates in order, the best of them reranked; nothing where nothing is relevant."""
        begun = perf_counter()
        served = self._live.served
        annotated = served.opened.snapshot.annotated
        understood = [Understanding(query.text, query.text) if query.plain else understand(query.text, annotated) for query in queries]
        vectors = served.encoder.encode_queries([meant.words for meant in understood])
        encoded = perf_counter() - begun
        rankings = []
        for query, meant, vector in zip(queries, understood, vectors, strict=True):
            begun = perf_counter()
            stored = None if query.plain else addressed_article(query.text, self._archive)
            if stored is not None:
                query, meant = replace(query, rerank=False), understood_as(query.text, stored)
                vector = self._vector_of(stored.id, vector)
            ranking = first_stage(served.opened.snapshot, query, meant, vector, self._depths.candidates)
            ranking.seconds |= {"encode": encoded, "retrieve": perf_counter() - begun}
            rankings.append(ranking)
        self._rerank(rankings)
        for ranking in rankings:
            cut_off(ranking)
        return rankings

    def _vector_of(self, article_id: int, otherwise: Floats) -> Floats:
        """The vector of a stored article as a whole; another one when it is not yet in the snapshot."""
        passages = self._live.opened.snapshot.passage_vectors(article_id)
        return mean_vector(passages) if len(passages) else otherwise

    def _rerank(self, rankings: Sequence[Ranking]) -> None:
        """Reorders the top of every ranking that asks for it, in one pass through the model."""
        begun = perf_counter()
        reranker = self._reranker
        wanted = [ranking for ranking in rankings if ranking.query.rerank and ranking.understood.words and len(ranking)]
        if reranker is None or not wanted:
            return
        counts = [min(self._depths.rerank, len(ranking)) for ranking in wanted]
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
            ranking.take(np.concatenate([top, np.arange(count, len(ranking))]))
        for ranking in wanted:
            ranking.seconds["rerank"] = perf_counter() - begun

    def _passage_texts(self, ranking: Ranking, count: int) -> list[str]:
        """What the reranker reads of the first ``count`` candidates: the title and the best passage."""
        top = rows(ranking.candidates, np.arange(count))
        ranking.articles = self._archive.articles(top.article_id.tolist())
        texts = []
        for article_id, start, end in zip(top.article_id.tolist(), top.start.tolist(), top.end.tolist(), strict=True):
            stored = ranking.articles.get(article_id)
            texts.append(passage_text(stored.article.title, stored.article.text[start:end]) if stored else "")
        return texts

    def _response(self, ranking: Ranking, started: float) -> SearchResponse:
        """The page that was asked for, and what was asked to be counted."""
        begun = perf_counter()
        query = ranking.query
        counted = query.facets or query.keywords or query.timeline is not None or query.sort is not Sort.RELEVANCE
        if counted or ranking.understood.exact:
            complete(ranking, self._matches)
        facets = facets_of(ranking) if query.facets else ()
        timeline = timelines_of([ranking], query.timeline)[0] if query.timeline else None
        keywords = self._keywords(ranking) if query.keywords else None
        sort_by_date(ranking)
        total = len(ranking)
        stories = fold(ranking, self._archive) if query.stories else {}
        found = perf_counter()
        hits = hits_between(ranking, query.offset, query.offset + query.top_k, self._archive, Highlighter(ranking.understood))
        fetched = perf_counter()
        seconds = Seconds(**ranking.seconds, count=found - begun, fetch=fetched - found, total=fetched - started)
        return SearchResponse(
            query=query.text,
            total=total,
            offset=query.offset,
            snapshot=ranking.snapshot.name,
            hits=tuple(replace(hit, story=stories.get(hit.id)) for hit in hits),
            seconds=seconds,
            total_is_exact=ranking.matching is not None,
            rows=len(ranking),
            facets=facets,
            timeline=timeline,
            keywords=keywords,
            understood=ranking.understood,
            suggestion=corrected(ranking.understood, ranking.snapshot.correction),
        )

    def _keywords(self, ranking: Ranking) -> Keywords:
        """The key words of the most relevant articles that match."""
        ids = ranking.candidates.article_id[:READ].tolist()
        missing = [article_id for article_id in ids if article_id not in ranking.articles]
        ranking.articles |= self._archive.articles(missing)
        articles = [ranking.articles[article_id].article for article_id in ids if article_id in ranking.articles]
        return keywords_of([f"{article.title}\n{article.text}" for article in articles], ranking)


def _overview(opened: Opened, reranker: Reranker | None) -> Overview:
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
        annotated=annotated_facets(columns),
        earliest=datetime.fromtimestamp(int(dated.min()), UTC) if len(dated) else None,
        latest=datetime.fromtimestamp(int(dated.max()), UTC) if len(dated) else None,
        notice=opened.notice,
        backend=backend(),
        encoder=manifest.encoder,
        reranker=reranker.fingerprint if reranker else None,
    )
