"""The pieces of the pages: marks, dates, links and page numbers, compared with what is counted by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.article import Precision
from search.language import understand
from search.query import Interval
from search.response import Bar, Story, StoryMember, Timeline
from web.address import Address
from web.rendering import (
    Segment,
    language_tag,
    machine_date,
    marked_paragraphs,
    page_links,
    readable_intervals,
    segments,
    story_marks,
    web_link,
    without_piece,
)


def test_segments_part_the_text_at_the_marks() -> None:
    assert list(segments("oil price", [(0, 3)])) == [Segment("oil", True), Segment(" price", False)]
    assert list(segments("the oil", [(4, 7)])) == [Segment("the ", False), Segment("oil", True)]
    assert list(segments("oil", [(0, 99), (200, 300)])) == [Segment("oil", True)]
    assert list(segments("", [(0, 1)])) == []


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40)), max_size=4))
def test_segments_never_change_the_text(text: str, ranges: list[tuple[int, int]]) -> None:
    assert "".join(segment.text for segment in segments(text, ranges)) == text


def test_a_passage_is_marked_across_paragraphs() -> None:
    assert list(marked_paragraphs("first\nsecond\nthird", (2, 9))) == [
        [Segment("fi", False), Segment("rst", True)],
        [Segment("sec", True), Segment("ond", False)],
        [Segment("third", False)],
    ]
    assert list(marked_paragraphs("only", None)) == [[Segment("only", False)]]
    assert list(marked_paragraphs("", (0, 0))) == []


@pytest.mark.parametrize(
    ("precision", "machine"),
    [
        ("year", "2020"),
        ("month", "2020-04"),
        ("day", "2020-04-01"),
        (None, "2020-04-01"),
        ("minute", "2020-04-01T09:05:07Z"),
        ("second", "2020-04-01T09:05:07Z"),
    ],
)
def test_a_date_is_given_no_more_precise_than_it_is_known(precision: Precision | None, machine: str) -> None:
    assert machine_date(datetime(2020, 4, 1, 9, 5, 7, tzinfo=UTC), precision) == machine


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://news.example/a?b=c", True),
        ("http://news.example", True),
        ("HTTPS://NEWS.EXAMPLE", True),
        ("javascript:alert(1)", False),
        ("JavaScript://news.example/%0aalert(1)", False),
        ("\tjavascript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//news.example", False),
        ("/etc/passwd", False),
        ("https:news.example", False),
        ("http://[::1", False),
        ("ftp://news.example", False),
        (None, False),
    ],
)
def test_only_web_addresses_are_links(url: str | None, followed: bool) -> None:
    assert web_link(url) == (url if followed else None)


def test_only_language_tags_are_languages() -> None:
    assert [language_tag(one) for one in ("en", "pt-BR", 'en" onload="x', "English language", None)] == ["en", "pt-BR", None, None, None]


@pytest.mark.parametrize(
    ("total", "offset", "top_k", "numbers"),
    [
        (0, 0, 10, []),
        (10, 0, 10, [1]),
        (11, 0, 10, [1, 2]),
        (200, 0, 10, [1, 2, 3, 20]),
        (200, 90, 10, [1, 8, 9, 10, 11, 12, 20]),
        (200, 190, 10, [1, 18, 19, 20]),
        (5000, 0, 10, [1, 2, 3, 100]),  # deeper than 1,000 nobody can ask
        (5000, 0, 300, [1, 2, 3]),
    ],
)
def test_page_numbers_are_those_that_can_be_reached(total: int, offset: int, top_k: int, numbers: list[int]) -> None:
    links = page_links(total, offset, top_k)
    assert [link.number for link in links] == numbers
    assert [link.offset for link in links] == [(number - 1) * top_k for number in numbers]


@pytest.mark.parametrize(
    ("query", "number", "rest"),
    [
        ('oil -Saudi "price cap"', 1, 'oil "price cap"'),
        ('oil -Saudi "price cap"', 2, "oil -Saudi"),
        ("(oil OR gas)  prices", 0, "prices"),
        ("-Saudi", 0, ""),
    ],
)
def test_a_piece_is_taken_out_of_a_query(query: str, number: int, rest: str) -> None:
    assert without_piece(query, understand(query).pieces[number]) == rest


def test_an_article_of_a_story_is_marked_for_what_it_is() -> None:
    def member(number: int, copy_of: int | None = None) -> StoryMember:
        return StoryMember(number, f"title {number}", None, None, None, copy_of)

    story = Story(1, 2, (member(1), member(2), member(3, copy_of=1)), (), earliest=1, fullest=1)
    assert [story_marks(story, number) for number in (1, 2, 3)] == [["earliest", "fullest"], [], ["copy"]]
    assert story_marks(None, 1) == []


def test_bars_that_cannot_be_told_apart_are_not_offered() -> None:
    def over(days: int) -> Timeline:
        return Timeline(Interval.YEAR, (Bar(date(1987, 1, 1), date(1987, 1, 1) + timedelta(days=days - 1), 1, 1),), 0)

    assert readable_intervals(over(1)) == ["day", "week", "month", "year"]
    assert readable_intervals(over(371)) == ["week", "month", "year"]
    assert readable_intervals(over(20_000)) == ["year"]
    assert readable_intervals(over(200_000)) == ["year"]


def test_an_address_keeps_its_state_while_one_thing_changes() -> None:
    address = Address((("q", "oil & gas"), ("source", "A"), ("source", "B"), ("offset", "10")))
    assert address.at("/") == "/?q=oil+%26+gas&source=A&source=B&offset=10"
    assert address.having("offset", 20).at("/") == "/?q=oil+%26+gas&source=A&source=B&offset=20"
    assert address.dropping("source", "A").without("offset").at("/") == "/?q=oil+%26+gas&source=B"
    assert (address.one("q"), address.one("sort"), address.all("source")) == ("oil & gas", "", ["A", "B"])
    assert Address().at("/") == "/"
