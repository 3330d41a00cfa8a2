"""The data folder's published snapshots: which one is current, and the newest that can be trusted."""

import logging
from dataclasses import dataclass
from pathlib import Path

from search.errors import DamagedSnapshot, NoIndex
from search.index.layout import CURRENT, MANIFEST, SNAPSHOTS
from search.index.snapshot import Loaded, Snapshot

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified snapshot; ``notice`` says why it is not the newest, when it is not."""

    snapshot: Snapshot
    notice: str | None = None


def current_name(data: Path) -> str | None:
    """The name that CURRENT holds; None when nothing has been published or the file is unreadable."""
    try:
        name = (data / CURRENT).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if name and "/" not in name else None


def snapshot_folders(data: Path) -> list[Path]:
    """Folders of complete snapshots, newest first. Names begin with the revision and sort by age."""
    folder = data / SNAPSHOTS
    found = [path for path in folder.iterdir() if (path / MANIFEST).is_file()] if folder.is_dir() else []
    return sorted(found, key=lambda path: path.name, reverse=True)


def require_index(data: Path) -> None:
    """Raises NoIndex when nothing has been published in the folder, without touching it."""
    if current_name(data) is None and not snapshot_folders(data):
        raise no_index(data)


def open_current(data: Path, loaded: Loaded | None = None) -> Opened:
    """Opens the snapshot that CURRENT names or, when it is damaged, the newest sound one before it, and says so.

    Raises NoIndex when nothing has been published and DamagedSnapshot when no snapshot is sound.
    """
    while True:
        name = current_name(data)
        try:
            opened = _open(data, name, loaded)
        except DamagedSnapshot:
            if current_name(data) == name:
                raise
            continue  # a publication has removed it meanwhile, and there is a newer one
        if opened.notice is None or current_name(data) == name:
            return opened


def _open(data: Path, name: str | None, loaded: Loaded | None) -> Opened:
    folders = snapshot_folders(data)
    wanted = [folder for folder in folders if folder.name == name]
    damage = DamagedSnapshot(f"the snapshot {name} is missing.") if name is not None and not wanted else None
    for folder in wanted + [folder for folder in folders if folder not in wanted]:
        try:
            snapshot = Snapshot.open(folder, loaded)
        except DamagedSnapshot as error:
            _log.error("%s", error)
            damage = damage or error
            continue
        return Opened(snapshot, f"Serving the previous snapshot {snapshot.name}: {damage}" if damage else None)
    raise damage or no_index(data)


def no_index(data: Path) -> NoIndex:
    """The error for a folder in which nothing has been published."""
    return NoIndex(f"Nothing has been indexed in {data} yet: run `broadsheet index PATH --data {data}`.")
