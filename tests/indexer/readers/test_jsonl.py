"""JSON lines: a bad line is told with its number, and the next one goes on."""

import io
import json
import math
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.jsonl import read_jsonl
from indexer.readers.record import RECORD_BYTES, Record, Rejected


def read(data: bytes) -> list[Record | Rejected]:
    return list(read_jsonl("d.jsonl", cast(BinaryIO, io.BytesIO(data))))


words = st.text(st.characters(codec="utf-8"), max_size=10)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(words, values, max_size=4), max_size=5), st.booleans())
def test_records_come_back_as_they_were_written(records: list[dict[str, object]], ascii_only: bool) -> None:
    data = "\n".join(json.dumps(record, ensure_ascii=ascii_only) for record in records).encode()
    assert [item.fields for item in read(data) if isinstance(item, Record)] == records


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "a"', "not valid JSON at column 13: Expecting ',' delimiter"),
        (b"nonsense", "not valid JSON at column 1: Expecting value"),
        (b"[1, 2]", "a JSON object was expected, not a list"),
        (b"null", "a JSON object was expected, not null"),
        (b"17", "a JSON object was expected, not a number"),
        (b'{"text": "caf\xe9"}', "byte 14 of the line (0xE9) is not UTF-8; convert the file with iconv"),
    ],
)
def test_a_bad_line_is_rejected_with_its_number_and_the_next_line_goes_on(line: bytes, reason: str) -> None:
    good = b'{"text": "a"}'
    items = read(b"\n".join([good, b"", line, good]))
    assert [str(item.place) for item in items] == ["d.jsonl:1", "d.jsonl:3", "d.jsonl:4"]
    assert [type(item) for item in items] == [Record, Rejected, Record]
    assert cast(Rejected, items[1]).reason == reason


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"id": ' + b"9" * 10_000 + b"}"])
def test_nesting_and_numbers_beyond_python_are_rejected(line: bytes) -> None:
    items = read(line + b'\n{"text": "a"}')
    assert [type(item) for item in items] == [Rejected, Record]


def test_nan_is_read_as_null() -> None:
    [item] = read(b'{"text": "a", "x": NaN, "y": -Infinity}')
    assert isinstance(item, Record)
    assert item.fields == {"text": "a", "x": None, "y": None}
    assert not any(isinstance(value, float) and math.isnan(value) for value in item.fields.values())


def test_a_byte_order_mark_and_carriage_returns_are_no_part_of_a_record() -> None:
    items = read(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n')
    assert [item.fields["a"] for item in items if isinstance(item, Record)] == [1, 2]


def test_utf16_is_told_once_with_its_remedy() -> None:
    [item] = read('{"a": 1}\n{"a": 2}\n'.encode("utf-16"))
    assert isinstance(item, Rejected)
    assert "UTF-16" in item.reason


class _EndlessLine(io.RawIOBase):
    """Zeros without a line break up to a length, then a good line; none of it is held."""

    def __init__(self, length: int) -> None:
        self._left = length
        self._tail = b'\n{"text": "after"}\n'

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._left:
            count = min(self._left, len(buffer))
            buffer[:count] = b"0" * count
            self._left -= count
            return count
        count = len(self._tail)
        buffer[:count] = self._tail
        self._tail = b""
        return count


def test_a_line_longer_than_the_limit_is_skipped() -> None:
    stream = io.BufferedReader(_EndlessLine(RECORD_BYTES + 5_000_000), 2**20)
    items = list(read_jsonl("d.jsonl", stream))
    assert [str(item.place) for item in items] == ["d.jsonl:1", "d.jsonl:2"]
    assert cast(Rejected, items[0]).reason == f"the line is longer than {RECORD_BYTES:,} bytes"
    assert cast(Record, items[1]).fields == {"text": "after"}
