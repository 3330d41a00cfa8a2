"""JSON documents: an array of objects, an object that holds such an array, a single object, or several of these in a row."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import ijson
from ijson.common import ObjectBuilder

from indexer.readers.record import RECORD_BYTES, Place, Record, Rejected
from search.text import clean_line

# {"articles": [...]}, {"response": {"docs": [...]}}, {"hits": {"hits": [...]}}: names under which exports keep their records.
_WRAPPERS = "articles|data|docs|documents|entries|hits|items|news|posts|records|response|results|rows|stories|value"
_RECORD = re.compile(rf"(?:(?:{_WRAPPERS})\.)*item", re.IGNORECASE)
_BUFFER_BYTES = 2**20  # the parser starts a string again with each buffer: small ones make long strings slow
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _TooLong(Exception):
    pass


class _Metered:
    """A stream without its byte-order mark that refuses to go on after ``limit`` bytes without a record."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._started = False
        self.since_record = 0

    def read(self, size: int) -> bytes:
        if self.since_record > self._limit:
            raise _TooLong
        data = self._stream.read(size)
        self.since_record += len(data)
        if data and not self._started:  # ijson asks for nothing first
            self._started = True
            return data.removeprefix(_BYTE_ORDER_MARK) or self._stream.read(size)
        return data


def read_json(file: str, stream: BinaryIO, limit: int = RECORD_BYTES) -> Iterator[Record | Rejected]:
    """One record per object of at most ``limit`` bytes. JSON has no line to go on with: an error rejects the rest of the file."""
    metered = _Metered(stream, limit)
    number = 0
    try:
        for value in _values(metered):
            metered.since_record = 0
            number += 1
            place = Place(file, number, "row")
            if isinstance(value, dict):
                yield Record(place, value)
            else:
                yield Rejected(place, f"a JSON object was expected, not {clean_line(str(value)[:40])}")
    except ijson.JSONError as error:
        message = str(error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error).split("\n", 1)[0]
        yield Rejected(Place(file, number + 1, "row"), f"not valid JSON from here on ({clean_line(message)})")
    except _TooLong:
        yield Rejected(Place(file, number + 1, "row"), f"the record is longer than {limit:,} bytes; the rest of the file is skipped")


def _values(stream: _Metered) -> Iterator[object]:
    """The records of each top-level value as they are complete, and the value itself where it is a single object."""
    outer: Any = None  # builds the top-level object, without the records that were yielded from it
    inner: Any = None  # builds the record at hand
    depth = 0  # open brackets of the record at hand
    found = False
    for prefix, event, value in ijson.parse(stream, use_float=True, multiple_values=True, buf_size=_BUFFER_BYTES):
        opens, closes = event.startswith("start_"), event.startswith("end_")
        if inner is None and not closes and event != "map_key" and _RECORD.fullmatch(prefix):
            found = True
            if not opens:
                yield value
                continue
            inner, depth = ObjectBuilder(), 0
        if inner is not None:
            inner.event(event, value)
            depth += opens - closes
            if depth == 0:
                yield inner.value
                inner = None
            continue
        if prefix == "" and opens:
            outer, found = ObjectBuilder(), False
        if outer is None:
            yield value  # a bare number or string
            continue
        outer.event(event, value)
        if prefix == "" and closes:
            if event == "end_map" and not found:
                yield outer.value
            outer = None
