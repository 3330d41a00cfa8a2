"""The commands for what readers said of results: feedback export, feedback forget, feedback stats."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from search.cli import DataOption, settings_with
from search.dates import parse_period
from search.store import Archive

feedback = typer.Typer(help="Clicks and marks of results, where a server keeps them.", no_args_is_help=True)

EtaOption = Annotated[
    float | None,
    typer.Option(
        "--eta",
        min=0.0,
        max=3.0,
        help="Position bias: a result at place k is looked at 1 / k**eta as often as the first. Estimated when not given, else 1.",
        show_default=False,
    ),
]


@feedback.callback()
def _group() -> None:
    """Clicks and marks of results, where a server keeps them."""


@feedback.command("export")
def export(
    folder: Annotated[Path, typer.Argument(help="A new folder, in BEIR's layout, that `train` and `evaluate` read.")],
    data: DataOption = None,
    eta: EtaOption = None,
) -> None:
    """Write the archive and what its readers found relevant as judged queries, position bias corrected."""
    from indexer.feedback.folder import write_folder
    from indexer.feedback.training_set import feedback_labels

    with _archive(data) as archive:
        labels = feedback_labels(archive, eta)
        count = write_folder(archive, labels, folder)
    how = "estimated" if labels.estimated else "given" if eta is not None else "assumed: too few clicks to estimate it"
    console = Console(stderr=True, highlight=False)
    console.print(
        f"Wrote {count:,} labels of {len(labels.queries):,} queries to {folder}, from {labels.showings:,} pages of results "
        f"(eta {labels.eta:.2f}, {how}).",
        soft_wrap=True,
    )
    if labels.unusable:
        console.print(f"{labels.unusable:,} queries are left out: nothing was found relevant to them.", soft_wrap=True)


@feedback.command("forget")
def forget(
    before: Annotated[str, typer.Option(metavar="DATE", help="Everything from before this day, such as 2026-03-01, is removed.")],
    data: DataOption = None,
) -> None:
    """Remove old feedback, so that it cannot be read from the database file either."""
    day = parse_period(before, "before").first.date()
    with _archive(data) as archive:
        print(f"Removed {archive.feedback().forget(day):,} pages of results with what was done with them.")


@feedback.command("stats")
def stats(data: DataOption = None, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Show how much feedback is kept."""
    with _archive(data) as archive:
        counts = archive.feedback().counts()
    figures = {
        "showings": counts.showings,
        "clicks": counts.clicks,
        "relevant": counts.relevant,
        "not_relevant": counts.not_relevant,
        "first": counts.first and counts.first.isoformat(),
        "last": counts.last and counts.last.isoformat(),
    }
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):20} {f'{value:,}' if isinstance(value, int) else value if value is not None else '-'}")


def _archive(data: Path | None) -> Archive:
    """The archive of a data folder that exists; the writer lock is not needed."""
    from search.assemble import DATABASE, open_data
    from search.index.published import no_index

    settings = settings_with(data=data)
    if settings.database_url is None and not (settings.data / DATABASE).exists():
        raise no_index(settings.data)
    return open_data(settings)
