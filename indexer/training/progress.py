"""What a training tells while it runs, and what of it is shown."""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Advance = Callable[[int, int], None]
"""Told how much of how much of a stage is done."""


class Report(Protocol):
    """What a step of either training did."""

    @property
    def step(self) -> int: ...

    @property
    def steps(self) -> int: ...

    @property
    def loss(self) -> float | None: ...

    @property
    def quality(self) -> float | None: ...


class Listener(Protocol):
    """Hears what is being done, and how much of how much of that is."""

    def stage(self, name: str) -> None: ...

    def advance(self, done: int, total: int) -> None: ...


class TrainingListener(Listener, Protocol):
    """Hears of every step of a training, too."""

    def step(self, report: Report) -> None: ...


class TrainingProgress:
    """A bar for every stage, in training with the loss, and a line for every measurement, called ``measure``."""

    def __init__(self, console: Console, measure: str = "nDCG@10") -> None:
        self._measure = measure
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._begin("Starting")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.stop()

    def stage(self, name: str) -> None:
        self._bar.remove_task(self._task)
        self._task = self._begin(name)

    def advance(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)

    def step(self, report: Report) -> None:
        self.advance(report.step, report.steps)
        if report.loss is not None:
            self._bar.update(self._task, loss=f"loss {report.loss:.3f}")
        if report.quality is not None:
            self._bar.console.print(f"step {report.step:,}: {self._measure} {report.quality:.4f}", highlight=False)

    def _begin(self, stage: str) -> TaskID:
        """A bar of the stage's own: that of another would go on with its total and its pace."""
        return self._bar.add_task(stage, total=None, loss="")
