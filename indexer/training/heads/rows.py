"""Rows of tables (CSV, TSV, JSON lines) with the lines that they stand on, and one sentence for what is wrong with one."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from search.errors import BadInput

TABLES = (".csv", ".tsv", ".jsonl")


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with the numbers of their first lines."""
    text = read_text(path)
    # Not splitlines(): it also splits at characters that texts have in them, such as U+2028.
    if path.suffix.lower() == ".jsonl":
        for line, content in enumerate(text.split("\n"), 1):
            if content.strip():
                yield line, _object(path, line, content)
        return
    # A TSV has neither quotes nor escapes; a CSV has both, and one unclosed quote must not swallow the rest in silence.
    rows = _tsv_rows(text) if path.suffix.lower() == ".tsv" else _csv_rows(path, text)
    _, header = next(rows, (1, []))
    if not header:
        raise BadInput(f"{path} is empty: its first line must name the columns.", field="train")
    for line, row in rows:
        if len(row) != len(header):
            raise bad_row(path, line, f"{len(row)} fields, the header names {len(header)}")
        yield line, dict(zip(header, row, strict=True))


def _tsv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    return ((line, content.rstrip("\r").split("\t")) for line, content in enumerate(text.split("\n"), 1) if content.strip("\r"))


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(10_000_000)
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)  # spreadsheets write ; where the comma is for decimals
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            why = "a quotation mark is opened and never closed" if "end of data" in str(error) else str(error)
            raise bad_row(path, line, why) from error
        if row is None:
            return
        if row:
            yield line, row


def pick(path: Path, line: int, row: Mapping[str, Any], asked: str | None, usual: Sequence[str], what: str) -> str:
    """What a row has in the column that was asked for, else in the first of the usual ones that there is."""
    names = {folded(name): name for name in row}
    found = asked if asked in row else next((names[name] for name in ([folded(asked)] if asked else usual) if name in names), None)
    if found is None:
        shown = f"called {asked!r}" if asked else f"expected to be called {', '.join(usual[:6])} or the like"
        raise bad_row(path, line, f"no {what}: its column is {shown}, and there is {', '.join(row)}")
    value = row[found]
    if isinstance(value, list) and len(value) == 1:
        [value] = value  # the one topic of an article
    if value is None or isinstance(value, list | dict):
        raise bad_row(path, line, f"the {what} in {found!r} is {json.dumps(value)[:60]}")
    return str(value)


def folded(name: str) -> str:
    """A column's name without case, blanks and punctuation."""
    return "".join(character for character in name.casefold() if character.isalnum())


def _object(path: Path, line: int, content: str) -> dict[str, Any]:
    try:
        row = json.loads(content)
    except json.JSONDecodeError as error:
        raise bad_row(path, line, f"not JSON: {error.msg}") from None
    if not isinstance(row, dict):
        raise bad_row(path, line, "not a JSON object")
    return row


def read_text(path: Path) -> str:
    """All of a file, line ends as they are."""
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}): give the path of a file.", field="train") from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise bad_row(path, line, f"byte {content[error.start]:#x} is not UTF-8: save the file again as UTF-8") from error


def bad_row(path: Path, line: int, why: str) -> BadInput:
    """The error that names file and line."""
    return BadInput(f"{path}:{line}: {why}.", field="train")
