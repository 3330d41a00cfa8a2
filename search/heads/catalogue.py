"""The heads that are installed: those of the package and those that a user has trained, by the name of their task.

A user's head of the same name stands before the package's. Each is opened when it is first asked for, and a head that is
trained while they are in use is found the next time.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from search.errors import BadInput, NotFound
from search.heads.card import FILE, HeadCard, Kind, Reads
from search.heads.identity import identity_of

if TYPE_CHECKING:
    from search.heads.network import Network
    from search.models.device import DeviceName, Precision

BUNDLED = Path(__file__).parent.parent / "models" / "weights" / "heads"
OWN = "heads"
"""Folder of a user's heads below the data folder."""
_USUAL = {Kind.SPAN: "answer", Kind.CHOICE: "choice", Kind.MASK: "mask"}
_log = logging.getLogger(__name__)


class _Version(NamedTuple):
    """A head as it was written at one time."""

    path: Path
    written: int  # nanoseconds since 1970


class Heads:
    """The heads below some folders, the first folder first; ``head`` is not for several threads at once, the rest is."""

    def __init__(self, folders: Sequence[Path], device: "DeviceName" = "auto", precision: "Precision" = "auto") -> None:
        self._device = device
        self._precision = precision
        self._folders = tuple(folders)
        self._cards: dict[_Version, HeadCard | None] = {}
        self._networks: dict[str, tuple[_Version, Network]] = {}
        self._identities: dict[_Version, str] = {}

    def cards(self) -> list[HeadCard]:
        """What is installed, in alphabetical order of the tasks; a folder whose card cannot be read is left out."""
        return [card for _, (card, _) in sorted(self._installed().items())]

    def card(self, task: str) -> HeadCard:
        """What a head is. Raises NotFound, naming what there is."""
        return self._find(task)[0]

    def folder(self, task: str) -> Path:
        """Where a head lies. Raises NotFound, naming what there is."""
        return self._find(task)[1].path.parent

    def model_card(self, task: str) -> str:
        """What stands beside a head's weights for people to read, Markdown; empty where there is nothing. Raises NotFound."""
        path = self.folder(task) / "README.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def fingerprint(self, task: str) -> str:
        """What tells a head's answers from another's, known without opening it. Raises NotFound."""
        card, version = self._find(task)
        if version not in self._identities:
            self._identities[version] = identity_of(card, version.path.parent)
        return self._identities[version]

    def head(self, task: str) -> "Network":
        """The head of a task, opened. Raises NotFound when there is none, BadInput when it cannot be opened."""
        from search.heads.network import Network
        from search.models.device import placement

        version = self._find(task)[1]
        opened = self._networks.get(task)
        if opened is None or opened[0] != version:
            opened = version, Network.load(version.path.parent, placement(self._device, self._precision))
            self._networks[task] = opened
        return opened[1]

    def first(self, kind: Kind, reads: Reads | None = None) -> str:
        """The task that answers where a request names none: the only one of its kind, or the one of the usual name.

        Raises NotFound where there is none and BadInput where it cannot be known.
        """
        tasks = [card.task for card in self.cards() if card.kind is kind and (reads is None or card.reads is reads)]
        if not tasks:
            raise NotFound(f"There is no head for {kind}: train one with `broadsheet train head`.")
        if len(tasks) > 1 and _USUAL.get(kind) in tasks:
            return _USUAL[kind]
        if len(tasks) > 1:
            raise BadInput(f"There are several heads for {kind}: name one of {', '.join(tasks)} as the task.", field="task")
        return tasks[0]

    def _find(self, task: str) -> tuple[HeadCard, _Version]:
        installed = self._installed()
        if task not in installed:
            shown = task if len(task) <= 40 else f"{task[:40]}…"
            known = ", ".join(sorted(installed)) or "none"
            raise NotFound(f"There is no head for the task {shown!r}; installed: {known}. Train one with `broadsheet train head TASK`.")
        return installed[task]

    def _installed(self) -> dict[str, tuple[HeadCard, _Version]]:
        found: dict[str, tuple[HeadCard, _Version]] = {}
        for version in self._versions():
            if version not in self._cards:
                self._cards[version] = _readable(version.path.parent)
            card = self._cards[version]
            if card is not None:
                found.setdefault(card.task, (card, version))
        return found

    def _versions(self) -> Iterator[_Version]:
        for folder in self._folders:
            for path in sorted(folder.glob(f"[!.]*/{FILE}")):  # a dot begins the name of a head that is not finished, or no longer there
                try:
                    yield _Version(path, path.stat().st_mtime_ns)
                except OSError:  # taken away or replaced at this moment
                    continue


def _readable(folder: Path) -> HeadCard | None:
    """The card of a folder; None, with a line in the log, where it is broken: it must not take the others with it."""
    try:
        return HeadCard.read(folder)
    except BadInput as error:
        _log.warning("A head is left out: %s", error)
        return None
