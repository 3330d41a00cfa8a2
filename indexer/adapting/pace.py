"""How fast a training goes, measured while it does a few steps, so that a time limit can be turned into a number of steps."""

import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any

from transformers import TrainerCallback


class Pace:
    """Notes when each step ended."""

    def __init__(self) -> None:
        self._ends: list[float] = []

    def note(self) -> None:
        """A step has ended."""
        self._ends.append(perf_counter())

    @property
    def seconds_per_step(self) -> float:
        """The median time from one step's end to the next; the first step, which warms up, does not count."""
        return statistics.median(later - earlier for earlier, later in zip(self._ends, self._ends[1:], strict=False))


class Told(TrainerCallback):
    """Tells ``step`` how many steps of how many are done, those of an earlier run included."""

    def __init__(self, step: Callable[[int, int], None]) -> None:
        self._step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:  # noqa: ARG002
        self._step(int(state.global_step), int(state.max_steps))
