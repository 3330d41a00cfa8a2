"""JSON documents: an array of objects, an object that holds such an array, a single object, or several of these in a row."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import ijson
from ijson.common import ObjectBuilder

from indexer.readers.record import RECORD_BYTES, Place, Record, Rejected

# {"articles": [...]}, {"response": {"docs": [...]}}, {"hits": {"hits": [...]}}: names under which exports keep their records.
_WRAPPERS = "articles|data|docs|documents|entries|hits|items|news|posts|records|response|results|rows|stories|value"
_RECORD = re.compile(rf"(?:(?:{_WRAPPERS})\.)*item", re.IGNORECASE)
_BUFFER_BYTES = 2**16


class _TooLong(Exception):
    pass


class _Metered:
    """A stream that refuses to go on when RECORD_BYTES have been read since the last record."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.since_record = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.since_record += len(data)
        if self.since_record > RECORD_BYTES + _BUFFER_BYTES:
            raise _TooLong
        return data


def read_json(file: str, stream: BinaryIO) -> Iterator[Record | Rejected]:
    """One record per object. JSON has no line to go on with: from its first error the rest of the file is rejected."""
    metered = _Metered(stream)
    number = 0
    try:
        for value in _values(metered):
            metered.since_record = 0
            number += 1
            place = Place(file, number, "row")
            if isinstance(value, dict):
                yield Record(place, value)
            else:
                yield Rejected(place, f"a JSON object was expected, not {str(value)[:40]!r}")
    except ijson.JSONError as error:
        message = str(error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error).split("\n", 1)[0]
        yield Rejected(Place(file, number + 1, "row"), f"not valid JSON from here on ({message.strip()})")
    except _TooLong:
        yield Rejected(Place(file, number + 1, "row"), f"the record is longer than {RECORD_BYTES:,} bytes; the rest of the file is skipped")


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
