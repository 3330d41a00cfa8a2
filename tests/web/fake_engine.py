"""A small engine in memory: ranks by words in common, so that a test can say by hand what must be found."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from search.article import Article, StoredArticle
from search.errors import BadInput, BroadsheetError, NoIndex, NotFound
from search.feedback import Reaction
from search.overview import Overview
from search.query import Query, Sort
from search.response import Hit, SearchResponse, Seconds, Snippet, Walk

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def article(key: str, title: str, text: str, **fields: object) -> Article:
    return Article(key=key, title=title, text=text, **fields)  # type: ignore[arg-type]


ARTICLES = (
    article(
        "gazette-1",
        "Refiners cut output as demand collapses",
        "Refiners along the coast cut output by a third on Tuesday as demand for petrol fell to its lowest level in forty years.\n"
        "Storage tanks at the harbour are nearly full, and three tankers have been told to wait at anchor until buyers are found.\n"
        "“We have never seen anything like it,” said the manager of the largest plant, who expects the oil market to recover slowly.",
        url="https://gazette.example/refiners",
        source="The Harbour Gazette",
        author="Ines Okafor",
        language="en",
        published_at=datetime(2020, 4, 21, tzinfo=UTC),
        published_precision="day",
        topics=("Business", "Energy"),
    ),
    article(
        "gazette-2",
        "Oil price rises after producers agree on cuts",
        "The price of oil rose by four per cent after producers agreed to cut output for six months.",
        url="https://gazette.example/oil-price",
        source="The Harbour Gazette",
        language="en",
        published_at=datetime(2020, 6, 6, 9, 30, tzinfo=UTC),
        published_precision="minute",
        topics=("Business",),
    ),
    article(
        "courier-1",
        "Oil spill reaches the northern beaches",
        "Volunteers began to clear oil from the northern beaches after a barge ran aground.\nFishing is banned until further notice.",
        url="https://courier.example/spill",
        source="Northern Courier",
        language="en",
        published_at=datetime(2021, 1, 1, tzinfo=UTC),
        published_precision="year",
        topics=("Environment",),
    ),
    article(
        "courier-2",
        "Late goal sends the harbour side through",
        "A goal in the last minute sent the harbour side into the final of the cup.",
        source="Northern Courier",
        language="en",
        published_at=datetime(2021, 3, 1, tzinfo=UTC),
        published_precision="month",
        topics=("Sport",),
    ),
    article(
        "journal-1",
        "Le prix du pétrole remonte",
        "Le prix du pétrole (oil) remonte après la décision des producteurs.",
        source="Le Journal du Port",
        language="fr",
        published_at=datetime(2020, 6, 7, tzinfo=UTC),
        published_precision="day",
        topics=("Business",),
    ),
    article(
        'evil-"><script>alert(1)</script>',
        '<script>alert("title")</script><img src=x onerror=alert(2)> oil',
        '</p><script>alert("body")</script><img src=x onerror=alert(3)> hostile oil &amp; "quotes" <b>bold</b>',
        url="javascript:alert(4)",
        source="<b>Hostile</b> Herald",
        author='"><svg onload=alert(5)>',
        language='en" onmouseover="alert(6)',
        topics=("<i>Odd</i>",),
    ),
    article("blank", "", "An article without a title, source or date, that tells of a quiet harbour.", language="en"),
    article(
        "long-name",
        "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle" * 2,
        "Lang.",
        url="https://example.org/" + "verylongpath" * 20,
    ),
)


class FakeFeedback:
    """Keeps reactions in a list; can be held at a gate, or fail."""

    def __init__(self, articles: int) -> None:
        self.articles = articles
        self.reactions: list[Reaction] = []
        self.forgotten: list[date] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.fails = False

    def key(self) -> bytes:
        return b"the key of this archive, of 32 b"

    def missing(self, article_ids: Sequence[int]) -> list[int]:
        return [id_ for id_ in article_ids if id_ > self.articles]

    def store(self, reactions: Sequence[Reaction]) -> None:
        self.entered.release()
        self.gate.wait(30)
        if self.fails:
            raise BroadsheetError("The archive cannot be written.")
        self.reactions += reactions

    def forget(self, before: date) -> int:
        self.forgotten.append(before)
        return 0


class FakeEngine:
    """Ranks articles by the share of the query's words that they contain; counts batches and can be held at a gate."""

    def __init__(self, articles: Sequence[Article] = ARTICLES) -> None:
        self.stored = tuple(StoredArticle(number, one, NOW) for number, one in enumerate(articles, 1))
        self.batches: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.refreshed = threading.Event()
        self.taken = 0  # hits of walks
        self.kept = FakeFeedback(len(self.stored))

    def search_many(self, queries: Sequence[Query]) -> list[SearchResponse]:
        self.batches.append([query.text for query in queries])
        self.entered.release()
        self.gate.wait(30)
        self._need_articles()
        return [self._search(query) for query in queries]

    def walk(self, query: Query) -> Walk:
        """Gives the hits one by one, the last 4,000 times over, and counts those that were taken."""
        (response,) = self.search_many([replace(query, top_k=1_000)])
        hits = [*response.hits, *(response.hits[-1:] * 3_999)]
        return Walk(query.text, len(hits), response.snapshot, self._taken(hits))

    def _taken(self, hits: Sequence[Hit]) -> Iterator[Hit]:
        for hit in hits:
            self.taken += 1
            yield hit

    def article(self, article_id: int) -> StoredArticle:
        self._need_articles()
        for stored in self.stored:
            if stored.id == article_id:
                return stored
        raise NotFound(f"There is no article {article_id} in this archive.")

    def similar(self, article_id: int, top_k: int) -> tuple[Hit, ...]:
        self.article(article_id)
        others = [stored for stored in self.stored if stored.id != article_id][:top_k]
        return tuple(_hit(rank, stored, frozenset()) for rank, stored in enumerate(others, 1))

    def like_text(self, text: str, top_k: int) -> tuple[Hit, ...]:
        if not text.strip():
            raise BadInput("The text has no words: give some sentences of an article.", field="text")
        return self._search(Query(text[:1_000], top_k=top_k)).hits

    def find(self, reference: str) -> StoredArticle:
        for stored in self.stored:
            if reference in (stored.article.key, stored.article.url, str(stored.id)):
                return stored
        raise NotFound(f"There is no article with the key, address or id {reference!r} in this archive.")

    def overview(self) -> Overview:
        self._need_articles()
        articles = [stored.article for stored in self.stored]
        dates = [one.published_at for one in articles if one.published_at]
        return Overview(
            snapshot="20260102T030405Z",
            published_at=NOW,
            articles=len(articles),
            passages=2 * len(articles),
            sources=_counted([one.source for one in articles if one.source]),
            topics=_counted([topic for one in articles for topic in one.topics]),
            languages=_counted([one.language for one in articles if one.language]),
            earliest=min(dates),
            latest=max(dates),
            backend="FAISS 1.0 on CPU",
            encoder="tiny-encoder",
            reranker="tiny-reranker",
        )

    def feedback(self) -> FakeFeedback:
        return self.kept

    def refresh(self) -> bool:
        self.refreshed.set()
        return False

    def _need_articles(self) -> None:
        if not self.stored:
            raise NoIndex("Nothing has been indexed in 'archive' yet: run 'broadsheet index PATH'.")

    def _search(self, query: Query) -> SearchResponse:
        if "poison" in query.text:
            raise ValueError(f"cannot digest {query.text!r}")
        words = frozenset(query.text.lower().split())
        found = [stored for stored in self.stored if _share(stored, words) > 0 and _allowed(stored, query)]
        found.sort(key=lambda stored: (-_share(stored, words), stored.id))
        if query.sort in (Sort.DATE, Sort.NEWEST):
            found.sort(key=lambda stored: stored.article.published_at or datetime.min.replace(tzinfo=UTC), reverse=True)
        hits = [_hit(rank, stored, words) for rank, stored in enumerate(found, 1)]
        if not query.rerank:
            hits = [replace(hit, relevance=None) for hit in hits]
        return SearchResponse(
            query=query.text,
            total=len(hits),
            rows=len(hits),
            offset=query.offset,
            snapshot="20260102T030405Z",
            hits=tuple(hits[query.offset : query.offset + query.top_k]),
            seconds=Seconds(encode=0.005, retrieve=0.004, rerank=0.12, fetch=0.001, total=0.13),
        )


def _share(stored: StoredArticle, words: frozenset[str]) -> float:
    text = f"{stored.article.title} {stored.article.text}".lower()
    return sum(word in text for word in words) / len(words)


def _allowed(stored: StoredArticle, query: Query) -> bool:
    one, filters = stored.article, query.filters
    date = one.published_at
    without = filters.without
    return (
        (not filters.after or (date is not None and date >= filters.after))
        and (not filters.before or (date is not None and date <= filters.before))
        and all(
            (not wanted or _share_a_name(own, wanted)) and not _share_a_name(own, unwanted)
            for own, wanted, unwanted in (
                ((one.source,), filters.sources, without.sources),
                (one.topics, filters.topics, without.topics),
                ((one.author,), filters.authors, without.authors),
                ((one.language,), filters.languages, without.languages),
            )
        )
    )


def _share_a_name(own: Sequence[str | None], names: Sequence[str]) -> bool:
    return bool({name.lower() for name in own if name} & {name.lower() for name in names})


def _hit(rank: int, stored: StoredArticle, words: frozenset[str]) -> Hit:
    text = stored.article.text
    start = text.find("\n") + 1 if text.count("\n") > 1 else 0
    passage = (start, len(text))
    shown = text[start : start + 200]
    marks = sorted((shown.lower().find(word), shown.lower().find(word) + len(word)) for word in words if word in shown.lower())
    apart = [mark for number, mark in enumerate(marks) if number == 0 or mark[0] >= marks[number - 1][1]]
    share = _share(stored, words) if words else 0.0
    return Hit(
        rank=rank,
        id=stored.id,
        article=stored.article,
        snippet=Snippet(shown, tuple(apart)),
        passage=passage,
        similarity=0.71 if not words else share * 0.9,
        bm25=12.3 * share,
        fused=share,
        relevance=share,
    )


def _counted(names: Sequence[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(((name, names.count(name)) for name in set(names)), key=lambda pair: (-pair[1], pair[0])))
