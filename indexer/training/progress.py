"""What a training shows while it runs, and the cross-encoder it may ask."""

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from indexer.training.negatives import Judge

Floats = npt.NDArray[np.float32]


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
    """Hears how a training gets on."""

    def stage(self, name: str) -> None: ...

    def step(self, report: Report) -> None: ...


class TrainingProgress:
    """A bar for the steps, with the loss, and a line for every stage and every measurement, called ``measure``."""

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
        self._task = self._bar.add_task("Starting", total=None, loss="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.stop()

    def stage(self, name: str) -> None:
        self._bar.update(self._task, description=name)

    def step(self, report: Report) -> None:
        self._bar.update(self._task, completed=report.step, total=report.steps)
        if report.loss is not None:
            self._bar.update(self._task, loss=f"loss {report.loss:.3f}")
        if report.quality is not None:
            self._bar.console.print(f"step {report.step:,}: {self._measure} {report.quality:.4f}", highlight=False)


def read_judge(reranker: str) -> Judge:
    """The log-odds of relevance that a cross-encoder, bundled, in a folder or on a hub, gives to pairs."""
    from search.models.reranker import CrossEncoderReranker

    model = CrossEncoderReranker.load(reranker)

    def judge(pairs: Sequence[tuple[str, str]]) -> Floats:
        relevance = np.clip(model.relevance(pairs), 1e-6, 1 - 1e-6)
        logits: Floats = np.log(relevance / (1 - relevance))
        return logits

    return judge
