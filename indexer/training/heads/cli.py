"""The command that trains a head of one's own: train head."""

import os
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from indexer.training.options import INTERRUPTED, AccumulateOption, SeedOption
from search.cli import DataOption, settings_with
from search.errors import BadInput, BroadsheetError
from search.heads.card import HeadCard, Kind, Reads
from search.heads.catalogue import OWN
from search.models.device import DeviceName
from search.settings import BASE_ENCODER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.training.heads.examples import Columns, Example
    from indexer.training.heads.own_body import SingleRecipe


class Truncations(StrEnum):
    """Which of two texts that are too long together is cut."""

    LONGEST = "longest"
    PROPORTIONAL = "proportional"
    SECOND = "second"


class Features(StrEnum):
    """Which vectors of a model that is not tuned a head reads."""

    CLS = "cls"
    MEAN = "mean"


def head(
    task: Annotated[str, typer.Argument(help="A name for it, such as section: that of its endpoint and its facet.")],
    train: Annotated[Path, typer.Option(metavar="FILE", help="CSV, TSV, JSONL, CoNLL, CoNLL-U or SQuAD JSON.")],
    dev: Annotated[Path | None, typer.Option(metavar="FILE", help="To measure with; without it a tenth is held out.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="What it answers; without it the file tells.", show_default=False)] = None,
    pair: Annotated[bool, typer.Option("--pair", help="It reads two texts; without this the columns tell.")] = False,
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="Of the text, or of the first of two.", show_default=False)] = None,
    second: Annotated[str | None, typer.Option(metavar="COLUMN", help="Of the second text.", show_default=False)] = None,
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="Of the label, or of the number.", show_default=False)] = None,
    base: Annotated[str, typer.Option(metavar="NAME", help="A model of the BERT family: bundled, a folder or a hub id.")] = BASE_ENCODER,
    freeze: Annotated[bool, typer.Option("--freeze", help="Train the last layer only.")] = False,
    adapter: Annotated[bool, typer.Option("--adapter", help="Train the last layer and adapters (LoRA), merged at the end.")] = False,
    features: Annotated[
        Features | None,
        typer.Option(help="Train a logistic regression on vectors of the model instead; each text is read once.", show_default=False),
    ] = None,
    epochs: Annotated[float, typer.Option(min=0.1, help="Passes over the examples, if no early end is better.")] = 3.0,
    batch: Annotated[int, typer.Option("--batch", "--batch-size", min=1, help="Examples per step.")] = 16,
    accumulate: AccumulateOption = 1,
    learning_rate: Annotated[float | None, typer.Option(min=0.0, help="Largest one.", show_default="what suits the model")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=8, help="Where texts are cut.", show_default="256, or less by kind")] = None,
    truncation: Annotated[
        Truncations | None, typer.Option(help="Which of two texts that are too long together is cut.", show_default="longest")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Threads that tokenize.", show_default="all cores")] = None,
    out: Annotated[Path | None, typer.Option(metavar="HEAD", help="Folder for the head.", show_default="DIR/heads/TASK")] = None,
    data: DataOption = None,
    seed: SeedOption = 17,
) -> None:
    """Train a head on labels of your own: the classes of texts or pairs, tags, answers, choices. Run it again to go on after Ctrl-C."""
    from indexer.training.heads.definition import Reading, define_head, hold_out, most_frequent, require_known
    from indexer.training.heads.examples import Columns, read_examples
    from indexer.training.heads.own_body import SingleRecipe, Tuning

    if freeze + adapter + (features is not None) > 1:
        raise BadInput("--freeze, --adapter and --features exclude each other: give one of them.", field="freeze")
    if workers is not None:
        os.environ["RAYON_NUM_THREADS"] = str(workers)  # read by the tokenizers library when it first needs threads
    settings = settings_with(data=data)
    columns = Columns(text, second, label, usual_target=task)
    wanted, reads = _kind(train, columns, kind, pair)
    examples = read_examples(train, wanted, reads, columns)
    card = define_head(task, wanted, reads, examples, train, Reading(max_tokens, truncation.value if truncation else None))
    learned, measured = (examples, read_examples(dev, wanted, reads, columns)) if dev else hold_out(examples)
    card = replace(card, trained_on=f"{len(learned):,} examples of {train.name}")
    require_known(card.labels, measured, dev or train)
    console = Console(stderr=True, highlight=False)
    place = out or settings.data / OWN / task
    console.print(f"{card.description} {len(learned):,} examples to learn from, {len(measured):,} to measure with.", soft_wrap=True)
    if features is not None:
        from indexer.training.heads.frozen import train_frozen

        with console.status("Training"):
            card = train_frozen(card, learned, measured, base, features.value, place, device=settings.device, precision=settings.precision)
    else:
        tuning = Tuning.NONE if freeze else Tuning.ADAPTERS if adapter else Tuning.FULL
        recipe = SingleRecipe(base, tuning, seed, epochs, batch, accumulate, learning_rate)
        card = _tuned(card, learned, measured, recipe, place, settings.device, console)
    baseline = most_frequent(learned, measured) if wanted is Kind.CLASSIFICATION else None
    _print_figures(card, len(measured), baseline)
    named = f" {task}" if card.endpoint in _NAMING_TASKS else ""
    use = f"broadsheet {card.endpoint[1:]}{named} …{f' --data {data}' if data else ''}"
    console.print(f"Written to {place}. {'Use it' if out is None else f'Put it into DIR/{OWN}/{task} to use it'}: {use}", soft_wrap=True)


def _tuned(
    card: HeadCard,
    learned: "Sequence[Example]",
    measured: "Sequence[Example]",
    recipe: "SingleRecipe",
    place: Path,
    device: DeviceName,
    console: Console,
) -> HeadCard:
    """The card of a head that was trained with a bar that shows how far it is."""
    from indexer.training.heads.evaluation import name_of_main
    from indexer.training.heads.single import train_single
    from indexer.training.progress import TrainingProgress

    try:
        with TrainingProgress(console, name_of_main(card)) as progress:
            return train_single(card, learned, measured, recipe, place, device=device, listener=progress)
    except KeyboardInterrupt:
        raise BroadsheetError(INTERRUPTED) from None


_NAMING_TASKS = ("/classify", "/pair", "/tag")
_PAIRED = (Kind.REGRESSION, Kind.SPAN, Kind.CHOICE)


def _kind(path: Path, columns: "Columns", kind: Kind | None, pair: bool) -> tuple[Kind, Reads]:
    """What was asked for, else what the file teaches."""
    from indexer.training.heads.examples import infer_kind, infer_reads
    from indexer.training.heads.rows import TABLES

    if kind is None:
        found, reads = infer_kind(path, columns)
    else:
        tells = kind is Kind.CLASSIFICATION and path.suffix.lower() in TABLES
        found, reads = kind, infer_reads(path, columns) if tells else Reads.TEXT
    return found, Reads.PAIR if pair or columns.second or found in _PAIRED else reads


def _print_figures(card: HeadCard, count: int, baseline: float | None) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(f"on {count:,} examples that it has not learned from")
    table.add_column("", justify="right")
    for name, value in card.figures.items():
        table.add_row(name.replace("_", " "), f"{value:.4f}")
    if baseline is not None:
        table.add_row("accuracy of the most frequent label", f"{baseline:.4f}", style="dim")
    Console(highlight=False).print(table)
