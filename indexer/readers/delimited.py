"""CSV and TSV with a header line. One quote that is never closed costs its own line, not the rows after it."""

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from indexer.fields import has_content
from indexer.readers.lines import Line, numbered
from indexer.readers.record import RECORD_BYTES, Place, Record, Rejected
from search.text import clean_line

_DELIMITERS = ",;\t|"
_MOST_LINES = 10_000  # of one record; a longer one has lost its closing quote
_LOOK_AFTER = {16, 64, 256, 1024, 4096}  # lines of one record, to see early whether it swallows complete rows


def read_delimited(file: str, stream: BinaryIO, delimiter: str | None = None) -> Iterator[Record | Rejected]:
    """One record per row, values as strings; the delimiter is found from the header unless given.

    A row with more or fewer fields than the header is rejected. So is the line of a quote that is not closed: where the
    quoted field would run into another quote, to the end of the file, over 10,000 lines, or over lines that have
    the header's number of fields themselves, reading goes on with the line after it. In tab-separated files a
    quote that does not work out is taken as an ordinary character.
    """
    lines = _Lines(numbered(stream))
    header_line = lines.take()
    while header_line is not None and not (header_line.text.strip() or header_line.problem):
        header_line = lines.take()
    if header_line is None:
        return
    place = Place(file, header_line.number)
    delimiter = delimiter or find_delimiter(header_line.text)
    lines.give_back([header_line])
    _, header = next(_rows(lines, delimiter, None))
    if isinstance(header, str):
        yield Rejected(place, f"the header cannot be read: {header}")
        return
    names = _names(header)
    if not has_content(names):
        shown = ", ".join(clean_line(name[:30]) for name in names[:8])
        yield Rejected(place, f"the header names no column for a title or a text (it has: {shown}); give the file a header line")
        return
    for number, row in _rows(lines, delimiter, len(names)):
        if isinstance(row, str):
            yield Rejected(Place(file, number), row)
        else:
            yield Record(Place(file, number), dict(zip(names, row, strict=True)))


def find_delimiter(header: str) -> str:
    """The delimiter that splits a header into the most fields; a tab where none does, as prose rarely holds one."""
    fields = {delimiter: len(next(csv.reader([header], delimiter=delimiter), [])) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: fields[delimiter])
    return best if fields[best] > 1 else "\t"


def _names(header: list[str]) -> list[str]:
    """The header's names, made distinct, a number for an empty one (pandas leaves that of its row index empty)."""
    names: list[str] = []
    for position, cell in enumerate(header, 1):
        name = cell.strip() or f"column {position}"
        names.append(name if name not in names else f"{name} {position}")
    return names


class _Lines:
    """Lines that can be given back to be taken again."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()

    def take(self) -> Line | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def give_back(self, lines: list[Line]) -> None:
        self._again.extendleft(reversed(lines))


class _Unclosed(Exception):
    """The quoted field at hand cannot be meant to run on."""


def _rows(lines: _Lines, delimiter: str, width: int | None) -> Iterator[tuple[int, list[str] | str]]:
    """Each row's line number and its fields, or why it has none. ``width`` is the number of fields that a row must have."""
    while (line := lines.take()) is not None:
        if line.problem:
            yield line.number, line.problem
        elif not line.text.strip(" \r\n"):
            continue
        elif '"' not in line.text:  # by far the most rows, and then the csv module adds nothing but time
            yield line.number, _checked(line.text.rstrip("\r\n").split(delimiter), width)
        else:
            yield _quoted_row(line, lines, delimiter, width)


def _quoted_row(line: Line, lines: _Lines, delimiter: str, width: int | None) -> tuple[int, list[str] | str]:
    taken = [line]
    csv.field_size_limit(RECORD_BYTES)  # the default of 131,072 is shorter than a long report; the limit is the process's
    try:
        row = next(csv.reader(_feed(taken, lines, delimiter, width), delimiter=delimiter, strict=True))
        if width and len(taken) > 1 and _looks_unclosed(row, taken, delimiter, width):
            raise _Unclosed
    except (csv.Error, _Unclosed) as error:
        if delimiter == "\t" and len(plain := line.text.rstrip("\r\n").split("\t")) == width:
            lines.give_back(taken[1:])
            return line.number, plain
        opening = _opening_line(taken, delimiter)
        lines.give_back([later for later in taken if later.number > opening])
        if len(taken) == 1 and "expected after" in str(error):
            return opening, "text follows a closing quote; write a quote inside a quoted field twice"
        return opening, "a quote that opens in this line is not closed; reading goes on with the next line"
    return line.number, _checked(row, width, taken[-1].number if len(taken) > 1 else None)


def _feed(taken: list[Line], lines: _Lines, delimiter: str, width: int | None) -> Iterator[str]:
    """The lines of one row, as the csv module asks for them; each is added to ``taken``."""
    yield taken[0].text
    size = len(taken[0].text)
    while (line := lines.take()) is not None:
        taken.append(line)
        size += len(line.text)
        if line.problem or size > RECORD_BYTES or len(taken) > _MOST_LINES:
            raise _Unclosed
        if width and len(taken) in _LOOK_AFTER and _swallows(taken, delimiter, width):
            raise _Unclosed
        yield line.text


def _looks_unclosed(row: list[str], taken: list[Line], delimiter: str, width: int) -> bool:
    """Whether a row over several lines only came to an end by chance, at some quote of a later row."""
    complete = _complete(taken, delimiter, width)
    if len(row) != width and complete > 1 and 2 * complete >= len(taken) - 1:
        return True
    return _swallows(taken[:-1], delimiter, width)


def _swallows(taken: list[Line], delimiter: str, width: int) -> bool:
    """Whether the lines after the first are rows of their own; with few columns it takes many, as lists in prose look alike."""
    complete = _complete(taken, delimiter, width)
    return width > 1 and complete >= max(3, 100 // width**2) and complete >= 0.9 * (len(taken) - 1)


def _complete(taken: list[Line], delimiter: str, width: int) -> int:
    return sum(line.text.count(delimiter) == width - 1 for line in taken[1:])


def _opening_line(taken: list[Line], delimiter: str) -> int:
    """The number of the line where the field opens that has no end, or that has swallowed the most lines before its end."""
    text = "".join(line.text for line in taken)
    plain = rf"[^{re.escape(delimiter)}\n]*"
    field = re.compile(rf'(?:"[^"]*(?:""[^"]*)*"|(?!"){plain})(?:{re.escape(delimiter)}|\r?\n|\Z)')
    position, opening, most = 0, 0, 0
    while position < len(text):
        found = field.match(text, position)
        if not found:
            opening = position
            break
        if (swallowed := found[0].count("\n")) > most:
            opening, most = position, swallowed
        position = found.end()
    return taken[0].number + text.count("\n", 0, opening)


def _checked(row: list[str], width: int | None, last_line: int | None = None) -> list[str] | str:
    if width is None or len(row) == width:
        return row
    until = f" (up to line {last_line:,})" if last_line else ""
    return f"the row{until} has {len(row):,} fields where the header has {width:,}"
