"""What is asked: a query with its filters, checked once at the edge. Knows nothing of HTTP or the command line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from search.annotation import task_of
from search.errors import BadInput
from search.language.condition import NameField

MAX_QUERY_CHARACTERS = 4_000
MAX_WINDOW = 1_000  # offset + top_k: the deepest rank that can be asked for
MIN_HALF_LIFE, MAX_HALF_LIFE = 0.01, 100_000.0  # days


class Mode(StrEnum):
    """Which first stage finds the candidates."""

    HYBRID = "hybrid"
    DENSE = "dense"
    BM25 = "bm25"


class Sort(StrEnum):
    """In which order the relevant articles are shown; "date" is the older name of "newest"."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"
    DATE = "date"


class Interval(StrEnum):
    """The length of a bar of a timeline; weeks start on Monday, all in UTC. "auto" is the shortest that gives few enough bars to read."""

    AUTO = "auto"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


PLURALS: dict[NameField, str] = {
    "source": "sources",
    "topic": "topics",
    "author": "authors",
    "language": "languages",
    "sentiment": "sentiments",
    "person": "persons",
    "organisation": "organisations",
    "place": "places",
    "label": "labels",
}
"""Every field with names, in the order in which they are shown, and what its names are called in ``Filters`` and ``Names``."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of sources, topics, …, compared without regard to case. A label has its head in front: "section: Politics"."""

    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sentiments: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Names()

    def of(self, field: NameField) -> tuple[str, ...]:
        """The names in a field."""
        names: tuple[str, ...] = getattr(self, PLURALS[field])
        return names


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that an article must meet, applied inside the search on the vector and the BM25 side.

    ``after`` and ``before`` are UTC and both inclusive. Of several sources (topics, authors, …) any one will do, and so will any
    one of several labels of the same head; an article without the field does not match a filter on it. No article with one of the
    names in ``without`` matches. Names are compared without regard to case.
    """

    after: datetime | None = None
    before: datetime | None = None
    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    without: Names = Names()
    sentiments: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filters()

    def of(self, field: NameField) -> tuple[str, ...]:
        """The names of which an article must have one."""
        names: tuple[str, ...] = getattr(self, PLURALS[field])
        return names

    def choices(self) -> Iterator[tuple[NameField, tuple[str, ...]]]:
        """The fields with names of which an article must have one: every field once, "label" once for each head."""
        for field in PLURALS:
            names = self.of(field)
            for task in dict.fromkeys(task_of(name).casefold() for name in names) if field == "label" else ():
                yield field, tuple(name for name in names if task_of(name).casefold() == task)
            if names and field != "label":
                yield field, names


@dataclass(frozen=True, slots=True)
class Query:
    """A search request. Raises BadInput for what no search could answer.

    ``offset`` counts articles from 0; ranks ``offset + 1 .. offset + top_k`` are returned. With ``half_life_days`` newer articles
    count for more (see ``search.recency``). ``facets``, ``timeline`` and ``keywords`` ask for what the response says about all articles
    that match, ``stories`` for one row per story. Of a ``plain`` text nothing is an operator: a headline or a message of somebody else.
    """

    text: str
    top_k: int = 10
    offset: int = 0
    mode: Mode = Mode.HYBRID
    rerank: bool = True
    sort: Sort = Sort.RELEVANCE
    filters: Filters = Filters()
    half_life_days: float | None = None
    facets: bool = False
    timeline: Interval | None = None
    keywords: bool = False
    stories: bool = False
    plain: bool = False

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise BadInput("The query is empty: type at least one word.", field="q")
        if len(self.text) > MAX_QUERY_CHARACTERS:
            raise BadInput(f"The query has {len(self.text):,} characters: shorten it to at most {MAX_QUERY_CHARACTERS:,}.", field="q")
        if any("\ud800" <= character <= "\udfff" for character in self.text):
            raise BadInput("The query contains a lone surrogate (half a character): send valid Unicode.", field="q")
        if self.top_k < 1:
            raise BadInput(f"top_k is {self.top_k}: ask for at least 1 result.", field="top_k")
        if self.offset < 0:
            raise BadInput(f"offset is {self.offset}: it counts from 0.", field="offset")
        if self.offset + self.top_k > MAX_WINDOW:
            raise BadInput(
                f"offset + top_k is {self.offset + self.top_k:,}: at most {MAX_WINDOW:,} results of a query can be reached.",
                field="top_k",
            )
        half_life = self.half_life_days
        if half_life is not None and not MIN_HALF_LIFE <= half_life <= MAX_HALF_LIFE:
            raise BadInput(f"The half-life is {half_life:g} days: give {MIN_HALF_LIFE:g} to {MAX_HALF_LIFE:,.0f}.", field="half_life")
        filters = self.filters
        if filters.after and filters.before and filters.after > filters.before:
            raise BadInput(
                f"after ({filters.after.date()}) is later than before ({filters.before.date()}): swap the two dates.",
                field="after",
            )
