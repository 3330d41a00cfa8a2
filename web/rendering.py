"""The pages as functions of what they show. Everything is escaped by Jinja; nothing here marks a string as safe."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from search.annotation import task_of
from search.article import Precision, StoredArticle
from search.heads.answers import EntityAnswer, SpanAnswer
from search.heads.card import HeadCard
from search.heads.stance import Stance
from search.language import Kind, Piece
from search.language.condition import ENTITY_FIELDS
from search.overview import Overview
from search.query import MAX_WINDOW, Interval
from search.question_answering import Findings
from search.response import Comparison, Facet, FacetValue, Hit, SearchResponse, Story, Timeline
from web.address import FILTERS, SHARED
from web.chart import Chart
from web.language import languages
from web.parameters import MAX_COMPARED
from web.reference import Reference
from web.view import Theme, View

MAX_TRIED = 5_000
"""Characters of a text in the lab, where it is part of the address."""
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_SHOWN_NAMES = 8  # of a facet; further ones fold away
_LISTED_NAMES = 24  # of a facet; further ones can be typed
_LISTED_ENTITIES = 12  # of an article, of each kind; further ones fold away
_DAYS = {Interval.DAY: 1, Interval.WEEK: 7, Interval.MONTH: 30, Interval.YEAR: 365}
_READABLE_BARS = 370  # more would be thinner than a pixel on a phone
_EXPORTS = ("csv", "json", "jsonl", "bibtex", "ris")
# What can be typed into the search box, and what the keyboard does; the catalogue explains each.
_OPERATORS = (
    ('"price cap"', "phrase"),
    ("-rumour", "without"),
    ("oil OR gas", "either"),
    ("(oil OR gas) -coal", "group"),
    ("title:strike", "title"),
    ("source:reuters", "field"),
    ('person:"Ada Bell"', "person"),
    ("entity:OPEC", "entity"),
    ("sentiment:negative", "sentiment"),
    ("after:2020-03", "date"),
    ('near5:"oil price"', "near"),
    ("inflat*", "prefix"),
    ("https://…", "like"),
)
_SHORTCUTS = (
    (("/",), "search"),
    (("j", "k", "↓", "↑"), "results"),
    (("Enter",), "open"),
    (("←", "→"), "bars"),
    (("?",), "help"),
    (("Esc",), "close"),
)


class Problem(NamedTuple):
    """What is wrong with a request, as the page says it next to the form."""

    status: int
    message: str
    field: str | None = None


class Segment(NamedTuple):
    """A stretch of text that is or is not marked."""

    text: str
    marked: bool


class Answers(NamedTuple):
    """That a question is answered above its results: what was found, or None where it is offered to look."""

    found: Findings | None


class Claim(NamedTuple):
    """What was typed into the form for a claim, and what the article makes of it, where that was asked and could be said."""

    text: str = ""
    stance: Stance | None = None


class Marking(NamedTuple):
    """That results can be marked: the showing, sealed, for how many days marks are kept, and what is marked already."""

    showing: str
    days: int
    marked: Mapping[int, str]


class Share(NamedTuple):
    """A label, choice or token with its probability."""

    name: str
    share: float


class WordPiece(NamedTuple):
    """A stretch of text; with a tag in one of four colours, 0 for none, or without a tag."""

    text: str
    tag: str = ""
    colour: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """A head with texts, by the names of the form's fields, and what it makes of them: one of the last five, or nothing yet."""

    card: HeadCard
    texts: Mapping[str, str]
    problem: str | None = None
    distributions: Sequence[Sequence[Share]] = ()
    pieces: Sequence[WordPiece] = ()
    entities: Sequence[EntityAnswer] = ()
    span: SpanAnswer | None = None
    value: float | None = None

    @property
    def answered(self) -> bool:
        """Whether there is a result to show."""
        return bool(self.distributions or self.pieces or self.span or self.value is not None)

    @property
    def names_only(self) -> bool:
        """Whether the tags are those of names, so that a text may have none."""
        return any(label.startswith("B-") for label in self.card.labels)

    @property
    def labels(self) -> list[str]:
        """What the head may answer; of tags of names only the types."""
        types = {label[2:] for label in self.card.labels if label[:2] in ("B-", "I-")}
        return sorted(types) if types else list(self.card.labels)


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page of a ranking, counted from 1."""

    number: int
    offset: int


def search_page(
    view: View,
    overview: Overview | None,
    *,
    response: SearchResponse | None = None,
    top_k: int = 10,
    problem: Problem | None = None,
    marking: Marking | None = None,
    answers: Answers | None = None,
) -> str:
    """The search form with nothing yet, with results, or with what is wrong."""
    return _render(
        "search.html",
        view,
        overview=overview,
        response=response,
        facets=response.facets if response and response.facets else chosen_facets(view, overview),
        counted=bool(response and response.facets),
        stories=view.address.one("stories").lower() != "false",
        pages=page_links(response.rows or response.total, response.offset, top_k) if response else [],
        current=response.offset // top_k + 1 if response else 1,
        problem=problem,
        top_k=top_k,
        marking=marking,
        answers=answers,
    )


def answers_fragment(view: View, found: Findings) -> str:
    """What a script puts above the results of a question."""
    return _render("found.html", view, found=found)


def article_page(
    view: View, stored: StoredArticle, passage: tuple[int, int] | None, similar: Sequence[Hit], claim: Claim | None = None
) -> str:
    """An article in full with the passage marked that answered the query, and a form for claims where they are judged."""
    paragraphs = list(marked_paragraphs(stored.article.text, passage))
    return _render("article.html", view, stored=stored, article=stored.article, paragraphs=paragraphs, similar=similar, claim=claim)


def compare_page(
    view: View, comparison: Comparison | None = None, sides: Sequence[SearchResponse] = (), *, problem: Problem | None = None
) -> str:
    """The form for two or more queries, and how often each was written about, over time."""
    return _render("compare.html", view, comparison=comparison, sides=sides, problem=problem)


def lab_page(view: View, cards: Sequence[HeadCard], trial: Trial | None = None) -> str:
    """Every head that can be tried, with the form of one of them and its answer; without a trial there are none."""
    return _render("lab.html", view, cards=cards, trial=trial)


def guide_page(view: View) -> str:
    """What can be typed into the search box and on the keyboard."""
    return _render("guide.html", view)


def problem_page(view: View, problem: Problem) -> str:
    """An error by itself, for addresses that have no form to show it next to."""
    return _render("problem.html", view, problem=problem)


def reference_page(view: View, reference: Reference) -> str:
    """The API's documentation."""
    return _render("docs.html", view, reference=reference)


def chosen_facets(view: View, overview: Overview | None) -> tuple[Facet, ...]:
    """The names in the whole archive, for a page without results; those in the address are chosen."""
    if overview is None:
        return ()
    counted = (("topic", overview.topics), ("source", overview.sources), ("language", overview.languages))
    stated = [_facet(view, field, names) for field, names in counted if names and (field != "language" or len(names) > 1)]
    said = [_facet(view, one.field, [(value.name, value.count) for value in one.values], one.task) for one in overview.annotated]
    return (*stated, *said)


def _facet(view: View, field: str, counted: Sequence[tuple[str, int]], task: str | None = None) -> Facet:
    included, excluded = ({name.lower() for name in view.address.all(one)} for one in (field, f"not_{field}"))
    known = {name.lower() for name, _ in counted[:_LISTED_NAMES]}
    asked = [name for one in (field, f"not_{field}") for name in view.address.all(one) if task in (None, task_of(name))]
    further = [(name, 0) for name in asked if name.lower() not in known]
    listed = (*further, *counted[:_LISTED_NAMES])
    values = [FacetValue(name, count, name.lower() in included, name.lower() in excluded) for name, count in listed]
    return Facet(field, tuple(values), len(counted) + len(further), 0, task)


def without_piece(text: str, piece: Piece) -> str:
    """The query without one of its pieces."""
    return " ".join(f"{text[: piece.start]} {text[piece.end :]}".split())


def piece_key(piece: Piece) -> str:
    """How a piece of a query is spoken of: the key of a message."""
    match piece.kind:
        case Kind.WORDS | Kind.LIKE:
            return str(piece.kind)
        case Kind.CONTAINS | Kind.PREFIX | Kind.NEAR | Kind.GROUP:
            return "contains_not" if piece.excluded else "contains"
        case _:
            return "only_not" if piece.excluded else "only"


def story_marks(story: Story | None, article_id: int) -> list[str]:
    """What is remarkable about an article of a story: the keys of messages."""
    if story is None:
        return []
    member = next(one for one in story.members if one.id == article_id)
    marks = {"earliest": story.earliest == article_id, "fullest": story.fullest == article_id, "copy": member.copy_of is not None}
    return [mark for mark, true in marks.items() if true]


def readable_intervals(timeline: Timeline) -> list[Interval]:
    """The lengths of bars that can be told apart, and the one that is shown."""
    days = (timeline.bars[-1].last - timeline.bars[0].first).days + 1 if timeline.bars else 1
    return [interval for interval, length in _DAYS.items() if days <= length * _READABLE_BARS or interval is timeline.interval]


def compared_rows(comparison: Comparison, measure: str) -> list[list[float]]:
    """For each query the number or the share of its articles in each bar."""
    return [[float(getattr(bar, measure)) for bar in query.timeline.bars] for query in comparison.queries]


def segments(text: str, ranges: Iterable[tuple[int, int]]) -> Iterator[Segment]:
    """The text in order, cut where marks begin and end; ``ranges`` are sorted and do not overlap."""
    position = 0
    for start, end in ranges:
        start, end = max(start, position), min(end, len(text))
        if start < end:
            if position < start:
                yield Segment(text[position:start], False)
            yield Segment(text[start:end], True)
            position = end
    if position < len(text):
        yield Segment(text[position:], False)


def marked_paragraphs(text: str, passage: tuple[int, int] | None) -> Iterator[list[Segment]]:
    """The paragraphs of a body with the part of each that lies in the passage marked."""
    position = 0
    for paragraph in text.split("\n"):
        marks = [(passage[0] - position, passage[1] - position)] if passage else []
        if paragraph.strip():
            yield list(segments(paragraph, marks))
        position += len(paragraph) + 1


def page_links(total: int, offset: int, top_k: int) -> list[PageLink]:
    """The first page, the last that can be reached, and those around the current one; a gap in numbers is a gap shown."""
    last = (min(total, MAX_WINDOW) - 1) // top_k + 1
    if last * top_k > MAX_WINDOW:
        last -= 1
    current = offset // top_k + 1
    shown = sorted({number for number in (1, current - 2, current - 1, current, current + 1, current + 2, last) if 1 <= number <= last})
    return [PageLink(number, (number - 1) * top_k) for number in shown]


def machine_date(instant: datetime, precision: Precision | None = None) -> str:
    """The date for the ``datetime`` attribute, no more precise than it is known."""
    iso = instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return iso[: {"year": 4, "month": 7, "day": 10}.get(precision or "day", len(iso))]


def web_link(url: str | None) -> str | None:
    """The URL when it is safe to follow: http or https with a host. Anything else, javascript: above all, is only text."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def language_tag(language: str | None) -> str | None:
    """The language when it is fit for a ``lang`` attribute."""
    return language if language and _LANGUAGE_TAG.fullmatch(language) else None


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(machine=machine_date, link=web_link, tag=language_tag, segments=segments)
    environment.globals.update(
        MAX_COMPARED=MAX_COMPARED,
        MAX_TRIED=MAX_TRIED,
        ENTITY_FIELDS=ENTITY_FIELDS,
        LISTED_ENTITIES=_LISTED_ENTITIES,
        SHOWN_NAMES=_SHOWN_NAMES,
        LISTED_NAMES=_LISTED_NAMES,
        readable_intervals=readable_intervals,
        EXPORTS=_EXPORTS,
        OPERATORS=_OPERATORS,
        SHORTCUTS=_SHORTCUTS,
        FILTERS=FILTERS,
        SHARED=SHARED,
        THEMES=tuple(Theme),
        LANGUAGES=languages(),
        Chart=Chart,
        without_piece=without_piece,
        piece_key=piece_key,
        lines=compared_rows,
        story_marks=story_marks,
        zip=zip,
    )
    return environment


def _render(template: str, view: View, **context: object) -> str:
    return (
        _environment()
        .get_template(template)
        .render({"view": view, "address": view.address, "language": view.language, "t": view.language.say, **context})
    )
