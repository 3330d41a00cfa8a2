"""The interface in a reader's language: its words from one catalogue file each, its dates and numbers from the CLDR (Babel).

A language is a TOML file in ``web/catalogue``. Its first table says what it is called; every other entry is a message with
``{places}`` to fill, or, where the words depend on a count ``n``, a table with a message for each plural form of the language.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup, escape

from search.article import Precision
from search.query import Interval

DEFAULT = "en"
_WEIGHTED = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the interface. ``code`` is the name of its file and the ``lang`` attribute, ``name`` what it calls itself."""

    code: str
    name: str
    locale: Locale
    messages: Mapping[str, str | Mapping[str, str]]

    def say(self, key: str, **values: object) -> Markup:
        """The message, its places filled: numbers as the language writes them, text escaped, markup as it is."""
        message = self.messages[key]
        if not isinstance(message, str):
            message = message[self.locale.plural_form(values["n"])]  # type: ignore[arg-type]
        return escape(message).format(**{name: self.number(one) if _is_number(one) else one for name, one in values.items()})

    def knows(self, key: str) -> bool:
        """Whether there is such a message."""
        return key in self.messages

    def number(self, number: Any, digits: int = 0) -> str:
        """The number with its thousands parted: "1,234"; ``digits`` after the point."""
        return str(format_decimal(number, format="#,##0." + "0" * digits if digits else "#,##0", locale=self.locale))

    def percent(self, share: float) -> str:
        """A share of 0..1 in per cent, with the digits after the point that it needs to be seen: "0.04%", "3.2%", "37%"."""
        pattern = "0.##%" if share < 0.00095 else "0.#%" if share < 0.0995 else "0%"
        return str(format_percent(share, format=pattern, locale=self.locale))

    def duration(self, seconds: float) -> Markup:
        """With two significant digits: "4 ms", "0.13 s"."""
        if seconds < 0.0995:
            return self.say("duration.milliseconds", time=self.number(round(seconds * 1000)))
        return self.say("duration.seconds", time=self.number(seconds, 2))

    def written(self, instant: datetime, precision: Precision | None = None) -> str:
        """As a newspaper prints it, in UTC, no more precise than it is known: "1987", "April 2020", "21 April 2020, 10:00 UTC"."""
        instant = instant.astimezone(UTC)
        match precision:
            case "year":
                return self._skeleton("y", instant)
            case "month":
                return self._skeleton("yMMMM", instant)
            case "minute" | "second":
                day = format_date(instant, "long", locale=self.locale)
                return str(self.say("date.with_time", date=day, time=f"{instant:%H:%M}"))
            case _:
                return str(format_date(instant, "long", locale=self.locale))

    def period(self, first: date, last: date, interval: Interval) -> str:
        """The days from the first to the last, which are a day, week, month or year: "21 Apr 2020", "April 2020", "2020"."""
        match interval:
            case Interval.YEAR:
                return self._skeleton("y", first)
            case Interval.MONTH:
                return self._skeleton("yMMMM", first)
            case Interval.WEEK:
                return str(self.say("date.range", first=self._skeleton("MMMd", first), last=self._skeleton("yMMMd", last)))
            case _:
                return self._skeleton("yMMMd", first)

    def tick(self, first: date, interval: Interval) -> str:
        """The beginning of a period, as short as it is clear below a chart."""
        return self._skeleton({Interval.YEAR: "y", Interval.MONTH: "yMMM"}.get(interval, "yMMMd"), first)

    def language_name(self, code: str) -> str:
        """What the language of an article is called: "English" for en; the code itself where there is no name."""
        try:
            return Locale.parse(code, sep="-").get_display_name(self.locale) or code
        except (ValueError, UnknownLocaleError):
            return code

    def _skeleton(self, skeleton: str, day: date) -> str:
        return str(format_skeleton(skeleton, day, locale=self.locale))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@cache
def languages() -> Mapping[str, Language]:
    """All languages of the catalogue by their codes, the default one first."""
    read = {file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8")) for file in (files("web") / "catalogue").iterdir()}
    return {code: _language(code, read[code]) for code in sorted(read, key=lambda code: (code != DEFAULT, code))}


def _language(code: str, table: dict[str, Any]) -> Language:
    about = table.pop("language")
    locale = Locale.parse(about["locale"])
    return Language(code, about["name"], locale, dict(_messages(table, locale)))


def _messages(table: Mapping[str, Any], locale: Locale, prefix: str = "") -> Any:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, str) or value.keys() <= {"zero", "one", "two", "few", "many", "other"}:
            yield key, value
        else:
            yield from _messages(value, locale, f"{key}.")


def chosen_language(*codes: str | None, accepted: str = "") -> Language:
    """The first of the codes that is in the catalogue, else what the ``Accept-Language`` header likes best, else English."""
    known = languages()
    for code in [*filter(None, codes), *_accepted(accepted)]:
        for candidate in (code, code.partition("-")[0]):
            if candidate in known:
                return known[candidate]
    return known[DEFAULT]


def _accepted(header: str) -> list[str]:
    """The language tags of an Accept-Language header, the most wanted first."""
    ranges = [match for part in header[:1000].split(",") if (match := _WEIGHTED.fullmatch(part))]
    wanted = [(float(match[2] or 1), match[1].lower()) for match in ranges]
    return [tag for weight, tag in sorted(wanted, key=lambda pair: -pair[0]) if weight > 0]
