"""The commands that make, keep and measure an archive: index, delete, stats, rebuild, reindex, export, evaluate."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from indexer.access import publish_changes, reading, writing
from indexer.annotating_cli import AnnotateOption, annotate_missing
from indexer.dump import Dump, Format
from indexer.indexing import Counts, Cutting, Indexer
from indexer.lock import reindexer_lock, writer_lock
from indexer.publication import ANEW, Policy
from indexer.readers.record import Rejected
from indexer.reindexing import Collected, collect, move
from search.assemble import database_url, load_encoder, open_annotator, settings_of
from search.cli import DataOption, EncoderOption, settings_with
from search.errors import BadInput, BadRecord, BroadsheetError, NoIndex, WriterBusy
from search.index.published import no_index, open_current
from search.models.loading import encoder_folder, fingerprint, lasting_name
from search.protocols import Encoder
from search.settings import Settings
from search.store import Archive, Identity


def index(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Dump files or folders of them; - for standard input.")],
    data: DataOption = None,
    file_format: Annotated[Format, typer.Option("--format", help="Format of the dumps; auto looks at names and contents.")] = Format.AUTO,
    encoder: EncoderOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first record that cannot be used.")] = False,
    annotate: AnnotateOption = None,
) -> None:
    """Index dumps of articles: new ones are added, changed ones updated. Safe to interrupt and to run again."""
    settings = settings_with(data=data, encoder=encoder)
    dump = Dump.open(paths, file_format)
    console = Console(stderr=True, highlight=False)
    with writing(settings) as archive:
        counts = _index(dump, settings, archive, console, strict)
        try:
            if settings.annotate if annotate is None else annotate:
                annotate_missing(archive, open_annotator(settings), console)
        finally:  # what is indexed is found, even if it could not be annotated
            publish_changes(archive, settings, console, Policy())
            console.print(_summary(counts), soft_wrap=True)
    if counts.rejected:
        raise BroadsheetError(f"{counts.rejected:,} of {counts.records:,} records could not be used: correct them and index them again.")


def delete(
    keys: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids or URLs under which the articles were indexed.")],
    data: DataOption = None,
) -> None:
    """Delete articles."""
    settings = settings_with(data=data)
    console = Console(stderr=True, highlight=False)
    with writing(settings) as archive:
        deleted = archive.delete(keys)
        publish_changes(archive, settings, console, Policy())
    print(f"Deleted {len(deleted):,} articles.")
    missing = sorted(set(keys) - set(deleted))
    if missing:
        raise BroadsheetError(f"{len(missing):,} of {len(set(keys)):,} ids are not in the archive: {', '.join(missing[:5])}.")


def stats(data: DataOption = None, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Show what the archive and the published index hold."""
    settings = settings_with(data=data)
    with reading(settings) as archive:
        stored = archive.statistics()
        figures: dict[str, Any] = {
            "articles": stored.articles,
            "passages": stored.passages,
            "revision": stored.revision,
            "encoder": stored.identity.encoder_name if stored.identity else None,
            "encoder_fingerprint": stored.identity.encoder_fingerprint if stored.identity else None,
            "database_bytes": stored.bytes_on_disk,
        }
    try:
        opened = open_current(settings.data)
    except NoIndex:
        figures["snapshot"] = None
    else:
        manifest = opened.snapshot.manifest
        figures |= {
            "snapshot": manifest.name,
            "snapshot_articles": manifest.articles,
            "snapshot_passages": manifest.passages,
            "snapshot_revision": manifest.revision,
            "snapshot_segments": len(manifest.segments),
            "snapshot_bytes": sum(file.bytes for file in manifest.files.values()),
            "notice": opened.notice,
        }
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):20} {f'{value:,}' if isinstance(value, int) else value if value is not None else '-'}")


def rebuild(data: DataOption = None, encoder: EncoderOption = None) -> None:
    """Write the index anew from the database, without encoding anything."""
    settings = settings_with(data=data)
    console = Console(stderr=True, highlight=False)
    with writing(settings) as archive:
        identity = archive.identity()
        if encoder is not None and identity is not None:
            found = fingerprint(encoder_folder(encoder))
            archive.claim(replace(identity, encoder_fingerprint=found, encoder_name=lasting_name(encoder)))
        publish_changes(archive, settings, console, ANEW)


def reindex(data: DataOption = None, encoder: EncoderOption = None) -> None:
    """Move the index to another encoder while the old one keeps serving. Safe to interrupt and to run again."""
    settings = settings_with(data=data)
    console = Console(stderr=True, highlight=False)
    if hasattr(os, "nice"):
        os.nice(5)  # whoever searches meanwhile comes first
    with reading(settings) as archive, reindexer_lock(database_url(settings), settings.data):
        identity, before = archive.identity(), archive.reindexing().target()
        if identity is None:
            raise no_index(settings.data)
        name = encoder or (before.encoder_name if before else None)
        if name is None:
            raise BadInput("Say to which encoder the index shall move: --encoder NAME.", field="encoder")
        model = load_encoder(settings.model_copy(update={"encoder": name}))
        if model.fingerprint == identity.encoder_fingerprint:
            archive.reindexing().abandon()
            console.print(f"The archive is made with the encoder {identity.encoder} already.", soft_wrap=True)
        else:
            if before is not None and before.encoder_fingerprint != model.fingerprint:
                console.print(f"What was collected for the encoder {before.encoder} is removed.", soft_wrap=True)
            _collect(archive, model, lasting_name(name), console)
        with _when_free(settings, console):
            if model.fingerprint == identity.encoder_fingerprint:
                archive.claim(replace(identity, encoder_name=lasting_name(name)))
                publish_changes(archive, settings, console, Policy())
            else:
                with console.status("Changing to the new vectors"):
                    manifest = move(archive, settings.data, model, lasting_name(name))
                assert manifest is not None  # the snapshot before is of another encoder
                console.print(
                    f"Published {manifest.articles:,} articles in {manifest.passages:,} passages, made with {manifest.encoder_name}. "
                    "A server that runs changes to it within seconds; leave out --encoder and BROADSHEET_ENCODER from now on.",
                    soft_wrap=True,
                )


def export(
    data: DataOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="A file instead of standard output.")] = None,
) -> None:
    """Write all articles as JSON lines that `broadsheet index` reads back."""
    from indexer.export import write_jsonl

    settings = settings_with(data=data)
    with reading(settings) as archive:
        if output is None:
            write_jsonl(archive, sys.stdout)
            return
        beside = output.with_name(f".{output.name}.part")
        try:
            with beside.open("w", encoding="utf-8") as file:
                write_jsonl(archive, file)
            beside.replace(output)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise BroadsheetError(f"{output} cannot be written ({error.strerror}): give another file with --output.") from error


def _index(dump: Dump, settings: Settings, archive: Archive, console: Console, strict: bool) -> Counts:
    """Stores every record of the dump, with a progress bar; Ctrl-C leaves what is stored and says how to go on."""
    settings = settings_of(archive, settings)
    encoder = load_encoder(settings)
    cutting = Cutting(settings.passage_words, settings.passage_step)
    archive.claim(Identity(encoder.fingerprint, encoder.dimension, cutting.words, cutting.step, lasting_name(settings.encoder or "")))

    def report(rejected: Rejected) -> None:
        message = f"{rejected.place}: {rejected.reason}"
        if strict:
            raise BadRecord(f"{message} Everything before it is stored; correct it and run the same command again.")
        console.print(message, style="yellow", markup=False, soft_wrap=True)

    indexer = Indexer(archive, encoder, cutting, report)
    counts = Counts()
    try:
        with _progress_bar(console) as bar:
            task = bar.add_task("Indexing", total=dump.total_bytes, articles=0, rate=0.0)
            for progress in indexer.run(dump, datetime.now(UTC)):
                counts = progress.counts
                elapsed = bar.tasks[task].elapsed or 0.0
                rate = counts.records / elapsed if elapsed else 0.0
                bar.update(task, completed=dump.read_bytes, articles=counts.records, rate=rate)
    except KeyboardInterrupt:
        raise BroadsheetError(
            f"Interrupted: {counts.added + counts.updated:,} articles of this run are stored; run the same command again to go on."
        ) from None
    return counts


def _collect(archive: Archive, encoder: Encoder, name: str, console: Console) -> None:
    """Encodes every passage anew, with a progress bar; Ctrl-C leaves what is stored and says how to go on."""
    collected = Collected(0, 0)
    columns = SpinnerColumn(), TextColumn("Encoding anew"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left")
    try:
        with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
            task = bar.add_task("Encoding anew", total=None)
            for collected in collect(archive, encoder, name):
                bar.update(task, completed=collected.done, total=collected.total)
    except KeyboardInterrupt:
        raise BroadsheetError(
            f"Interrupted: {collected.done:,} of {collected.total:,} passages are encoded anew, and the index serves as before; "
            f"run `broadsheet reindex --encoder {name}` again to go on."
        ) from None


@contextmanager
def _when_free(settings: Settings, console: Console) -> Iterator[None]:
    """The writer lock, as soon as whoever has it has finished."""
    with ExitStack() as held:
        said = False
        while True:
            try:
                held.enter_context(writer_lock(database_url(settings), settings.data))
                break
            except WriterBusy as error:
                if not said:
                    console.print(
                        f"All passages are encoded. {str(error).partition(':')[0]}: waiting until it has finished.", soft_wrap=True
                    )
                said = True
                time.sleep(1)
        yield


def _progress_bar(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[articles]:,} articles, {task.fields[rate]:.0f}/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )


def _summary(counts: Counts) -> str:
    return (
        f"{counts.records:,} records: {counts.added:,} added, {counts.updated:,} updated, {counts.unchanged:,} unchanged, "
        f"{counts.duplicates:,} exact duplicates left out, {counts.rejected:,} rejected."
    )
