"""The commands that train Broadsheet's models: train bi-encoder, train cross-encoder, train head."""

import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from indexer.training.heads.cli import head
from indexer.training.heads.together_cli import heads
from indexer.training.mining import PairNegatives
from indexer.training.objective import Negatives
from indexer.training.options import (
    INTERRUPTED,
    AccumulateOption,
    FeedbackOption,
    HeldOutOption,
    LearningRateOption,
    ModelOption,
    QueriesArgument,
    QueriesOption,
    SeedOption,
)
from search.assemble import load_encoder
from search.cli import DataOption, EncoderOption, settings_with
from search.errors import BadInput, BroadsheetError
from search.index.published import no_index
from search.settings import BASE_ENCODER, DEFAULT_RERANKER

if TYPE_CHECKING:
    from indexer.training.model_folder import Asked
    from indexer.training.sources import LabelledSet

MOST_QUERIES = 20_000
"""Of an archive's queries, when nothing else is asked for: mining compares each with all passages."""

train = typer.Typer(help="Train models on your own articles.", no_args_is_help=True)
train.command("head")(head)
train.command("heads")(heads)


@train.callback()
def _group() -> None:
    """Train models on your own articles."""


@train.command("bi-encoder")
def bi_encoder(
    out: ModelOption,
    folder: QueriesArgument = None,
    data: DataOption = None,
    feedback: FeedbackOption = False,
    negatives: Annotated[
        list[Negatives] | None, typer.Option(help="May be repeated: in-batch, hard and distilled when not given.", show_default=False)
    ] = None,
    base: Annotated[str, typer.Option(metavar="NAME", help="Bi-encoder to start from, by name, folder or hub id.")] = BASE_ENCODER,
    reranker: Annotated[
        str | None, typer.Option(metavar="NAME", help="Cross-encoder that drops false negatives and is the teacher; slow on a CPU.")
    ] = None,
    batch: Annotated[int, typer.Option(min=2, help="Queries per step; above 64, gradients are cached.")] = 32,
    accumulate: AccumulateOption = 1,
    sampled: Annotated[int, typer.Option(min=1, metavar="K", help="Articles drawn per query by sampled negatives.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Passes; negatives are mined anew before each.")] = 2,
    learning_rate: LearningRateOption = 3e-5,
    queries: QueriesOption = MOST_QUERIES,
    held_out: HeldOutOption = 0.1,
    seed: SeedOption = 17,
) -> None:
    """Tune the bi-encoder on labelled queries, on feedback, or on an archive without any labels. Run it again to go on after Ctrl-C."""
    given = Given(folder, data, feedback)
    labelled, measured = labelled_sets(given, queries, held_out, seed)
    from indexer.training.bi_encoder import Recipe
    from indexer.training.encoder_tuning import Plan, tune_encoder
    from indexer.training.progress import TrainingProgress

    recipe = Recipe(
        seed=seed,
        queries_per_step=batch,
        cached=batch > _LARGE_BATCH,
        accumulate=accumulate,
        noise=sampled,
        epochs=epochs,
        learning_rate=learning_rate,
    )
    plan = Plan(recipe=recipe, reranker=reranker)
    if negatives:
        plan = replace(plan, negatives=frozenset(negatives))
    console = Console(stderr=True, highlight=False)
    try:
        with TrainingProgress(console) as progress:
            outcome = tune_encoder(labelled, measured, base, out, plan, progress, asked(given, queries, held_out))
    except KeyboardInterrupt:
        raise BroadsheetError(INTERRUPTED) from None
    console.print(
        f"nDCG@10 of dense search for {outcome.held_out:,} held-out queries: {outcome.before:.4f} before, {outcome.after:.4f} after "
        f"({outcome.seconds / 60:.1f} minutes). Written to {out}.",
        soft_wrap=True,
    )
    if outcome.masked > 0.5:
        console.print(
            f"The articles are too much alike for the encoder: to a query {outcome.masked:.0%} of them seemed to be relevant, too, "
            "and taught it nothing; begin with another --base.",
            style="yellow",
            soft_wrap=True,
        )
    if outcome.after <= outcome.before:
        console.print("The tuned model is no better than the one it was made from: keep that, or give more queries.", style="yellow")


@train.command("cross-encoder")
def cross_encoder(
    out: ModelOption,
    folder: QueriesArgument = None,
    data: DataOption = None,
    feedback: FeedbackOption = False,
    encoder: EncoderOption = None,
    negatives: Annotated[
        PairNegatives, typer.Option(help="Retrieved nearly as well as the relevant article, or any.")
    ] = PairNegatives.MINED,
    base: Annotated[
        str, typer.Option(metavar="NAME", help="A BERT by name, folder or hub id, or the bundled reranker to go on from.")
    ] = DEFAULT_RERANKER,
    passages: Annotated[int, typer.Option(min=1, help="Passages of a relevant article, of which the best at the time is shown.")] = 3,
    batch: Annotated[int, typer.Option(min=1, help="Queries per step.")] = 6,
    accumulate: AccumulateOption = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Passes, each with other negatives.")] = 2,
    steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many steps.")] = None,
    learning_rate: LearningRateOption = 5e-5,
    queries: QueriesOption = MOST_QUERIES,
    held_out: HeldOutOption = 0.1,
    seed: SeedOption = 17,
) -> None:
    """Tune the reranker on labelled queries, on feedback, or on an archive without any labels. Run it again to go on after Ctrl-C."""
    from indexer.training.cross_encoder import Recipe
    from indexer.training.groups import GroupShape
    from indexer.training.progress import TrainingProgress
    from indexer.training.reranker_tuning import Plan, tune_reranker

    given = Given(folder, data, feedback)
    labelled, measured = labelled_sets(given, queries, held_out, seed)
    recipe = Recipe(
        seed=seed,
        groups_per_step=batch,
        accumulate=accumulate,
        steps=steps,
        learning_rate=learning_rate,
        prior_weight=Plan().recipe.prior_weight,
    )
    plan = Plan(negatives=negatives, recipe=recipe, shape=GroupShape(passages=passages), epochs=epochs)
    console = Console(stderr=True, highlight=False)
    first_stage = load_encoder(settings_with(data=data, encoder=encoder))
    try:
        with TrainingProgress(console) as progress:
            outcome = tune_reranker(labelled, measured, base, first_stage, out, plan, progress, asked(given, queries, held_out))
    except KeyboardInterrupt:
        raise BroadsheetError(INTERRUPTED) from None
    console.print(
        f"nDCG@10 for {outcome.held_out:,} held-out queries: {outcome.hybrid:.4f} without reranking, {outcome.before:.4f} with the model "
        f"it was made from, {outcome.after:.4f} with the new one ({outcome.seconds / 60:.1f} minutes). Written to {out}.",
        soft_wrap=True,
    )
    if outcome.after <= max(outcome.hybrid, outcome.before):
        console.print("The tuned model is no better than the one it was made from: keep that, or give more queries.", style="yellow")


_LARGE_BATCH = 64


@dataclass(frozen=True)
class Given:
    """Where the labelled queries are: a folder, or an archive with or without its feedback."""

    folder: Path | None = None
    data: Path | None = None
    feedback: bool = False


def asked(given: Given, queries: int, share: float) -> "Asked":
    """What this process was asked for, for whoever finds the model."""
    from indexer.training.model_folder import Asked

    source = given.folder or settings_with(data=given.data).data
    labels = {"source": str(source.resolve()), "feedback": given.feedback, "queries": queries, "held_out": share}
    return Asked(shlex.join(["broadsheet", *sys.argv[1:]]), labels)


def labelled_sets(given: Given, queries: int, share: float, seed: int) -> "tuple[LabelledSet, LabelledSet]":
    """What to train on and what to measure with: a folder's splits, the archive's feedback, or queries made from the archive.

    No article that is relevant for the second is in the first. Of more than ``queries`` queries so many are drawn.
    """
    from indexer.training.labelled import apart, drawn, from_archive, from_feedback, hold_out, read_folder
    from search.assemble import DATABASE, open_data

    if given.folder is not None and given.feedback:
        raise BadInput("A folder of labelled queries and --feedback are given: train on one of them.", field="feedback")
    if given.folder is not None and given.data is not None:
        raise BadInput("A folder of labelled queries and --data are given: train on one of them.", field="data")
    if given.folder is not None:
        labelled = read_folder(given.folder)
        if (given.folder / "qrels" / "dev.tsv").is_file():
            measured = read_folder(given.folder, "dev")
            return drawn(apart(labelled, measured), queries, seed), measured
        return hold_out(drawn(labelled, queries, seed), share, seed)
    settings = settings_with(data=given.data)
    if settings.database_url is None and not (settings.data / DATABASE).exists():
        raise no_index(settings.data)
    with open_data(settings) as archive:
        return hold_out(drawn(from_feedback(archive) if given.feedback else from_archive(archive), queries, seed), share, seed)
