"""The command that trains several heads on one body: train heads."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from indexer.training.options import INTERRUPTED, SeedOption
from search.cli import DataOption, settings_with
from search.errors import BadInput, BroadsheetError
from search.heads.card import HeadCard
from search.heads.catalogue import OWN
from search.settings import BASE_ENCODER


def heads(
    tasks: Annotated[list[str], typer.Argument(metavar="TASK=FILE…", help="A name for each head, and the file that it learns from.")],
    base: Annotated[str, typer.Option(metavar="NAME", help="A BERT: bundled, a folder or a hub id.")] = BASE_ENCODER,
    epochs: Annotated[float, typer.Option(min=0.1, help="Passes over the examples of each.")] = 3.0,
    learning_rate: Annotated[float, typer.Option(min=0.0, help="Largest one, of the body.")] = 1e-4,
    data: DataOption = None,
    seed: SeedOption = 17,
) -> None:
    """Train several heads on one body that they share, which is read once for all of them. Run it again to go on after Ctrl-C."""
    from indexer.training.heads.shared_body import Recipe
    from indexer.training.heads.together import read_lesson, train_together
    from indexer.training.progress import TrainingProgress

    files = _files(tasks)
    settings = settings_with(data=data)
    console = Console(stderr=True, highlight=False)
    lessons = [read_lesson(task, path) for task, path in files.items()]
    for lesson in lessons:
        told = f"{len(lesson.train):,} examples to learn from, {len(lesson.dev):,} to measure with."
        console.print(f"{lesson.card.task}: {lesson.card.description} {told}", soft_wrap=True)
    recipe = Recipe(seed=seed, body_learning_rate=learning_rate)
    folder = settings.data / OWN
    try:
        with TrainingProgress(console) as progress:
            cards = train_together(lessons, base, recipe, epochs, folder, device=settings.device, listener=progress)
    except KeyboardInterrupt:
        raise BroadsheetError(INTERRUPTED) from None
    _print_figures(cards)
    console.print(f"Written to {folder}: {', '.join(files)}.", soft_wrap=True)


def _files(tasks: list[str]) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for given in tasks:
        task, _, path = given.partition("=")
        if not task or not path:
            raise BadInput(f"{given!r} names no head and its file: write it as section=sections.csv.", field="tasks")
        if task in files:
            raise BadInput(f"The head {task!r} is given twice: give each another name.", field="tasks")
        files[task] = Path(path)
    if len(files) < 2:
        raise BadInput("There is one head alone: give at least two to share a body, or use `broadsheet train head`.", field="tasks")
    return files


def _print_figures(cards: list[HeadCard]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("on examples that were not learned from")
    table.add_column("")
    table.add_column("", justify="right")
    for card in cards:
        for name, value in card.figures.items():
            table.add_row(card.task, name.replace("_", " "), f"{value:.4f}")
    Console(highlight=False).print(table)
