"""The heads that are installed: those of the package and those that a user has trained, by the name of their task.

A user's head of the same name stands before the package's. Each is opened when it is first asked for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from search.errors import BadInput, NotFound
from search.heads.card import FILE, HeadCard, Kind, Reads

if TYPE_CHECKING:
    from search.heads.network import Network
    from search.models.device import DeviceName, Precision

BUNDLED = Path(__file__).parent.parent / "models" / "weights" / "heads"
OWN = "heads"
"""Folder of a user's heads below the data folder."""


class Heads:
    """The heads below some folders, the first folder first; not for several threads at once."""

    def __init__(self, folders: Sequence[Path], device: "DeviceName" = "auto", precision: "Precision" = "auto") -> None:
        self._device = device
        self._precision = precision
        self._networks: dict[str, Network] = {}
        self._folders: dict[str, Path] = {}
        for folder in folders:
            for path in sorted(folder.glob(f"*/{FILE}")):
                self._folders.setdefault(HeadCard.read(path.parent).task, path.parent)

    def cards(self) -> list[HeadCard]:
        """What is installed, in alphabetical order of the tasks."""
        return [HeadCard.read(self._folders[task]) for task in sorted(self._folders)]

    def folder(self, task: str) -> Path:
        """Where a head lies. Raises NotFound, naming what there is."""
        if task not in self._folders:
            known = ", ".join(sorted(self._folders)) or "none"
            raise NotFound(
                f"There is no head for the task {task!r}; installed: {known}. Train one with `broadsheet train head {task or 'TASK'}`."
            )
        return self._folders[task]

    def head(self, task: str) -> "Network":
        """The head of a task, opened. Raises NotFound when there is none, BadInput when it cannot be opened."""
        from search.heads.network import Network
        from search.models.device import placement

        if task not in self._networks:
            self._networks[task] = Network.load(self.folder(task), placement(self._device, self._precision))
        return self._networks[task]

    def first(self, kind: Kind, reads: Reads | None = None) -> str:
        """The task that answers where a request names none: the only one of its kind. Raises NotFound or BadInput."""
        tasks = [card.task for card in self.cards() if card.kind is kind and (reads is None or card.reads is reads)]
        if not tasks:
            raise NotFound(f"There is no head for {kind}: train one with `broadsheet train head`.")
        if len(tasks) > 1:
            raise BadInput(f"There are several heads for {kind}: name one of {', '.join(tasks)} as the task.", field="task")
        return tasks[0]
