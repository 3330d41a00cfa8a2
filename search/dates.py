"""Dates as people filter by them: a year, a month, a day or an instant, as the stretch of time that it covers."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from search.errors import BadInput

_YEAR_OR_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2}))?", re.ASCII)


class Period(NamedTuple):
    """A stretch of time in UTC, both ends inclusive; an instant is its own first and last."""

    first: datetime
    last: datetime


def parse_period(text: str, field: str) -> Period:
    """The period that "2020", "2020-04", "2020-04-21" or an ISO time such as "2020-04-21T10:00:00+02:00" covers.

    A time without an offset is UTC. Raises BadInput, naming ``field``, for anything else.
    """
    text = text.strip()
    try:
        if match := _YEAR_OR_MONTH.fullmatch(text):
            return _months(int(match[1]), int(match[2]) if match[2] else None)
        if "T" not in text.upper() and " " not in text:
            day = date.fromisoformat(text)
            return Period(datetime.combine(day, time.min, UTC), datetime.combine(day, time.max, UTC))
        instant = datetime.fromisoformat(text)
        instant = instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise BadInput(
            f"{field} is {shown!r}, which is no date: write 2020, 2020-04, 2020-04-21 or 2020-04-21T10:00:00Z.", field=field
        ) from None
    return Period(instant, instant)


def _months(year: int, month: int | None) -> Period:
    first_month, last_month = (1, 12) if month is None else (month, month)
    first = datetime(year, first_month, 1, tzinfo=UTC)
    last = date(year, last_month, monthrange(year, last_month)[1])
    return Period(first, datetime.combine(last, time.max, UTC))
