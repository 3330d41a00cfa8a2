"""A search as RSS 2.0 and Atom (RFC 4287), written entry by entry with lxml, which escapes and checks what it writes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from io import BytesIO
from typing import TypeAlias

from lxml import etree

from search.export.plain import heading, one_line, web_address, xml_text
from search.export.results import Results
from search.response import Hit

_ATOM = "http://www.w3.org/2005/Atom"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_DEFAULT: dict[str | None, str] = {None: _ATOM}
_SITE = "Broadsheet"

_File: TypeAlias = "etree._IncrementalFileWriter"


def rss(results: Results, address: str) -> Iterator[str]:
    """An RSS 2.0 channel with an item per hit; ``address`` is that of the feed itself."""

    def write(file: _File) -> Iterator[None]:
        with file.element("rss", {"version": "2.0"}, nsmap={"atom": _ATOM, "dc": _DUBLIN_CORE}), file.element("channel"):
            _write(file, "title", _feed_title(results))
            _write(file, "link", results.page)
            _write(file, "description", f"Articles found for: {results.query}")
            _write(file, f"{{{_ATOM}}}link", href=address, rel="self", type="application/rss+xml")
            _write(file, "lastBuildDate", format_datetime(results.published_at))
            _write(file, "generator", _SITE)
            for hit in results.hits:
                yield
                with file.element("item"):
                    _item(file, hit, results)

    return _streamed(write)


def atom(results: Results, address: str) -> Iterator[str]:
    """An Atom feed with an entry per hit; ``address`` is that of the feed itself.

    Atom demands a date of every entry: that of an undated article is when the snapshot was made.
    """

    def write(file: _File) -> Iterator[None]:
        with file.element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM}):
            _atom(file, "id", results.page)
            _atom(file, "title", _feed_title(results))
            _atom(file, "updated", _iso(results.published_at))
            _atom(file, "link", href=address, rel="self", type="application/atom+xml")
            _atom(file, "link", href=results.page, rel="alternate", type="text/html")
            _atom(file, "generator", _SITE)
            for hit in results.hits:
                yield
                with file.element(f"{{{_ATOM}}}entry"):
                    _entry(file, hit, results)

    return _streamed(write)


def _item(file: _File, hit: Hit, results: Results) -> None:
    article = hit.article
    link = results.article_link(hit.id)
    _write(file, "title", heading(article))
    _write(file, "link", web_address(article) or link)
    _write(file, "guid", link, isPermaLink="true")
    _write(file, "description", one_line(hit.snippet.text))
    if article.published_at:
        _write(file, "pubDate", format_datetime(article.published_at.astimezone(UTC)))
    if article.author:
        _write(file, f"{{{_DUBLIN_CORE}}}creator", article.author)
    if article.source:
        _write(file, f"{{{_DUBLIN_CORE}}}publisher", article.source)
    for topic in article.topics:
        _write(file, "category", topic)


def _entry(file: _File, hit: Hit, results: Results) -> None:
    article = hit.article
    link = results.article_link(hit.id)
    _atom(file, "id", link)
    _atom(file, "title", heading(article))
    _atom(file, "updated", _iso(article.published_at or results.published_at))
    if article.published_at:
        _atom(file, "published", _iso(article.published_at))
    with file.element(f"{{{_ATOM}}}author"):
        _atom(file, "name", one_line(article.author or article.source or "") or _SITE)
    _atom(file, "link", href=link, rel="alternate", type="text/html")
    if address := web_address(article):
        _atom(file, "link", href=address, rel="via")
    for topic in article.topics:
        _atom(file, "category", term=topic)
    _atom(file, "summary", one_line(hit.snippet.text))


def _streamed(write: Callable[[_File], Iterator[None]]) -> Iterator[str]:
    """What ``write`` has written whenever it yields, and the rest."""
    buffer = BytesIO()
    with etree.xmlfile(buffer, encoding="utf-8", close=False) as file:
        file.write_declaration()
        for _ in write(file):
            file.flush()
            yield _drained(buffer)
    yield _drained(buffer)


def _drained(buffer: BytesIO) -> str:
    text = buffer.getvalue().decode("utf-8")
    buffer.seek(0)
    buffer.truncate()
    return text


def _write(file: _File, name: str, text: str = "", **attributes: str) -> None:
    with file.element(name, {key: xml_text(value) for key, value in attributes.items()}):
        file.write(xml_text(text))


def _atom(file: _File, name: str, text: str = "", **attributes: str) -> None:
    _write(file, f"{{{_ATOM}}}{name}", text, **attributes)


def _feed_title(results: Results) -> str:
    return f"{one_line(results.query)} · {_SITE}"


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
