"""What every reader yields: a record with its place in the dump, or a rejection with its reason."""

from typing import Literal, NamedTuple

RECORD_BYTES = 64 * 2**20  # the longest record that is read; a longer one is skipped and rejected


class Place(NamedTuple):
    """Where in a dump something stands: ``news.csv:12``, ``news.zip!part.jsonl:3``, ``news.parquet, row 7``, or a whole file.

    Lines and rows are counted from 1; 0 stands for the file as a whole.
    """

    file: str
    number: int = 0
    unit: Literal["line", "row"] = "line"

    def __str__(self) -> str:
        if not self.number:
            return self.file
        return f"{self.file}:{self.number}" if self.unit == "line" else f"{self.file}, row {self.number}"


class Record(NamedTuple):
    """The fields of one article as the dump names them; nothing is checked yet."""

    place: Place
    fields: dict[str, object]


class Rejected(NamedTuple):
    """What could not be read as a record, or the rest of a file that broke off there."""

    place: Place
    reason: str
