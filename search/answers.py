"""A search response as JSON, for the HTTP API and for `broadsheet search --json` alike; the one place where it is made."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue

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


_EXAMPLE_HIT: dict[str, JsonValue] = {
    "rank": 1,
    "id": 17,
    "key": "gazette-2020-04-21-03",
    "title": "Refiners cut output as demand collapses",
    "url": "https://gazette.example/2020/04/21/refiners",
    "source": "The Harbour Gazette",
    "published_at": "2020-04-21T00:00:00Z",
    "topic": "Business",
    "topics": ["Business"],
    "author": None,
    "language": "en",
    "snippet": {"text": "Refiners along the coast cut output by a third …", "highlights": [[0, 8]]},
    "passage": [0, 842],
    "similarity": 0.71,
    "bm25": 12.3,
    "fused": 0.83,
    "relevance": 0.93,
}


class SearchAnswer(BaseModel):
    """A page of a ranking; ``total`` counts all its articles."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "query": "oil industry during the outbreak",
                "total": 123,
                "offset": 0,
                "snapshot": "20260102T030405Z",
                "seconds": {"encode": 0.005, "retrieve": 0.004, "rerank": 0.12, "fetch": 0.001, "total": 0.13},
                "hits": [_EXAMPLE_HIT],
            }
        }
    )

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
