"""What is counted, as JSON and as the rows of a spreadsheet, for the HTTP API and the command line alike."""

from collections.abc import Iterator
from datetime import date

from pydantic import BaseModel

from search.export.spreadsheet import Cell
from search.query import Interval
from search.response import Comparison, Facet, SearchResponse, Timeline


class FacetValueAnswer(BaseModel):
    """A name; ``count`` is the total of the same search with this name as the only choice in its facet."""

    name: str
    count: int
    included: bool
    excluded: bool


class FacetAnswer(BaseModel):
    """The names in a field of the articles that match, most frequent first; ``names`` is how many there are, listed or not.

    In the field "label", ``task`` is the head whose labels these are; else it is null.
    """

    field: str
    task: str | None
    names: int
    unnamed: int
    values: list[FacetValueAnswer]

    @classmethod
    def of(cls, facet: Facet) -> "FacetAnswer":
        """The facet as it goes over the wire."""
        values = [
            FacetValueAnswer(name=value.name, count=value.count, included=value.included, excluded=value.excluded) for value in facet.values
        ]
        return cls(field=facet.field, task=facet.task, names=facet.names, unnamed=facet.unnamed, values=values)


class BarAnswer(BaseModel):
    """The days ``first`` to ``last``: ``count`` articles match, of ``articles`` under the same filters; ``share`` is their quotient."""

    first: date
    last: date
    count: int
    articles: int
    share: float


class TimelineAnswer(BaseModel):
    """All articles that match, over time; ``undated`` match and have no date."""

    interval: Interval
    undated: int
    bars: list[BarAnswer]

    @classmethod
    def of(cls, timeline: Timeline) -> "TimelineAnswer":
        """The timeline as it goes over the wire."""
        bars = [BarAnswer(first=bar.first, last=bar.last, count=bar.count, articles=bar.articles, share=bar.share) for bar in timeline.bars]
        return cls(interval=timeline.interval, undated=timeline.undated, bars=bars)


class KeywordAnswer(BaseModel):
    """A word that ``count`` of the articles read and ``articles`` of the archive contain; ``keyness`` is Dunning's log-likelihood."""

    word: str
    count: int
    articles: int
    keyness: float


class TimelineResponseAnswer(BaseModel):
    """All articles that match a query, over time."""

    query: str
    total: int
    snapshot: str
    timeline: TimelineAnswer

    @classmethod
    def of(cls, response: SearchResponse) -> "TimelineResponseAnswer":
        """The response to a query that asked for its timeline."""
        if response.timeline is None:
            raise ValueError("the query did not ask for a timeline")
        return cls(query=response.query, total=response.total, snapshot=response.snapshot, timeline=TimelineAnswer.of(response.timeline))


class ComparedQueryAnswer(BaseModel):
    """One of the queries, over the bars that all share."""

    query: str
    total: int
    timeline: TimelineAnswer


class ComparisonAnswer(BaseModel):
    """Queries side by side; the n-th bars of all are of the same days."""

    interval: Interval
    snapshot: str
    queries: list[ComparedQueryAnswer]

    @classmethod
    def of(cls, comparison: Comparison) -> "ComparisonAnswer":
        """The comparison as it goes over the wire."""
        queries = [
            ComparedQueryAnswer(query=each.query, total=each.total, timeline=TimelineAnswer.of(each.timeline))
            for each in comparison.queries
        ]
        return cls(interval=comparison.interval, snapshot=comparison.snapshot, queries=queries)


class WordsAnswer(BaseModel):
    """What is typical of a search: ``words`` of the ``read`` most relevant of its ``total`` articles, names among all of them."""

    query: str
    total: int
    snapshot: str
    read: int
    words: list[KeywordAnswer]
    facets: list[FacetAnswer]

    @classmethod
    def of(cls, response: SearchResponse) -> "WordsAnswer":
        """The response to a query that asked for key words and facets."""
        keywords = response.keywords
        if keywords is None:
            raise ValueError("the query did not ask for key words")
        words = [KeywordAnswer(word=each.word, count=each.count, articles=each.articles, keyness=each.keyness) for each in keywords.words]
        facets = [FacetAnswer.of(facet) for facet in response.facets]
        return cls(query=response.query, total=response.total, snapshot=response.snapshot, read=keywords.read, words=words, facets=facets)


TIMELINE_COLUMNS = ("first", "last", "count", "articles", "share")
WORD_COLUMNS = ("word", "count", "read", "articles", "keyness")


def timeline_rows(timeline: Timeline) -> Iterator[tuple[Cell, ...]]:
    """A row for each bar, as in TIMELINE_COLUMNS, and a last one without days for the articles that have no date."""
    for bar in timeline.bars:
        yield bar.first.isoformat(), bar.last.isoformat(), bar.count, bar.articles, round(bar.share, 6)
    yield None, None, timeline.undated, None, None


def comparison_columns(comparison: Comparison) -> list[str]:
    """The days of a bar, then the count and the share of each query."""
    return ["first", "last", *(f"{measure}: {each.query}" for each in comparison.queries for measure in ("count", "share"))]


def comparison_rows(comparison: Comparison) -> Iterator[tuple[Cell, ...]]:
    """A row for each bar, as in ``comparison_columns``."""
    for bars in zip(*(each.timeline.bars for each in comparison.queries), strict=True):
        numbers = (number for bar in bars for number in (bar.count, round(bar.share, 6)))
        yield bars[0].first.isoformat(), bars[0].last.isoformat(), *numbers


def word_rows(response: SearchResponse) -> Iterator[tuple[Cell, ...]]:
    """A row for each key word, as in WORD_COLUMNS."""
    read = response.keywords.read if response.keywords else 0
    for each in response.keywords.words if response.keywords else ():
        yield each.word, each.count, read, each.articles, round(each.keyness, 3)
