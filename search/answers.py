"""A search response as JSON, for the HTTP API and for `broadsheet search --json` alike; the one place where it is made."""

from datetime import datetime

from pydantic import BaseModel

from search.response import Hit, SearchResponse


class SnippetAnswer(BaseModel):
    """Text of the matching passage; ``highlights`` are [start, end) character ranges in it."""

    text: str
    highlights: list[tuple[int, int]]


class SecondsAnswer(BaseModel):
    """Seconds per stage."""

    encode: float
    retrieve: float
    rerank: float
    fetch: float
    total: float


class HitAnswer(BaseModel):
    """One article of a ranking; ``passage`` is the [start, end) range of its best passage in the article's text."""

    rank: int
    id: int
    key: str
    title: str
    url: str | None
    source: str | None
    published_at: datetime | None
    topic: str | None
    topics: list[str]
    author: str | None
    language: str | None
    snippet: SnippetAnswer
    passage: tuple[int, int]
    similarity: float | None
    bm25: float | None
    fused: float | None
    relevance: float | None


class SearchAnswer(BaseModel):
    """A page of a ranking; ``total`` counts all its articles."""

    query: str
    total: int
    offset: int
    snapshot: str
    seconds: SecondsAnswer
    hits: list[HitAnswer]

    @classmethod
    def of(cls, response: SearchResponse) -> "SearchAnswer":
        """The response as it goes over the wire."""
        seconds = response.seconds
        return cls(
            query=response.query,
            total=response.total,
            offset=response.offset,
            snapshot=response.snapshot,
            seconds=SecondsAnswer(
                encode=seconds.encode, retrieve=seconds.retrieve, rerank=seconds.rerank, fetch=seconds.fetch, total=seconds.total
            ),
            hits=[_hit(hit) for hit in response.hits],
        )


def _hit(hit: Hit) -> HitAnswer:
    article = hit.article
    return HitAnswer(
        rank=hit.rank,
        id=hit.id,
        key=article.key,
        title=article.title,
        url=article.url,
        source=article.source,
        published_at=article.published_at,
        topic=article.topics[0] if article.topics else None,
        topics=list(article.topics),
        author=article.author,
        language=article.language,
        snippet=SnippetAnswer(text=hit.snippet.text, highlights=list(hit.snippet.highlights)),
        passage=hit.passage,
        similarity=hit.similarity,
        bm25=hit.bm25,
        fused=hit.fused,
        relevance=hit.relevance,
    )
