"""The command that annotates an archive, and what `broadsheet index --annotate` does after it has indexed."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from indexer import annotating
from indexer.access import publish_changes, require_archive, writing
from indexer.annotating import Annotator
from indexer.publication import Policy
from search.article import Article
from search.assemble import open_annotator
from search.cli import DataOption, settings_with
from search.errors import BadInput, BroadsheetError
from search.heads.annotator import stored_task
from search.store import Archive

AnnotateOption = Annotated[
    bool | None,
    typer.Option(
        "--annotate/--no-annotate",
        help="Then annotate what is not annotated: topics, sentiment, names (env: BROADSHEET_ANNOTATE).",
        show_default=False,
    ),
]


def annotate(
    data: DataOption = None,
    task: Annotated[
        list[str] | None, typer.Option(help="Only topic, sentiment, entities or a head of your own; may be repeated.", show_default=False)
    ] = None,
    all_over: Annotated[bool, typer.Option("--all-over", help="Annotate again what is annotated already.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the annotations instead.")] = False,
) -> None:
    """Let the heads say of each article its topic, its sentiment and the names in it. Safe to interrupt and to run again."""
    settings = settings_with(data=data)
    console = Console(stderr=True, highlight=False)
    require_archive(settings)
    with writing(settings) as archive:
        if remove:
            _remove(archive, task or ())
        else:
            annotator = open_annotator(settings, task or ())
            if all_over:
                # A head that cannot be opened must not cost what is annotated already.
                annotator.annotate([Article("", "", "A text to try the heads on.")], list(annotator.fingerprints))
                archive.annotating().forget(list(annotator.fingerprints))
            annotate_missing(archive, annotator, console)
        publish_changes(archive, settings, console, Policy())
        for name, count in archive.annotating().tasks().items():
            print(f"{name}\t{count}")


def _remove(archive: Archive, names: Sequence[str]) -> None:
    """Removes the annotations of some tasks, or of all. Raises BadInput for a task of which there are none."""
    held = archive.annotating().tasks()  # a head that is gone leaves annotations behind, so what is stored says what there is to remove
    for name in names:
        if stored_task(name) not in held:
            remedy = f"remove some of {', '.join(held)}" if held else "there is nothing to remove"
            raise BadInput(f"No article is annotated with {name!r}: {remedy}.", field="task")
    archive.annotating().forget([stored_task(name) for name in names] or list(held))


def annotate_missing(archive: Archive, annotator: Annotator, console: Console) -> None:
    """Annotates what is not annotated, with a progress bar; Ctrl-C leaves what is stored and says how to go on."""
    done = annotating.Annotated(0, 0)
    columns = SpinnerColumn(), TextColumn("Annotating"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]:.0f}/s")
    try:
        with Progress(*columns, TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), console=console) as bar:
            task, first = bar.add_task("Annotating", total=None, rate=0.0), None
            for done in annotating.annotate(archive, annotator):
                first = done.done if first is None else first
                elapsed = bar.tasks[task].elapsed or 0.0
                bar.update(task, completed=done.done, total=done.total, rate=(done.done - first) / elapsed if elapsed else 0.0)
    except KeyboardInterrupt:
        raise BroadsheetError(
            f"Interrupted: {done.done:,} of {done.total:,} articles are annotated; run `broadsheet annotate` to go on and to publish them."
        ) from None
