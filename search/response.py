"""What is answered: ranked hits with every sub-score and the time each stage took.

One meaning per number, higher is better everywhere, ties broken by id:
``similarity`` cosine of query and best passage, -1..1 · ``bm25`` of the article, >= 0 · ``fused`` first-stage evidence, 0..1 ·
``relevance`` calibrated cross-encoder probability, 0..1.
"""

from dataclasses import dataclass, field

from search.article import Article


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text of the matching passage; ``highlights`` are [start, end) character ranges in it, sorted, not overlapping."""

    text: str
    highlights: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One article in a ranking. A sub-score is None where that stage did not run for it.

    ``passage`` is the character range [start, end) of the best passage in the article's body.
    """

    rank: int
    id: int
    article: Article
    snippet: Snippet
    passage: tuple[int, int]
    similarity: float | None = None
    bm25: float | None = None
    fused: float | None = None
    relevance: float | None = None


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall-clock seconds per stage of answering; a stage that did not run took 0."""

    encode: float = 0.0
    retrieve: float = 0.0
    rerank: float = 0.0
    fetch: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """A page of a ranking. ``total`` counts all articles of the ranking, on this page or not."""

    query: str
    total: int
    offset: int
    snapshot: str
    hits: tuple[Hit, ...] = ()
    seconds: Seconds = field(default_factory=Seconds)
