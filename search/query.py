"""What is asked: a query with its filters, checked once at the edge. Knows nothing of HTTP or the command line."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from search.errors import BadInput

MAX_QUERY_CHARACTERS = 4_000
MAX_WINDOW = 1_000  # offset + top_k: the deepest rank that can be asked for


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
    """The length of a bar of a timeline; weeks start on Monday, all in UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Names:
    """Names of sources, topics, authors and languages, compared without regard to case."""

    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Names()


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that an article must meet, applied inside the search on the vector and the BM25 side.

    ``after`` and ``before`` are UTC and both inclusive. Of several sources (topics, authors, languages) any one will do;
    an article without the field does not match a filter on it. No article with one of the names in ``without`` matches.
    Names are compared without regard to case.
    """

    after: datetime | None = None
    before: datetime | None = None
    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    without: Names = Names()

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Query:
    """A search request. Raises BadInput for what no search could answer.

    ``offset`` counts articles from 0; ranks ``offset + 1 .. offset + top_k`` are returned.
    """

    text: str
    top_k: int = 10
    offset: int = 0
    mode: Mode = Mode.HYBRID
    rerank: bool = True
    sort: Sort = Sort.RELEVANCE
    filters: Filters = Filters()

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
        filters = self.filters
        if filters.after and filters.before and filters.after > filters.before:
            raise BadInput(
                f"after ({filters.after.date()}) is later than before ({filters.before.date()}): swap the two dates.",
                field="after",
            )
