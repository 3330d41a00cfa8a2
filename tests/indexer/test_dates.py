"""Dates in the forms that dumps hold, to UTC, with no more precision than was stated."""

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.dates import parse_date
from search.article import Precision
from search.errors import BadRecord

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("value", "moment", "precision"),
    [
        ("2020-04-21T10:00:05Z", utc(2020, 4, 21, 10, 0, 5), "second"),
        ("2020-04-21T10:00:05.123456789Z", utc(2020, 4, 21, 10, 0, 5), "second"),
        ("2020-04-21T10:00:05+02:00", utc(2020, 4, 21, 8, 0, 5), "second"),
        ("2020-04-21T10:00:05.000-0730", utc(2020, 4, 21, 17, 30, 5), "second"),
        ("2020-04-21T23:30-02", utc(2020, 4, 22, 1, 30), "minute"),
        ("2020-04-21 10:00:05", utc(2020, 4, 21, 10, 0, 5), "second"),
        ("2020-04-21 10:00", utc(2020, 4, 21, 10), "minute"),
        ("2020-04-21 10:00:05 UTC", utc(2020, 4, 21, 10, 0, 5), "second"),
        ("2020-04-21", utc(2020, 4, 21), "day"),
        (" 2020-04-21\n", utc(2020, 4, 21), "day"),
        ("2020-04", utc(2020, 4, 1), "month"),
        ("2020", utc(2020, 1, 1), "year"),
        ("2020/04/21", utc(2020, 4, 21), "day"),
        ("2020/4/1 9:05", utc(2020, 4, 1, 9, 5), "minute"),
        ("2020.04.21", utc(2020, 4, 21), "day"),
        ("20200421", utc(2020, 4, 21), "day"),
        ("202004", utc(2020, 4, 1), "month"),
        ("20200421T100000Z", utc(2020, 4, 21, 10), "second"),
        ("20200421T1000", utc(2020, 4, 21, 10), "minute"),
        ("20200421100005", utc(2020, 4, 21, 10, 0, 5), "second"),
        (20200421, utc(2020, 4, 21), "day"),
        (20200421.0, utc(2020, 4, 21), "day"),
        (2020, utc(2020, 1, 1), "year"),
        (1587463205, utc(2020, 4, 21, 10, 0, 5), "second"),
        (1587463205.75, utc(2020, 4, 21, 10, 0, 5), "second"),
        ("1587463205", utc(2020, 4, 21, 10, 0, 5), "second"),
        ("1587463205.75", utc(2020, 4, 21, 10, 0, 5), "second"),
        (1587463205123, utc(2020, 4, 21, 10, 0, 5), "second"),
        ("1587463205123", utc(2020, 4, 21, 10, 0, 5), "second"),
        (1587463205123456, utc(2020, 4, 21, 10, 0, 5), "second"),
        (1587463205123456789, utc(2020, 4, 21, 10, 0, 5), "second"),
        (-86400, utc(1969, 12, 31), "second"),
        ("Tue, 21 Apr 2020 10:00:05 +0200", utc(2020, 4, 21, 8, 0, 5), "second"),
        ("Tue, 21 Apr 2020 10:00:05 GMT", utc(2020, 4, 21, 10, 0, 5), "second"),
        ("Tue, 21 Apr 2020 10:00:05 EST", utc(2020, 4, 21, 15, 0, 5), "second"),
        ("Tue Apr 21 10:00:05 +0000 2020", utc(2020, 4, 21, 10, 0, 5), "second"),
        ("21 Apr 2020 10:00 GMT", utc(2020, 4, 21, 10), "minute"),
        ("21 Apr 2020 10:00 XYZ", utc(2020, 4, 21, 10), "minute"),
        ("April 21, 2020", utc(2020, 4, 21), "day"),
        ("Apr. 21, 2020, 3:05 p.m.", utc(2020, 4, 21, 15, 5), "minute"),
        ("21st of April 2020", utc(2020, 4, 21), "day"),
        ("April 2020", utc(2020, 4, 1), "month"),
        ("February 29 2020", utc(2020, 2, 29), "day"),
        ("31 January 2020", utc(2020, 1, 31), "day"),
        ("26-FEB-1987 15:01:01.79", utc(1987, 2, 26, 15, 1, 1), "second"),
        ("03/04/2020", utc(2020, 3, 4), "day"),
        ("13/04/2020", utc(2020, 4, 13), "day"),
        ("04/13/2020 08:00", utc(2020, 4, 13, 8), "minute"),
        ("03.04.2020", utc(2020, 4, 3), "day"),
        ("3-Apr-20", utc(2020, 4, 3), "day"),
        (date(2020, 4, 21), utc(2020, 4, 21), "day"),
        (datetime(2020, 4, 21, 10, 0, 5, 9), utc(2020, 4, 21, 10, 0, 5), "second"),
        (datetime(2020, 4, 21, 10, tzinfo=timezone(timedelta(hours=2))), utc(2020, 4, 21, 8), "second"),
        ("1605-01-01", utc(1605, 1, 1), "day"),
    ],
)
def test_a_date_is_read_with_the_precision_that_it_states(value: object, moment: datetime, precision: Precision) -> None:
    assert parse_date(value, NOW) == (moment, precision)
    assert parse_date(value, NOW)[0].tzinfo is UTC


moments = st.datetimes(
    datetime(1900, 1, 1),
    datetime(2026, 5, 30),
    timezones=st.sampled_from([UTC, *(timezone(timedelta(minutes=m)) for m in (-570, 90, 345))]),
)


@given(moments)
def test_what_the_standard_library_writes_is_read_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert parse_date(moment.isoformat(), NOW) == (moment, "second")
    assert parse_date(moment.strftime("%Y%m%dT%H%M%S%z"), NOW) == (moment, "second")
    assert parse_date(format_datetime(moment), NOW) == (moment, "second")
    assert parse_date(moment.strftime("%d %B %Y %H:%M:%S %z"), NOW) == (moment, "second")


@given(st.datetimes(datetime(1975, 1, 1), datetime(2026, 5, 30)))
def test_seconds_and_milliseconds_since_1970_agree(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    seconds = int(moment.timestamp())
    if seconds > 210_012_31:  # smaller numbers read as days
        assert parse_date(seconds, NOW)[0] == moment
    assert parse_date(seconds * 1_000_000, NOW)[0] == moment


def test_seconds_of_recent_years_that_begin_like_an_old_year_are_seconds() -> None:
    for seconds in range(1_601_010_000, 1_712_312_400, 99_991):
        assert parse_date(seconds, NOW)[0] == datetime.fromtimestamp(seconds, UTC)
    assert parse_date("1612122359", NOW)[0] == utc(2021, 1, 31, 19, 45, 59)


@given(moments.map(datetime.date))
def test_a_day_is_a_day_in_every_order(day: date) -> None:
    for form in ("%Y-%m-%d", "%Y%m%d", "%B %d, %Y", "%d %b %Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d"):
        assert parse_date(day.strftime(form), NOW) == (utc(day.year, day.month, day.day), "day")


@given(st.text(max_size=30) | st.integers() | st.floats() | st.booleans() | st.lists(st.integers(), max_size=2) | st.none())
def test_anything_else_is_refused_with_a_sentence(value: object) -> None:
    try:
        moment, _ = parse_date(value, NOW)
    except BadRecord as error:
        assert str(error).startswith('"')  # noqa: PT017 - either is fine
    else:
        assert moment.year >= 1600
        assert moment <= NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "10:30",
        "Monday",
        "April",
        "21 April",
        "2020-13-01",
        "2020-02-30",
        "31 April 2020",
        "2020-04-21T25:00",
        "x" * 10_000,
        True,
        None,
        [2020],
        {"year": 2020},
        float("inf"),
        float("nan"),
        10**30,
        "9" * 400,
        "2020-04-21T10:00:00+99:00",
    ],
)
def test_nonsense_and_dates_without_a_year_are_refused(value: object) -> None:
    with pytest.raises(BadRecord, match="is not a date that can be read"):
        parse_date(value, NOW)


@pytest.mark.parametrize("value", ["2026-06-03", "2027", "June 5, 2026", 1893456000, "2026-06-02T12:00:01Z"])
def test_dates_in_the_future_are_refused(value: object) -> None:
    with pytest.raises(BadRecord, match=r"lies in the future \(now is 2026-06-01 12:00 UTC\)"):
        parse_date(value, NOW)


def test_a_day_of_difference_between_clocks_is_no_future() -> None:
    assert parse_date("2026-06-02T12:00:00Z", NOW)[0] == utc(2026, 6, 2, 12)


@pytest.mark.parametrize("value", ["0001-01-01", "1599-12-31", datetime(1, 1, 1), "0001-01-01T00:00:00+14:00"])
def test_dates_before_the_first_newspaper_are_refused(value: object) -> None:
    with pytest.raises(BadRecord, match=r"lies before the year 1600|is not a date"):
        parse_date(value, NOW)
