"""Rows as CSV (RFC 4180) that is safe to open in a spreadsheet. Knows nothing of what the rows are about."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO

Cell = str | int | float | datetime | None

MEDIA_TYPE = "text/csv; charset=utf-8"
BYTE_ORDER_MARK = "\ufeff"

# A spreadsheet runs what begins with one of these as a formula (OWASP, "CSV injection"). Where the comma is the decimal sign it
# parts cells at semicolons, and some part them at tabs, whatever the quotes say: a formula may begin behind those too.
_FORMULA = re.compile(r"(^|[;\t\r\n])(\s*)(?=[=+\-@|%＝＋－＠])")


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, byte_order_mark: bool = False) -> Iterator[str]:
    """The header and one line per row, each ending in CR LF, made as they are asked for.

    A date is ISO 8601 in UTC, a missing value an empty cell, a number is itself. In a text an apostrophe goes before whatever a
    spreadsheet would take for a formula. Excel needs the byte order mark to read the file as UTF-8.
    """
    buffer = StringIO()
    writer = csv.writer(buffer)
    if byte_order_mark:
        buffer.write(BYTE_ORDER_MARK)
    writer.writerow([_text(column) for column in columns])
    yield _drained(buffer)
    for row in rows:
        writer.writerow([_text(cell) for cell in row])
        yield _drained(buffer)


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would take for a formula."""
    return _FORMULA.sub(r"\1\2'", text)


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return harmless(cell)
        case datetime():
            return cell.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case _:
            return str(cell)


def _drained(buffer: StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
