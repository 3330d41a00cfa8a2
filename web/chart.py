"""Numbers over time as the shapes of an SVG: horizontal places in per cent of its width, vertical ones in its own units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 0.14  # of a bar's place, left free beside it
_TICKS = 6
_LABEL = 12  # the room that a label takes, in per cent


@dataclass(frozen=True, slots=True)
class Column:
    """Where a bar stands; ``left`` and ``place`` (the width it may take up) hold the pointer, ``x`` and ``width`` are drawn."""

    left: float
    place: float
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark below the bars: the ``number`` of the bar, its place, and how the label stands to it."""

    number: int
    x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing area ``height`` high whose top is ``top``, the value of a round number at or above the largest value."""

    top: float
    height: float
    count: int

    @classmethod
    def holding(cls, height: float, *rows: Sequence[float]) -> "Chart":
        """The chart that these rows of values fit into, each with a value for each interval."""
        return cls(round_up(max((value for row in rows for value in row), default=0.0)), height, max(map(len, rows), default=0))

    def columns(self, values: Sequence[float]) -> list[Column]:
        """A bar for each value; one that is not 0 is at least one unit high, so that it is seen."""
        place = 100 / max(len(values), 1)
        width = place * (1 - _GAP)
        columns = []
        for number, value in enumerate(values):
            height = max(self.height * value / self.top, 1.0) if value > 0 else 0.0
            left = number * place
            x, y = left + (place - width) / 2, self.height - height
            columns.append(Column(*map(_short, (left, place, x, width, y, height))))
        return columns

    def points(self, values: Sequence[float]) -> str:
        """The ``points`` of a line through the middles of the intervals, 1,000 units wide."""
        step = 1000 / max(len(values), 1)
        return " ".join(
            f"{_short((number + 0.5) * step)},{_short(self.height * (1 - value / self.top))}" for number, value in enumerate(values)
        )

    def ticks(self) -> list[Tick]:
        """Evenly spaced marks, few enough for their labels to stand side by side."""
        if self.count == 0:
            return []
        step = max(1, math.ceil(self.count / _TICKS))
        place = 100 / self.count
        # A label in the middle of its bar that would be cut off at the left edge begins there; one at the right is left out.
        return [
            Tick(number, _short(middle), "middle") if middle >= _LABEL / 2 else Tick(number, 0.0, "start")
            for number in range(0, self.count, step)
            if (middle := (number + 0.5) * place) <= 100 - _LABEL / 2
        ]


def round_up(value: float) -> float:
    """The next number that reads easily, such as 4, 15, 250 or 0.03; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-9))


def _short(number: float) -> float:
    return round(number, 2)
