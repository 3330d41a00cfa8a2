"""The command that adapts the models to an archive."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from indexer.training.progress import TrainingProgress
from search.assemble import DATABASE, NO_RERANKER, load_encoder, load_reranker, open_data, settings_of
from search.cli import DataOption, settings_with
from search.errors import BadInput, BroadsheetError
from search.index.published import no_index
from search.protocols import Encoder, Reranker
from search.settings import Settings

if TYPE_CHECKING:
    from indexer.adapting.outcome import Report


def adapt(
    out: Annotated[Path, typer.Option("--out", metavar="MODELS", help="Folder for the new models.")],
    data: DataOption = None,
    queries: Annotated[Path | None, typer.Option(help="Judged queries to measure on, too: BEIR's queries.jsonl.")] = None,
    qrels: Annotated[Path | None, typer.Option(help="Their judgements: query-id, corpus-id, score, parted by tabs.")] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="Time for everything, measuring included.")] = 30.0,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of training for each model, instead of a time.")] = None,
    language_model: Annotated[
        bool,
        typer.Option(
            "--language-model/--no-language-model",
            help="First go on with BERT's pre-training: a tenth of the training time, and no gain in 20 minutes on two cores.",
        ),
    ] = True,
    cross_encoder: Annotated[bool, typer.Option("--cross-encoder/--no-cross-encoder", help="Tune the cross-encoder, too.")] = True,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew: drop what an interrupted run has left in MODELS.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Move the index to the new encoder if it is better.")] = False,
    pool: Annotated[int, typer.Option(min=1, metavar="N", help="Articles in whose bodies the held-out headlines are searched.")] = 2_000,
    seed: Annotated[int, typer.Option(help="Decides what is held out and drawn.")] = 17,
) -> None:
    """Adapt the models to the archive, without labels, and keep what is better. Safe to interrupt and to run again."""
    # Imported here: torch and the trainers take seconds.
    from indexer.adapting.adaptation import Start
    from indexer.adapting.adaptation import adapt as run
    from indexer.adapting.corpus import Extent
    from indexer.adapting.plan import Plan
    from indexer.adapting.run import discard
    from indexer.adapting.verdict import printed
    from indexer.judgements import Judged

    if (queries is None) != (qrels is None):
        raise BadInput("Judged queries need both files: give --queries and --qrels.", field="queries")
    settings = settings_with(data=data)
    if settings.database_url is None and not (settings.data / DATABASE).exists():
        raise no_index(settings.data)
    judged = Judged.read(queries, qrels) if queries and qrels else None
    console = Console(stderr=True, highlight=False)
    with open_data(settings) as archive:
        identity = archive.identity()
        if identity is None:
            raise no_index(settings.data)
        settings = settings_of(archive, settings)
        reranker = None if settings.reranker == NO_RERANKER else settings.reranker
        start = Start(archive, identity, settings.encoder or "", reranker, judged, settings.data.resolve().name)
        plan = Plan(minutes, steps, language_model, cross_encoder, seed, extent=Extent(pool=pool))
        try:
            out.mkdir(parents=True, exist_ok=True)
            if restart:
                discard(out)
            with _Progress(console) as progress:
                report = run(start, plan, out, _Models(settings), progress)
        except OSError as error:
            if error.strerror is None:  # not of the operating system
                raise
            raise BroadsheetError(f"{out} cannot be written ({error.strerror}): make room, or give another folder with --out.") from error
        except KeyboardInterrupt:
            raise BroadsheetError("Interrupted, and no model was changed: run the same command again to go on.") from None
    for table in printed(report.table):
        Console(highlight=False).print(table)
    console.print(summary(report, out, settings, applied=apply), soft_wrap=True)
    if apply and report.encoder:
        from indexer.cli import reindex

        reindex(data=data, encoder=str(report.encoder))


def summary(report: "Report", out: Path, settings: Settings, *, applied: bool) -> str:
    """What was kept, and what to run next, but for moving the index where that is ``applied`` at once."""
    told = [f"{name.capitalize()}: {stage.steps:,} steps in {stage.seconds / 60:.1f} minutes." for name, stage in report.stages.items()]
    if report.perplexity:
        perplexity = ", ".join(f"{value:,.0f} {name}" for name, value in report.perplexity.items())
        told.append(f"Pseudo-perplexity of held-out texts: {perplexity}.")
    if report.encoder:
        told.append(f"The new bi-encoder is better and is in {report.encoder}.")
        if not applied:
            told.append(f"Next: broadsheet reindex --data {settings.data} --encoder {report.encoder}")
    else:
        told.append("The new bi-encoder is not better beyond chance and was not kept: the archive stays as it is.")
    if report.reranker:
        told.append(f"The new cross-encoder is better and is in {report.reranker}.")
        told.append(f"Next: broadsheet serve --data {settings.data} --reranker {report.reranker}")
    elif "cross-encoder" in report.stages:
        told.append("The new cross-encoder is not better beyond chance and was not kept.")
    return "\n".join([*told, f"All figures are in {out / 'report.json'}."])


class _Models:
    """Loads models with the settings' device and precision."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def encoder(self, name: str) -> Encoder:
        return load_encoder(self._settings.model_copy(update={"encoder": name}))

    def reranker(self, name: str) -> Reranker:
        loaded = load_reranker(self._settings.model_copy(update={"reranker": name}))
        assert loaded is not None  # only the name "none" stands for no reranker
        return loaded


class _Progress(TrainingProgress):
    """The bar of every stage, and a line that stays."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._console = console

    def stage(self, name: str) -> None:
        self._console.print(name)
        super().stage(name)
