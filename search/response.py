"""What is answered: ranked hits with every sub-score and the time each stage took.

One meaning per number, higher is better everywhere, ties broken by id:
``similarity`` cosine of query and best passage, -1..1 · ``bm25`` of the article, >= 0 · ``fused`` first-stage evidence, 0..1 ·
``relevance`` calibrated cross-encoder probability, 0..1.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from search.annotation import NOTHING, Annotations
from search.article import Article, Precision
from search.language import Understanding
from search.query import Interval


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text of the matching passage; ``highlights`` are [start, end) character ranges in it, sorted, not overlapping."""

    text: str
    highlights: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class StoryMember:
    """An article of a story; ``copy_of`` is the id of an earlier one in the story that it nearly equals, if there is one."""

    id: int
    title: str
    source: str | None
    published_at: datetime | None
    published_precision: Precision | None
    copy_of: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """Articles on one event, among those that were ranked.

    ``id`` is the smallest id among the ``members``, which come in the order of their dates, undated ones last. ``best`` is the id of
    the highest ranked, ``earliest`` of the first in time (None when no date is known), ``fullest`` of the longest. ``sources`` are
    different names, in the order in which they took the story up. The last two are None for a story of one article.
    """

    id: int
    best: int
    members: tuple[StoryMember, ...]
    sources: tuple[str, ...]
    earliest: int | None
    fullest: int | None

    @property
    def size(self) -> int:
        return len(self.members)


class Relation(StrEnum):
    """How an article is related to the one that it was compared with, beyond being like it."""

    NEAR_DUPLICATE = "near-duplicate"
    SAME_STORY = "same story"


@dataclass(frozen=True, slots=True)
class Hit:
    """One article in a ranking. A sub-score is None where that stage did not run for it.

    ``passage`` is the character range [start, end) of the best passage in the article's body. ``story`` is there when stories were
    asked for and there are more articles on this one's event, ``relation`` when the article is one of those like another.
    ``annotations`` are what the heads say of the article.
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
    story: Story | None = None
    relation: Relation | None = None
    annotations: Annotations = NOTHING

    @property
    def topics(self) -> tuple[str, ...]:
        """Those of the dump or, where there are none, the predicted one."""
        return self.annotations.topics(self.article.topics)


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall-clock seconds per stage of answering; a stage that did not run took 0."""

    encode: float = 0.0
    retrieve: float = 0.0
    rerank: float = 0.0
    count: float = 0.0
    fetch: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A name that articles carry. ``count`` is the total of the same search with this name as the only choice in its facet."""

    name: str
    count: int
    included: bool = False
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """The names in one field of the articles that match, most frequent first; what was chosen is among them, even with count 0.

    ``field`` is what the filter is called: "source", "topic", "author" … ``names`` counts all different names, of which ``values``
    may leave out the rarest. ``unnamed`` articles have none. An article counts for each of its topics. ``task`` is the head of a
    user's own whose labels these are, in the field "label".
    """

    field: str
    values: tuple[FacetValue, ...]
    names: int
    unnamed: int
    task: str | None = None

    def shown(self, value: FacetValue) -> str:
        """The name as it is shown under the heading of the facet: a label without its head."""
        return value.name.partition(": ")[2] if self.task is not None else value.name


@dataclass(frozen=True, slots=True)
class Bar:
    """The articles of the days ``first`` to ``last`` (UTC, both inclusive): ``count`` match, of the ``articles`` that meet the filters."""

    first: date
    last: date
    count: int
    articles: int

    @property
    def share(self) -> float:
        """Of the articles of these days that meet the filters, the part (0..1) that matches; 0 where there are none."""
        return self.count / self.articles if self.articles else 0.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The articles that match, in bars of equal length without gaps, oldest first; ``undated`` match and have no date."""

    interval: Interval
    bars: tuple[Bar, ...]
    undated: int


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word that is typical of the articles read: ``count`` of them contain it, as do ``articles`` of the whole archive.

    ``keyness`` is the log-likelihood ratio of the two (Dunning 1993): above 15.13 chance explains it in less than 1 of 10,000 words.
    """

    word: str
    count: int
    articles: int
    keyness: float


@dataclass(frozen=True, slots=True)
class Keywords:
    """What is typical of the ``read`` most relevant articles that match, most typical first."""

    words: tuple[Keyword, ...]
    read: int


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """A page of a ranking.

    With ``total_is_exact``, ``total`` counts all articles that match, as facets and timeline do; else only those that were
    ranked. ``facets``, ``timeline`` and ``keywords`` are there when they were asked for, and do not depend on the page.
    ``understood`` says how the query was read; ``suggestion`` is the query with what looks misspelt corrected, if anything does.
    ``rows`` is how many hits there are on all pages: with stories, one for each story and each article alone; else ``total``.
    """

    query: str
    total: int
    offset: int
    snapshot: str
    hits: tuple[Hit, ...] = ()
    seconds: Seconds = field(default_factory=Seconds)
    total_is_exact: bool = False
    facets: tuple[Facet, ...] = ()
    timeline: Timeline | None = None
    keywords: Keywords | None = None
    understood: Understanding | None = None
    suggestion: str | None = None
    rows: int = 0


@dataclass(frozen=True, slots=True)
class ComparedQuery:
    """One side of a comparison: all ``total`` articles that match, over time."""

    query: str
    total: int
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several queries over the same bars, in the order in which they were given."""

    interval: Interval
    queries: tuple[ComparedQuery, ...]
    snapshot: str


@dataclass(frozen=True, slots=True)
class Walk:
    """All ``total`` articles that match a query, as of one snapshot: ``hits`` yields them once, in rank order, and fetches as it goes."""

    query: str
    total: int
    snapshot: str
    hits: Iterator[Hit]
