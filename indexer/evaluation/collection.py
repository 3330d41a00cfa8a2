"""A folder in the layout of BEIR, and the archive that its corpus is kept in once it was indexed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from indexer.dump import Dump
from indexer.indexing import Counts, Cutting, Indexer
from indexer.judgements import Judged
from indexer.lock import writer_lock
from indexer.publication import ANEW, publish
from indexer.readers.record import Rejected
from search.assemble import create_folder, database_url, open_data
from search.errors import BadInput, BroadsheetError, DamagedSnapshot, NoIndex
from search.index.published import open_current
from search.models.loading import lasting_name
from search.protocols import Encoder
from search.settings import DEFAULT_ENCODER, Settings
from search.store import Identity

_LAYOUT = "a folder with corpus.jsonl, queries.jsonl and qrels/*.tsv (BEIR's layout)"
_PREFERRED = ("test", "dev")
_ARCHIVES = "evaluation"  # folder of these archives in the data folder
_NOTE = "corpus.json"


@dataclass(frozen=True, slots=True)
class Collection:
    """A corpus with judged queries. ``split`` is the name of the file of judgements, without its suffix."""

    name: str
    corpus: Path
    split: str
    judged: Judged

    @classmethod
    def open(cls, folder: Path, split: str | None = None) -> Self:
        """The collection of a folder; of several splits "test", else "dev", unless one is named.

        Raises BadInput when a file is missing or cannot be used, and names it.
        """
        if not folder.is_dir():
            raise BadInput(f"{folder} is not a folder: give {_LAYOUT}.", field="folder")
        corpora = sorted(folder.glob("corpus.jsonl*"))
        for name, found in (("corpus.jsonl", bool(corpora)), ("queries.jsonl", (folder / "queries.jsonl").is_file())):
            if not found:
                raise BadInput(f"{folder} has no {name}: give {_LAYOUT}.", field="folder")
        qrels = _qrels(folder, split)
        return cls(folder.resolve().name, corpora[0], qrels.stem, Judged.read(folder / "queries.jsonl", qrels))


class CorpusNote(BaseModel):
    """What became of a corpus when it was indexed; kept beside the index, where it says that all of it is there."""

    model_config = ConfigDict(frozen=True)

    name: str
    file_sha256: str
    articles: int
    duplicates: int
    rejected: int


@dataclass(frozen=True, slots=True)
class KeptCorpus:
    """The settings of the archive that holds the corpus, and what became of the corpus."""

    settings: Settings
    note: CorpusNote


def keep(
    collection: Collection,
    settings: Settings,
    encoder: Encoder,
    advance: Callable[[int, int], None],
    report: Callable[[Rejected], None],
) -> KeptCorpus:
    """The corpus as an archive under the data folder, indexed now unless it is there already.

    There is one for each corpus, encoder and way of cutting, so that nothing else ever shares an index with it and a changed corpus or
    a new encoder gets its own. ``advance`` is told how many bytes of how many were read. An interrupted run goes on where it was.
    """
    digest = _file_sha256(collection.corpus)
    made_of = f"{digest} {encoder.fingerprint} {settings.passage_words} {settings.passage_step}"
    short = hashlib.sha256(made_of.encode()).hexdigest()[:12]
    folder = settings.data / _ARCHIVES / f"{collection.name}-{short}"
    kept = settings.model_copy(update={"data": folder, "database_url": None})
    note = _read_note(folder)
    if note is None:
        create_folder(folder)
        note = _index(collection, digest, kept, encoder, advance, report)
        _write_note(folder, note)
    else:
        _make_readable(kept)
    return KeptCorpus(kept, note)


def _index(
    collection: Collection,
    digest: str,
    settings: Settings,
    encoder: Encoder,
    advance: Callable[[int, int], None],
    report: Callable[[Rejected], None],
) -> CorpusNote:
    dump = Dump.open([str(collection.corpus)])
    cutting = Cutting(settings.passage_words, settings.passage_step)
    counts = Counts()
    with writer_lock(database_url(settings), settings.data), open_data(settings) as archive:
        name = lasting_name(settings.encoder or DEFAULT_ENCODER)
        archive.claim(Identity(encoder.fingerprint, encoder.dimension, cutting.words, cutting.step, name))
        try:
            for progress in Indexer(archive, encoder, cutting, report).run(dump, datetime.now(UTC)):
                counts = progress.counts
                advance(dump.read_bytes, dump.total_bytes or dump.read_bytes)
        except KeyboardInterrupt:
            raise BroadsheetError(
                f"Interrupted: {archive.statistics().articles:,} articles of {collection.corpus} are stored; "
                "run the same command again to go on."
            ) from None
        articles = archive.statistics().articles
        if not articles:
            raise BadInput(f"{collection.corpus} holds no article that can be used: there is nothing to search.", field="corpus")
        publish(archive, settings.data)
    return CorpusNote(name=collection.name, file_sha256=digest, articles=articles, duplicates=counts.duplicates, rejected=counts.rejected)


def _make_readable(settings: Settings) -> None:
    """Writes the index anew from the database where it is damaged, or of a version that wrote it in another format."""
    try:
        open_current(settings.data)
    except (DamagedSnapshot, NoIndex):
        with writer_lock(database_url(settings), settings.data), open_data(settings) as archive:
            publish(archive, settings.data, ANEW)


def _qrels(folder: Path, split: str | None) -> Path:
    found = {path.stem: path for path in sorted((folder / "qrels").glob("*.tsv"))}
    if not found:
        raise BadInput(f"{folder} has no judgements in qrels/*.tsv: give {_LAYOUT}.", field="folder")
    there = ", ".join(found)
    if split is not None:
        if split not in found:
            raise BadInput(f"{folder} has no split {split!r}: choose one of {there}.", field="split")
        return found[split]
    if len(found) == 1:
        return next(iter(found.values()))
    for name in _PREFERRED:
        if name in found:
            return found[name]
    raise BadInput(f"{folder} has the splits {there}: choose one with --split.", field="split")


def _read_note(folder: Path) -> CorpusNote | None:
    """None where the corpus is not there, or not all of it."""
    try:
        return CorpusNote.model_validate_json((folder / _NOTE).read_bytes())
    except (OSError, ValidationError):
        return None


def _write_note(folder: Path, note: CorpusNote) -> None:
    try:
        (folder / _NOTE).write_text(note.model_dump_json(indent=2), "utf-8")
    except OSError as error:
        raise BroadsheetError(f"{folder} cannot be written to ({error.strerror}): make room, or give another --data.") from error


def _file_sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).", field="corpus") from error
