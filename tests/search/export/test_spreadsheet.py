import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.export.spreadsheet import csv_lines, harmless


def _read(lines: Iterator[str]) -> list[list[str]]:
    return list(csv.reader(StringIO("".join(lines), newline=""), strict=True))


def test_texts_numbers_dates_and_gaps_come_back_as_they_were() -> None:
    when = datetime(2020, 4, 21, 12, tzinfo=timezone(timedelta(hours=2)))
    rows = [('He said "no", twice', -0.5, 3, when, None), ("two\nlines, 一二 🛢", 0.0, -1, datetime(1987, 2, 22, tzinfo=UTC), None)]
    assert _read(csv_lines(["a", "b", "c", "d", "e"], rows)) == [
        ["a", "b", "c", "d", "e"],
        ['He said "no", twice', "-0.5", "3", "2020-04-21T10:00:00Z", ""],
        ["two\nlines, 一二 🛢", "0.0", "-1", "1987-02-22T00:00:00Z", ""],
    ]


def test_lines_end_as_rfc_4180_demands() -> None:
    assert list(csv_lines(["a", "b"], [("x", 'y"z')])) == ["a,b\r\n", 'x,"y""z"\r\n']


def test_the_byte_order_mark_comes_once_and_first() -> None:
    lines = list(csv_lines(["a"], [("é",)], byte_order_mark=True))
    assert lines == ["\ufeffa\r\n", "é\r\n"]
    assert "".join(lines).encode("utf-8").decode("utf-8-sig") == "a\r\né\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        " =1",
        "\t=1",
        "\r=1",
        "=cmd|' /C calc'!A0",
        "|calc",
        "%0A=1",
        "＝1",
        "x;=1",
        "x; =HYPERLINK(1)",
        "x\n@y",
    ],
)
def test_no_text_is_a_formula_however_the_spreadsheet_parts_cells(text: str) -> None:
    line = "".join(csv_lines(["a"], [(text,)])).split("\r\n", 1)[1]
    for separator in ",;\t":
        for row in csv.reader(StringIO(line, newline=""), delimiter=separator):
            assert not any(cell.strip().startswith(("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")) for cell in row)
    assert harmless(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("text", ["Oil at -37 dollars", "AT&T = big", "3:30", "", "a-b", "profits; losses - both"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_rows_are_made_as_they_are_asked_for() -> None:
    taken = []

    def rows() -> Iterator[tuple[int]]:
        for number in range(1_000):
            taken.append(number)
            yield (number,)

    lines = csv_lines(["n"], rows())
    assert [next(lines) for _ in range(3)] == ["n\r\n", "0\r\n", "1\r\n"]
    assert taken == [0, 1]


@settings(deadline=None)
@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=2, max_size=2)))
def test_any_text_is_read_back_but_for_the_apostrophes(rows: list[list[str]]) -> None:
    assert _read(csv_lines(["a", "b"], rows))[1:] == [[harmless(cell) for cell in row] for row in rows]
