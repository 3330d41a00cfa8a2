"""The log of a training: a file with one JSON object a line, one for every step and every measurement."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class StepLog:
    """Appends rows that have a `step`. A run that goes on from a kept state writes the steps after it anew: they are dropped first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_begun = False

    @property
    def last(self) -> dict[str, Any]:
        """The last whole row: what the run has done, and its `seconds`. Empty before the first."""
        return next((json.loads(line) for line in reversed(self._lines())), {})

    def begin(self, step: object) -> None:
        """Leaves the rows of steps before this one, of which a kept state knows."""
        earlier = [line for line in self._lines() if json.loads(line)["step"] < step]
        self._path.write_text("".join(earlier), "utf-8")
        self._is_begun = True

    def add(self, row: Mapping[str, object]) -> None:
        if not self._is_begun:
            self.begin(row["step"])
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _lines(self) -> list[str]:
        """The rows that are whole; the last may be cut off by what ended the run."""
        lines = self._path.read_text("utf-8").splitlines(keepends=True) if self._path.exists() else []
        return [line for line in lines if line.endswith("\n")]
