"""Publishes what the archive holds as a new snapshot: written aside, made durable, renamed, then named in CURRENT.

The cost follows the change: segments and Tantivy files that stay as they are become hard links, and only the tail of
small segments is written again. Small archives are written whole, so that their snapshots share no file.
"""

import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import tantivy

from indexer.segment import build_segment
from search.annotation import NOTHING
from search.errors import DamagedSnapshot
from search.index import layout
from search.index.durable import fsync_file, fsync_folder, replace_file, sha256_of
from search.index.lexical import create_index, document, open_index
from search.index.manifest import FORMAT, FileEntry, Manifest, SegmentEntry, read_manifest
from search.index.published import current_name, snapshot_folders
from search.store import Archive, Identity

_KEPT = 2  # snapshots: the current one and the one to fall back to
_WRITER_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Policy:
    """When files of the previous snapshot are used again; counts are of passages."""

    whole: int = 20_000
    """Up to so many a snapshot is written whole: it takes seconds, and its files are its own."""
    tail: int = 5_000
    """A segment of fewer is written again together with what is new."""
    waste: float = 0.25
    """The share of removed passages from which all is written again."""


ANEW = Policy(whole=sys.maxsize)
"""Nothing of the previous snapshot is used again."""


def publish(archive: Archive, data: Path, policy: Policy = Policy()) -> Manifest | None:
    """Publishes the archive as it is now and returns the new snapshot's manifest; None when there is nothing new.

    The caller holds the writer lock. With ``ANEW`` a snapshot is written even when there is nothing new.
    """
    identity = archive.identity()
    if identity is None:
        return None
    for _ in archive.compare_unsigned():
        pass  # articles from before near-duplicates were looked for; once, and without a model
    previous = None if policy is ANEW else _sound(data)
    revision = archive.highest_revision()
    if previous is not None and previous.revision == revision and previous.encoder == identity.encoder_fingerprint:
        return None
    (data / layout.SNAPSHOTS).mkdir(parents=True, exist_ok=True)
    _remove_unfinished(data)
    name = f"{revision:010d}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    aside = data / layout.SNAPSHOTS / f".{name}"
    manifest = _write(archive, identity, aside, _Reuse(data, previous, _kept_segments(archive, identity, previous, policy)))
    final = data / layout.SNAPSHOTS / name
    aside.rename(final)
    fsync_folder(final.parent)
    replace_file(data / layout.CURRENT, f"{name}\n".encode())
    _remove_old(data, name)
    return manifest


@dataclass(frozen=True, slots=True)
class _Reuse:
    """What of the previous snapshot is used again; without segments, nothing."""

    data: Path
    previous: Manifest | None
    segments: tuple[SegmentEntry, ...]

    @property
    def manifest(self) -> Manifest | None:
        return self.previous if self.segments else None

    def link(self, relative: str, aside: Path) -> None:
        assert self.previous is not None
        _link(self.data / layout.SNAPSHOTS / self.previous.name / relative, aside / relative)


def _write(archive: Archive, identity: Identity, aside: Path, reuse: _Reuse) -> Manifest:
    (aside / layout.SEGMENTS).mkdir(parents=True)
    revision = archive.highest_revision()
    files: dict[str, FileEntry] = {}
    for segment in reuse.segments:
        files |= _link_segment(reuse, aside, segment)
    after = reuse.segments[-1].upto if reuse.segments else 0
    new, written = build_segment(archive, aside / layout.SEGMENTS, after, revision, identity.dimension)
    files |= {f"{layout.SEGMENTS}/{new.name}/{path}": entry for path, entry in written.items()}
    files |= _write_lexical(archive, aside, reuse)
    statistics = archive.statistics()
    manifest = Manifest(
        name=aside.name.removeprefix("."),
        created_at=datetime.now(UTC),
        encoder=identity.encoder_fingerprint,
        encoder_name=identity.encoder_name,
        dimension=identity.dimension,
        revision=revision,
        articles=statistics.articles,
        passages=statistics.passages,
        annotated=archive.annotated(),
        segments=(*reuse.segments, new),
        files=files,
    )
    replace_file(aside / layout.MANIFEST, manifest.model_dump_json(indent=1).encode())
    fsync_folder(aside / layout.SEGMENTS)
    fsync_folder(aside)
    return manifest


def _kept_segments(archive: Archive, identity: Identity, previous: Manifest | None, policy: Policy) -> tuple[SegmentEntry, ...]:
    """The segments of the previous snapshot that are used again: a prefix, so that what is new stays one range of revisions."""
    live = archive.statistics().passages
    if previous is None or previous.encoder != identity.encoder_fingerprint or live <= policy.whole:
        return ()
    kept = list(previous.segments)
    stored = sum(segment.passages for segment in kept)
    removed = len(archive.removed(previous.revision)[0])
    new = max(live - previous.passages + removed, 0)
    if stored + new - live > policy.waste * stored:
        return ()
    while kept and kept[-1].passages <= max(policy.tail, 2 * new):
        new += kept.pop().passages
    return tuple(kept)


def _link_segment(reuse: _Reuse, aside: Path, segment: SegmentEntry) -> dict[str, FileEntry]:
    assert reuse.previous is not None
    prefix = f"{layout.SEGMENTS}/{segment.name}"
    (aside / prefix).mkdir()
    files = {path: entry for path, entry in reuse.previous.files.items() if path.startswith(f"{prefix}/")}
    for path in files:
        reuse.link(path, aside)
    fsync_folder(aside / prefix)
    return files


def _write_lexical(archive: Archive, aside: Path, reuse: _Reuse) -> dict[str, FileEntry]:
    """Writes the Tantivy folder: the previous one's files, linked, plus what has changed since; or all of it anew."""
    place = aside / layout.LEXICAL
    place.mkdir()
    previous = reuse.manifest
    if previous is None:
        index = create_index(place)
        after = 0
    else:
        for relative in previous.files:
            if relative.startswith(f"{layout.LEXICAL}/"):
                reuse.link(relative, aside)
        index = open_index(place)
        after = previous.revision
    _update_lexical(index, archive, after)
    files: dict[str, FileEntry] = {}
    for path in sorted(place.iterdir()):
        if path.name.endswith(".lock"):
            path.unlink()
            continue
        relative = f"{layout.LEXICAL}/{path.name}"
        # Tantivy never writes to a segment file again, so a file of the same name is the linked one; its JSON files change.
        known = previous.files.get(relative) if previous is not None and path.suffix != ".json" else None
        if known is None:
            fsync_file(path)
        files[relative] = known or FileEntry(bytes=path.stat().st_size, sha256=sha256_of(path))
    fsync_folder(place)
    return files


def _update_lexical(index: tantivy.Index, archive: Archive, after: int) -> None:
    writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
    if after:
        for article_id in archive.removed(after)[1]:
            writer.delete_documents_by_term("article_id", int(article_id))
    for batch in archive.changed_articles(after):
        annotations = archive.annotations([article_id for article_id, _ in batch])
        for article_id, article in batch:
            if after:
                writer.delete_documents_by_term("article_id", article_id)
            writer.add_document(document(article_id, article, annotations.get(article_id, NOTHING)))
    writer.commit()
    writer.wait_merging_threads()
    index.writer(heap_size=_WRITER_BYTES, num_threads=1).garbage_collect_files()


def _sound(data: Path) -> Manifest | None:
    """The current snapshot's manifest if it is of this format and all its files are there in full size.

    Its digests are for readers to check.
    """
    name = current_name(data)
    if name is None:
        return None
    folder = data / layout.SNAPSHOTS / name
    try:
        manifest = read_manifest(folder)
        complete = all((folder / path).stat().st_size == entry.bytes for path, entry in manifest.files.items())
    except (DamagedSnapshot, OSError):
        return None
    return manifest if complete and manifest.format == FORMAT else None


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
        fsync_file(target)


def _remove_unfinished(data: Path) -> None:
    for folder in (data / layout.SNAPSHOTS).glob(".*"):
        shutil.rmtree(folder)


def _remove_old(data: Path, current: str) -> None:
    others = [folder for folder in snapshot_folders(data) if folder.name != current]
    for folder in others[_KEPT - 1 :]:
        shutil.rmtree(folder)
