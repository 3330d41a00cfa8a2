"""A snapshot's description of itself: what it holds and the digest of every file."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from search.errors import DamagedSnapshot
from search.index.durable import sha256_of
from search.index.layout import MANIFEST

FORMAT = 4  # since 2 the words as written, and the authors; since 3 the near-duplicates; since 4 what the heads say
READABLE = (3, FORMAT)  # a snapshot of format 3 is one in which the heads say nothing


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class FileEntry(_Frozen):
    """Size and SHA-256 of a file, taken while it was written."""

    bytes: int
    sha256: str


class SegmentEntry(_Frozen):
    """The rows of SQL with ``after < revision <= upto``, in the folder ``segments/<name>``."""

    name: str
    after: int
    upto: int
    articles: int
    passages: int


class Manifest(_Frozen):
    """The contents of ``manifest.json``. ``files`` is keyed by path relative to the snapshot's folder.

    ``encoder`` is the fingerprint of the encoder that made the vectors, ``encoder_name`` where it was found. ``annotated`` says
    whether the heads have said anything of any article.
    """

    format: int = FORMAT
    name: str
    created_at: datetime
    encoder: str
    encoder_name: str | None = None
    dimension: int
    revision: int
    articles: int
    passages: int
    annotated: bool = False
    segments: tuple[SegmentEntry, ...]
    files: dict[str, FileEntry]


def read_manifest(folder: Path) -> Manifest:
    """Reads a snapshot's manifest; raises DamagedSnapshot."""
    path = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError, ValueError) as error:
        raise DamagedSnapshot(f"{path} cannot be read ({type(error).__name__}); run `broadsheet rebuild`.") from error
    if manifest.format not in READABLE:
        raise DamagedSnapshot(f"{path} has format {manifest.format} and this version reads format {FORMAT}; run `broadsheet rebuild`.")
    return manifest


def verify(folder: Path, manifest: Manifest, known: dict[str, FileEntry]) -> None:
    """Compares every file with its digest; raises DamagedSnapshot naming the first that differs.

    ``known`` holds files, by path, that this process has verified and loaded before: those are not read again.
    """
    for relative, entry in manifest.files.items():
        if known.get(relative) == entry:
            continue
        path = folder / relative
        try:
            size = path.stat().st_size
        except OSError as error:
            raise DamagedSnapshot(f"{path} is missing; run `broadsheet rebuild`.") from error
        if size != entry.bytes:
            raise DamagedSnapshot(f"{path} has {size:,} bytes instead of {entry.bytes:,}; run `broadsheet rebuild`.")
        if sha256_of(path) != entry.sha256:
            raise DamagedSnapshot(f"{path} has changed since it was written (its SHA-256 differs); run `broadsheet rebuild`.")
