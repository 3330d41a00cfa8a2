"""Whoever waits for a training sees what it does, how far that is, and what was measured."""

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO

from rich.console import Console

from indexer.training.progress import TrainingProgress


@dataclass(frozen=True)
class Step:
    step: int
    steps: int
    loss: float | None
    quality: float | None = None


def seen(*told: Callable[[TrainingProgress], None]) -> str:
    """What is seen after a training has told this."""
    file = StringIO()
    with TrainingProgress(Console(file=file, width=100)) as progress:
        for tell in told:
            tell(progress)
    return " ".join(file.getvalue().split())


def test_every_stage_has_a_bar_of_its_own() -> None:
    def mined(progress: TrainingProgress) -> None:
        progress.stage("Mining")
        progress.advance(30, 1200)

    assert "30/1200" in seen(mined)
    after = seen(mined, lambda progress: progress.stage("Training"))
    assert "Training" in after
    assert "0/?" in after
    assert "Mining" not in after


def test_training_shows_its_loss_and_a_line_for_what_was_measured() -> None:
    def trained(progress: TrainingProgress) -> None:
        progress.stage("Training")
        progress.step(Step(3, 90, 0.5))
        progress.step(Step(3, 90, None, 0.75))

    assert "3/90 loss 0.500" in seen(trained)
    assert "step 3: nDCG@10 0.7500" in seen(trained)
    assert "loss" not in seen(trained, lambda progress: progress.stage("Mining"))
