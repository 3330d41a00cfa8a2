"""A trained model's folder: written aside and put in place at the end, so that the previous one is there until then."""

import shutil
from collections.abc import Callable
from pathlib import Path

from indexer.training.trainer_state import saving
from search.errors import BadInput


def require_replaceable(out: Path, needed_bytes: int = 0) -> None:
    """BadInput when `out` is something else than a model folder, or none, or the disk has no room for a new one."""
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


def publish_folder(out: Path, write: Callable[[Path], None]) -> None:
    """Lets `write` fill a folder beside `out`, then puts it in its place. If anything fails, `out` is as it was."""
    part, old = out.with_name(f".{out.name}.part"), out.with_name(f".{out.name}.old")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with saving(part):
            part.mkdir(parents=True)
            write(part)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    part.rename(out)
    shutil.rmtree(old, ignore_errors=True)
