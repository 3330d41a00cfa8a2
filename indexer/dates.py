"""Dates as dumps write them, to UTC, with the precision that was really stated."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from dateutil import parser

from search.article import Precision
from search.errors import BadRecord
from search.text import clean_line

EARLIEST_YEAR = 1600  # printed news begins in 1605
_LONGEST = 100  # characters; no date is longer, and dateutil is slow on long strings

NO_DATE = frozenset({"", "-", "none", "null", "nan", "nat", "n/a", "na", "unknown", "0000-00-00", "0000-00-00 00:00:00"})

_ISO = re.compile(
    r"(?P<year>\d{4})(?:(?P<separator>[-/.])(?P<month>\d{1,2})(?:(?P=separator)(?P<day>\d{1,2})"
    r"(?:(?:[T_]|\s+)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?)?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?:(?P<day>\d\d)"
    r"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?\d+(?:\.\d*)?")
_UNITS = ((1e11, 1), (1e14, 1e3), (1e17, 1e6))  # seconds up to the year 5138, then milli-, micro- and nanoseconds
_DAY_FIRST = re.compile(r"\s*\d{1,2}\.\d{1,2}\.\d")
_DOTTED_AM = re.compile(r"\b([ap])\.\s?m\.", re.IGNORECASE)

# Names that RFC 2822 and European wires use; the same letters can mean something else elsewhere.
_ZONES: dict[str, float] = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_ZONES |= {"WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5, "JST": 9}
_ZONES |= {"ET": -5, "CT": -6, "MT": -7, "PT": -8}

# dateutil fills what a string leaves out from a default; what two defaults disagree on was not stated.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2004, 2, 2, 1, 1, 1))


def parse_date(value: object, now: datetime) -> tuple[datetime, Precision]:
    """The date in UTC, to the second, and how much of it was stated; raises BadRecord with a sentence about the value.

    Understood are ISO 8601 (also "2020-04" and "2020"), "2020/04/21", "20200421T100000Z", RFC 2822, written-out English
    dates, Reuters' "26-FEB-1987 15:01:01.79", date and datetime objects, and seconds, milli-, micro- or nanoseconds since
    1970 as a number or digits. A number that reads as a day ("20200421") or a year from 1600 to 2100 is that, not seconds.

    Where a string leaves a choice: no zone, and a zone whose name is unknown, is UTC; "03/04/2020" is March 4 (month first
    unless it cannot be), "03.04.2020" is April 3; two-digit years are the nearest to this one. Years before 1600 and dates
    more than a day after ``now`` are refused.
    """
    shown = _shown(value)
    try:
        moment, precision = _parse(value)
        moment = moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError, TypeError, ArithmeticError) as error:
        raise BadRecord(f"{shown} is not a date that can be read") from error
    if moment.year < EARLIEST_YEAR:
        raise BadRecord(f"{shown} lies before the year {EARLIEST_YEAR}")
    if moment > now + timedelta(days=1):
        raise BadRecord(f"{shown} lies in the future (now is {now:%Y-%m-%d %H:%M} UTC)")
    return moment, precision


def _parse(value: object) -> tuple[datetime, Precision]:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)), "second"
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC), "day"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(type(value))
    if isinstance(value, float) and value.is_integer():  # a column of whole numbers with gaps
        value = int(value)
    text = str(value).strip()
    if len(text) > _LONGEST:
        raise ValueError("too long")
    if found := _ISO.fullmatch(text):
        return _from_groups(found)
    if _NUMBER.fullmatch(text):
        return _from_number(text)
    if found := _COMPACT.fullmatch(text):
        return _from_groups(found)
    return _from_words(text)


def _from_groups(found: re.Match[str]) -> tuple[datetime, Precision]:
    part = found.groupdict()
    numbers = [
        int(part[name] or least) for name, least in (("year", 1), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))
    ]
    precision: Precision = "year"
    for name in ("month", "day", "minute", "second"):
        if part[name]:
            precision = name
    return datetime(*numbers, tzinfo=_offset(part["zone"] or "Z")), precision  # type: ignore[arg-type,misc]


def _offset(zone: str) -> tzinfo:
    if zone[0] not in "+-":
        return UTC
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:].lstrip(":") or 0)))


def _from_number(text: str) -> tuple[datetime, Precision]:
    """A day or month written without separators where the digits make one of 1600 to 2100, else time since 1970."""
    found = _COMPACT.fullmatch(text)
    if found and 1600 <= int(found["year"]) <= 2100:
        try:
            return _from_groups(found)
        except ValueError:
            pass  # 12 digits of milliseconds may begin like a year and have no such month
    number = float(text)
    seconds = next((number / unit for limit, unit in _UNITS if abs(number) < limit), number / 1e9)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), "second"


def _from_words(text: str) -> tuple[datetime, Precision]:
    text = _DOTTED_AM.sub(r"\1m", text)
    first, second = (parser.parse(text, default=default, dayfirst=bool(_DAY_FIRST.match(text)), tzinfos=_zone) for default in _DEFAULTS)
    if first.year != second.year:
        raise ValueError("no year")
    moment = first if first.tzinfo else first.replace(tzinfo=UTC)
    if first.month != second.month:
        return moment, "year"
    if first.day != second.day:
        return moment, "month"
    if first.hour != second.hour or first.minute != second.minute:
        return moment, "day"
    return moment, "minute" if first.second != second.second else "second"


def _zone(name: str | None, offset: int | None) -> tzinfo:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    return timezone(timedelta(hours=_ZONES.get(name or "", 0)))


def _shown(value: object) -> str:
    text = str(value)
    return f'"{clean_line(text[:60])}…"' if len(text) > 60 else f'"{clean_line(text)}"'
