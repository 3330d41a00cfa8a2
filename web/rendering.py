"""The pages as functions of what they show. Everything is escaped by Jinja; nothing here marks a string as safe."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from search.article import Precision, StoredArticle
from search.overview import Overview
from search.query import MAX_WINDOW
from search.response import Hit, SearchResponse
from web.address import Address
from web.reference import Reference

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_LISTED_NAMES = 60  # of a filter; further ones can be typed


class Problem(NamedTuple):
    """What is wrong with a request, as the page says it next to the form."""

    status: int
    message: str
    field: str | None = None


class Segment(NamedTuple):
    """A stretch of text that is or is not marked."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page of a ranking, counted from 1."""

    number: int
    offset: int


def search_page(
    address: Address, overview: Overview | None, *, response: SearchResponse | None = None, top_k: int = 10, problem: Problem | None = None
) -> str:
    """The search form with nothing yet, with results, or with what is wrong."""
    pages = page_links(response.total, response.offset, top_k) if response else []
    current = response.offset // top_k + 1 if response else 1
    return _render(
        "search.html", address=address, overview=overview, response=response, pages=pages, current=current, problem=problem, top_k=top_k
    )


def article_page(address: Address, stored: StoredArticle, passage: tuple[int, int] | None, similar: Sequence[Hit]) -> str:
    """An article in full with the passage marked that answered the query."""
    paragraphs = list(marked_paragraphs(stored.article.text, passage))
    return _render("article.html", address=address, stored=stored, article=stored.article, paragraphs=paragraphs, similar=similar)


def problem_page(problem: Problem) -> str:
    """An error by itself, for addresses that have no form to show it next to."""
    return _render("problem.html", address=Address(), problem=problem)


def reference_page(reference: Reference) -> str:
    """The API's documentation."""
    return _render("docs.html", address=Address(), reference=reference)


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


def written_date(instant: datetime, precision: Precision | None = None) -> str:
    """The date as a newspaper prints it, no more precise than it is known: "1987", "April 2020", "21 April 2020, 10:00 UTC"."""
    instant = instant.astimezone(UTC)
    match precision:
        case "year":
            return f"{instant.year}"
        case "month":
            return f"{instant:%B} {instant.year}"
        case "minute" | "second":
            return f"{instant.day} {instant:%B} {instant.year}, {instant:%H:%M} UTC"
        case _:
            return f"{instant.day} {instant:%B} {instant.year}"


def machine_date(instant: datetime, precision: Precision | None = None) -> str:
    """The same for the ``datetime`` attribute."""
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


def brief_seconds(seconds: float) -> str:
    """A duration with two significant digits: "4 ms", "0.13 s"."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.0995 else f"{seconds:.2f} s"


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        written=written_date, machine=machine_date, link=web_link, tag=language_tag, brief=brief_seconds, segments=segments
    )
    environment.globals.update(MAX_WINDOW=MAX_WINDOW, LISTED_NAMES=_LISTED_NAMES)
    return environment


def _render(template: str, **context: object) -> str:
    return _environment().get_template(template).render(context)
