"""Filter dates: what "2020" covers, and the refusal of what is no date."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.dates import parse_period
from search.errors import BadInput


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 12, 31, 23, 59, 59, 999999, UTC)),
        ("2020-02", datetime(2020, 2, 1, tzinfo=UTC), datetime(2020, 2, 29, 23, 59, 59, 999999, UTC)),
        ("2020-4", datetime(2020, 4, 1, tzinfo=UTC), datetime(2020, 4, 30, 23, 59, 59, 999999, UTC)),
        ("2020-04-21", datetime(2020, 4, 21, tzinfo=UTC), datetime(2020, 4, 21, 23, 59, 59, 999999, UTC)),
        ("20200421", datetime(2020, 4, 21, tzinfo=UTC), datetime(2020, 4, 21, 23, 59, 59, 999999, UTC)),
        (" 2020-04-21 ", datetime(2020, 4, 21, tzinfo=UTC), datetime(2020, 4, 21, 23, 59, 59, 999999, UTC)),
        ("9999", datetime(9999, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
    ],
)
def test_a_date_covers_its_whole_year_month_or_day(text: str, first: datetime, last: datetime) -> None:
    assert parse_period(text, "after") == (first, last)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2020-04-21T10:00:00Z", datetime(2020, 4, 21, 10, tzinfo=UTC)),
        ("2020-04-21T10:00", datetime(2020, 4, 21, 10, tzinfo=UTC)),
        ("2020-04-21 10:00", datetime(2020, 4, 21, 10, tzinfo=UTC)),
        ("2020-04-21T10:00:00+02:00", datetime(2020, 4, 21, 8, tzinfo=UTC)),
    ],
)
def test_a_time_is_an_instant_in_utc(text: str, instant: datetime) -> None:
    assert parse_period(text, "after") == (instant, instant)


@pytest.mark.parametrize("text", ["", "yesterday", "20", "2020-13", "2020-00", "0000", "2021-02-29", "2020-04-21T25:00", "٢٠٢٠", "-2020"])
def test_what_is_no_date_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(BadInput, match=r"before is .*write 2020, 2020-04, 2020-04-21") as caught:
        parse_period(text, "before")
    assert caught.value.field == "before"


@given(st.text(max_size=40))
def test_any_text_is_a_period_or_refused(text: str) -> None:
    try:
        period = parse_period(text, "after")
    except BadInput:
        return
    assert period.first <= period.last
    assert period.first.tzinfo is UTC
