"""The log of a training: a file with one JSON object a line, one for every step and every measurement."""

import json
from collections.abc import Mapping
from pathlib import Path


class StepLog:
    """Appends rows that have a `step`. A run that goes on from a kept state writes the steps after it anew: they are dropped first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_begun = False

    def add(self, row: Mapping[str, object]) -> None:
        if not self._is_begun:
            self._drop_from(row["step"])
            self._is_begun = True
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _drop_from(self, step: object) -> None:
        """Leaves the rows of earlier steps; the last row may be cut off by what ended the run."""
        lines = self._path.read_text("utf-8").splitlines(keepends=True) if self._path.exists() else []
        earlier = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] < step]
        self._path.write_text("".join(earlier), "utf-8")
