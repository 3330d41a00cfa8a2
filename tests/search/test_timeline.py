"""Bars of a timeline, beside what counting day by day gives."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.errors import BadInput
from search.query import Interval
from search.response import Bar
from search.timeline import READABLE_BARS, Bars, Span, days_of, span_of

UNKNOWN = np.iinfo(np.int64).min
EPOCH = date(1970, 1, 1)


def _day(year: int, month: int, day: int) -> int:
    return (date(year, month, day) - EPOCH).days


def _moments(*days: date) -> np.ndarray:
    return np.array([int(datetime(day.year, day.month, day.day, 13, tzinfo=UTC).timestamp()) for day in days], np.int64)


def _start(day: date, interval: Interval) -> date:
    """The first day of the bar that a day is in."""
    match interval:
        case Interval.DAY:
            return day
        case Interval.WEEK:
            return day - timedelta(days=day.weekday())
        case Interval.MONTH:
            return day.replace(day=1)
        case _:
            return day.replace(month=1, day=1)


@settings(max_examples=60, deadline=None)
@given(
    days=st.lists(st.dates(date(1899, 1, 1), date(2105, 1, 1)), max_size=30),
    matching=st.lists(st.booleans(), min_size=30, max_size=30),
    interval=st.sampled_from([Interval.WEEK, Interval.MONTH, Interval.YEAR]),
)
def test_every_bar_counts_the_articles_of_its_days(days: list[date], matching: list[bool], interval: Interval) -> None:
    published_at, found = _moments(*days), np.array(matching[: len(days)], np.bool_)
    span = span_of(days_of(published_at[found]), Span(_day(1899, 1, 1), _day(2105, 1, 1)), None, None)
    timeline = Bars(interval, span).timeline(found, np.ones(len(days), np.bool_), published_at, UNKNOWN)
    hits = [day for day, match in zip(days, found, strict=True) if match]
    first, last = (min(hits), max(hits)) if hits else (None, None)
    expected = Counter(_start(day, interval) for day in hits)
    others = Counter(_start(day, interval) for day in days if first and last and first <= day <= last)
    assert {_start(bar.first, interval): bar.count for bar in timeline.bars if bar.count} == expected
    assert {_start(bar.first, interval): bar.articles for bar in timeline.bars if bar.articles} == others
    assert all(after.first == before.last + timedelta(days=1) for before, after in zip(timeline.bars, timeline.bars[1:], strict=False))
    assert all(bar.first == max(_start(bar.first, interval), first or bar.first) for bar in timeline.bars)
    if hits:
        assert (timeline.bars[0].first, timeline.bars[-1].last) == (first, last)


def test_a_week_starts_on_monday_and_articles_without_a_date_are_counted_apart() -> None:
    published_at = np.append(_moments(date(1987, 3, 1), date(1987, 3, 2), date(1987, 3, 8), date(1987, 3, 16)), UNKNOWN)
    found = np.array([True, True, True, True, True])
    timeline = Bars(Interval.WEEK, Span(_day(1987, 2, 23), _day(1987, 3, 22))).timeline(found, found, published_at, UNKNOWN)
    assert timeline.bars == (
        Bar(date(1987, 2, 23), date(1987, 3, 1), 1, 1),
        Bar(date(1987, 3, 2), date(1987, 3, 8), 2, 2),
        Bar(date(1987, 3, 9), date(1987, 3, 15), 0, 0),
        Bar(date(1987, 3, 16), date(1987, 3, 22), 1, 1),
    )
    assert timeline.undated == 1
    assert [bar.share for bar in timeline.bars] == [1.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("days", "interval"),
    [(1, Interval.DAY), (READABLE_BARS, Interval.DAY), (READABLE_BARS + 1, Interval.WEEK), (700, Interval.MONTH), (9_000, Interval.YEAR)],
)
def test_auto_takes_the_shortest_interval_that_can_be_read(days: int, interval: Interval) -> None:
    first = _day(2001, 1, 1)  # a Monday
    assert Bars.over(Span(first, first + days - 1), Interval.AUTO).interval is interval


def test_more_bars_than_anyone_can_use_are_refused() -> None:
    with pytest.raises(BadInput, match="longer interval"):
        Bars.over(Span(_day(1900, 1, 1), _day(2000, 1, 1)), Interval.DAY)
    assert Bars.over(Span(_day(1, 1, 1), _day(9999, 12, 31)), Interval.AUTO).number == 9_999


def test_the_span_is_what_was_asked_for_as_far_as_the_archive_goes() -> None:
    archive, found = Span(100, 200), np.array([120, 150])
    assert span_of(found, archive, None, None) == Span(120, 150)
    assert span_of(found, archive, 110, None) == Span(110, 150)
    assert span_of(found, archive, 50, 180) == Span(100, 180)
    assert span_of(found[:0], archive, 110, 999) == Span(110, 200), "empty bars are shown where dates were asked for"
    assert span_of(found[:0], archive, 300, 400) is None
    assert span_of(found[:0], archive, None, 150) is None
    assert span_of(found[:0], None, 110, 120) is None
    assert Bars.over(None, Interval.AUTO).timeline(np.ones(0, np.bool_), np.ones(0, np.bool_), np.empty(0, np.int64), UNKNOWN).bars == ()
