"""A trained model's folder: written aside and put in place at the end, so that the previous one is there until then."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexer.evaluation.provenance import code, hardware, libraries
from indexer.lock import held
from indexer.training.trainer_state import saving
from search.errors import BadInput
from search.index.durable import fsync_file, fsync_folder

_LOCK = "training"


@dataclass(frozen=True)
class Asked:
    """What a training was asked for: the command, and where its labelled queries came from, both as a user would say them."""

    command: str
    labels: Mapping[str, object]


def require_replaceable(out: Path, needed_bytes: int = 0) -> None:
    """BadInput when `out` is something else than a model folder, or none, or the disk has no room for a new one."""
    if out.name in ("", ".."):
        raise BadInput(f"'{out}' is no name for a model: give a folder of its own with --out, such as {out / 'model'}.", field="out")
    known = any((out / name).is_file() for name in ("config.json", "head.json"))  # a head that shares its body has only the second
    if out.exists() and not known and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out} exists and is not a model folder: choose another place with --out.", field="out")
    parent = next(each for each in out.absolute().parents if each.exists())
    free = shutil.disk_usage(parent).free
    if free < needed_bytes:
        raise BadInput(
            f"{parent} has {free / 1e6:,.0f} MB free, and training needs {needed_bytes / 1e6:,.0f}: make room, or choose another --out.",
            field="out",
        )


@contextmanager
def state_folder(out: Path) -> Iterator[Path]:
    """The folder beside `out` for the state of its training, which no other process has until the block ends.

    It stays when the block fails, unless nothing is in it. Raises WriterBusy when another process is training `out`.
    """
    work = out.with_name(f".{out.name}.training")
    with saving(out.parent):
        work.mkdir(parents=True, exist_ok=True)
    with held(work, _LOCK, f"training {out}"):
        try:
            yield work
        except BaseException:
            if all(path.stem == _LOCK for path in work.iterdir()):
                shutil.rmtree(work)
            raise
        shutil.rmtree(work)


def publish_folder(out: Path, write: Callable[[Path], None]) -> None:
    """Lets `write` fill a folder beside `out`, then puts it in its place. If anything fails, `out` is as it was.

    A kill between the two renames leaves the previous folder under another name; the next call puts it back first.
    """
    part, old = out.with_name(f".{out.name}.part"), out.with_name(f".{out.name}.old")
    if old.exists() and not out.exists():
        old.rename(out)
    shutil.rmtree(part, ignore_errors=True)
    try:
        with saving(part):
            part.mkdir(parents=True)
            write(part)
            _reach_disk(part)
            _replace(out, part, old)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def describe(folder: Path, card: str, settings: Mapping[str, object], log: Path) -> None:
    """Writes beside a model what it came from: its card, all settings with the outcome and the machine, and the loss of every step."""
    made = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "code": code().model_dump()}
    origin = {**made, "hardware": hardware().model_dump(), "libraries": libraries()}
    (folder / "README.md").write_text(card, "utf-8")
    (folder / "training.json").write_text(json.dumps({**settings, **origin}, indent=2) + "\n", "utf-8")
    shutil.copyfile(log, folder / "log.jsonl")


def _replace(out: Path, part: Path, old: Path) -> None:
    """Moves `out` to `old` and `part` to `out`, both or none."""
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    try:
        part.rename(out)
    except BaseException:
        if old.exists():
            old.rename(out)
        raise
    fsync_folder(out.parent)


def _reach_disk(folder: Path) -> None:
    """Everything in the folder is on disk afterwards, and as open to others as the folder itself: weights come as private files."""
    mode = folder.stat().st_mode & 0o666
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)
            fsync_file(path)
        elif path.is_dir():
            fsync_folder(path)
    fsync_folder(folder)
