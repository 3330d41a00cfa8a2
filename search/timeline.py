"""The articles that match, over time: bars of equal length without gaps, each also as a share of all articles of its days.

Pure functions over arrays with one entry per article: ``published_at`` in seconds since 1970 (UTC) and masks beside it.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from search.errors import BadInput
from search.protocols import Ids, Mask
from search.query import Interval
from search.response import Bar, Timeline

READABLE_BARS = 62
"""What "auto" aims at: the days of two months."""
MAX_BARS = 10_000

_SECONDS_A_DAY = 86_400
_THURSDAY = 3  # 1970-01-01, the day from which numpy counts, was one; weeks start on Monday
_UNIT = {Interval.MONTH: "M", Interval.YEAR: "Y"}
_INTERVALS = (Interval.DAY, Interval.WEEK, Interval.MONTH, Interval.YEAR)

Days = npt.NDArray[np.int64]  # (n,) days since 1970-01-01


@dataclass(frozen=True, slots=True)
class Span:
    """The days ``first`` to ``last``, both inclusive, counted from 1970-01-01."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of a span; the first and the last may be cut short by it. ``interval`` is never "auto"."""

    interval: Interval
    span: Span | None

    @classmethod
    def over(cls, span: Span | None, interval: Interval) -> "Bars":
        """The bars of this length, or of the shortest that gives few enough to read. Raises BadInput when there would be too many."""
        if interval is Interval.AUTO:
            chosen = (each for each in _INTERVALS if cls(each, span).number <= READABLE_BARS)
            return cls(next(chosen, Interval.YEAR), span)
        bars = cls(interval, span)
        if bars.number > MAX_BARS:
            raise BadInput(
                f"A timeline by {interval} would have {bars.number:,} bars: ask for a longer interval, or narrow the dates with after and "
                f"before, to at most {MAX_BARS:,}.",
                field="timeline",
            )
        return bars

    @property
    def number(self) -> int:
        """How many bars there are."""
        if self.span is None:
            return 0
        first, last = self._places(np.array([self.span.first, self.span.last]))
        return int(last - first) + 1

    def timeline(self, matching: Mask, filtered: Mask, published_at: Ids, unknown: int) -> Timeline:
        """The timeline of the articles in ``matching``, beside those in ``filtered``, which has them all; ``unknown`` is no date."""
        dated = published_at != unknown
        counts, articles = (self._counts(days_of(published_at[mask & dated])) for mask in (matching, filtered))
        bars = tuple(
            Bar(first, last, count, among)
            for (first, last), count, among in zip(self._days(), counts.tolist(), articles.tolist(), strict=True)
        )
        return Timeline(self.interval, bars, int(np.count_nonzero(matching & ~dated)))

    def _counts(self, days: Days) -> Ids:
        if self.span is None:
            return np.empty(0, np.int64)
        inside = days[(days >= self.span.first) & (days <= self.span.last)]
        return np.bincount(self._places(inside) - self._places(np.array([self.span.first])), minlength=self.number)

    def _days(self) -> list[tuple[date, date]]:
        """The first and last day of each bar."""
        if self.span is None:
            return []
        first_place = int(self._places(np.array([self.span.first]))[0])
        starts = self._starts(np.arange(first_place, first_place + self.number + 1))
        firsts = np.maximum(starts[:-1], self.span.first).astype("datetime64[D]").astype(object)
        lasts = np.minimum(starts[1:] - 1, self.span.last).astype("datetime64[D]").astype(object)
        return list(zip(firsts.tolist(), lasts.tolist(), strict=True))

    def _places(self, days: Days) -> Days:
        """The number of the bar that each day is in, counted from that of 1970-01-01."""
        if self.interval is Interval.DAY:
            return days
        if self.interval is Interval.WEEK:
            return (days + _THURSDAY) // 7
        return days.astype("datetime64[D]").astype(f"datetime64[{_UNIT[self.interval]}]").astype(np.int64)

    def _starts(self, places: Days) -> Days:
        """The first day of each of these bars."""
        if self.interval is Interval.DAY:
            return places
        if self.interval is Interval.WEEK:
            return places * 7 - _THURSDAY
        return places.astype(f"datetime64[{_UNIT[self.interval]}]").astype("datetime64[D]").astype(np.int64)


def days_of(published_at: Ids) -> Days:
    """The day of each moment; none may be unknown."""
    days: Days = np.floor_divide(published_at, _SECONDS_A_DAY)
    return days


def span_of(days: Days, archive: Span | None, after: int | None, before: int | None) -> Span | None:
    """The days to show: those asked for, as far as the archive goes, else from the first to the last of ``days``; None when empty.

    ``days`` are those of the articles that match, ``archive`` those of all articles, ``after`` and ``before`` those of the filters.
    """
    if archive is None or (len(days) == 0 and (after is None or before is None)):
        return None
    first = int(days.min()) if after is None else max(after, archive.first)
    last = int(days.max()) if before is None else min(before, archive.last)
    return Span(first, last) if first <= last else None
