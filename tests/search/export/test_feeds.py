from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from search.article import Article
from search.export import Format, export
from tests.search.export.results import PAGE, PUBLISHED, SITE, results

FEEDS = (Format.RSS, Format.ATOM)
ADDRESS = f"{SITE}/feed?q=oil"


def _text(wanted: Format, articles: "tuple[Article, ...] | None" = None) -> bytes:
    found = results() if articles is None else results(articles)
    return "".join(export(found, wanted, address=ADDRESS)).encode()


def _read(wanted: Format, articles: "tuple[Article, ...] | None" = None) -> Any:
    parsed = feedparser.parse(_text(wanted, articles))
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


def _time(moment: struct_time) -> datetime:
    return datetime(*moment[:6], tzinfo=UTC)


@pytest.mark.parametrize(("wanted", "version"), [(Format.RSS, "rss20"), (Format.ATOM, "atom10")])
def test_an_independent_parser_reads_the_feed(wanted: Format, version: str) -> None:
    parsed = _read(wanted)
    assert parsed.version == version
    assert parsed.feed.title == "oil & gas · Broadsheet"
    assert parsed.feed.link == PAGE
    assert {link["href"] for link in parsed.feed.links if link["rel"] == "self"} == {ADDRESS}
    first, second, third = parsed.entries
    assert first.title == 'Oil & gas: "50% <off>" says {OPEC}_1 #2 — 🛢 油价'
    assert first.id == f"{SITE}/articles/17"
    assert first.author == "Inés Okafor"
    assert [tag.term for tag in first.tags] == ["Business", "R&D"]
    assert first.summary == "Body."
    assert _time(first.published_parsed) == datetime(2020, 4, 21, 10, 30, tzinfo=UTC)
    assert second.title == "=cmd|' /C calc'!A0"  # without a title, the key
    assert "published" not in second
    assert third.title == "Bad characters in two lines ^~\\ $x$"


def test_what_cannot_be_followed_is_linked_to_its_page_here() -> None:
    links = [entry.link for entry in _read(Format.RSS).entries]
    assert links == ["https://gazette.example/a?b=1&c={2}%20_~#d", f"{SITE}/articles/18", f"{SITE}/articles/19"]
    assert [entry.link for entry in _read(Format.ATOM).entries] == [f"{SITE}/articles/{number}" for number in (17, 18, 19)]


def test_atom_dates_an_undated_article_by_the_snapshot() -> None:
    assert _time(_read(Format.ATOM).entries[1].updated_parsed) == PUBLISHED


@pytest.mark.parametrize("wanted", FEEDS)
def test_nothing_found_is_a_feed_without_entries(wanted: Format) -> None:
    assert _read(wanted, ()).entries == []


@pytest.mark.parametrize("wanted", FEEDS)
def test_what_the_format_demands_is_there_once(wanted: Format) -> None:
    root = etree.fromstring(_text(wanted))
    if wanted is Format.RSS:
        channel = root.find("channel")
        assert channel is not None
        assert all(len(channel.findall(name)) == 1 for name in ("title", "link", "description", "lastBuildDate"))
        assert all(
            len(item.findall("title")) == len(item.findall("guid")) == len(item.findall("link")) == 1 for item in channel.iter("item")
        )
        return
    space = {"a": "http://www.w3.org/2005/Atom"}
    assert all(len(root.findall(f"a:{name}", space)) == 1 for name in ("id", "title", "updated"))
    for entry in root.iterfind("a:entry", space):
        assert all(len(entry.findall(f"a:{name}", space)) == 1 for name in ("id", "title", "updated", "author", "summary"))


@settings(deadline=None)
@given(st.text(), st.text(), st.text(max_size=20))
def test_no_text_breaks_a_feed(title: str, text: str, name: str) -> None:
    article = Article(key="k", title=title, text=text, author=name, source=name, topics=(name,), url=f"http://{name}")
    for wanted in FEEDS:
        etree.fromstring(_text(wanted, (article,)))
