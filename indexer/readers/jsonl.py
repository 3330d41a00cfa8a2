"""JSON lines: one object per line. A line that is not one is rejected and the next line goes on."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from indexer.readers.lines import numbered
from indexer.readers.record import Place, Record, Rejected

# Python's json.dumps writes NaN and Infinity for missing numbers; no database takes them.
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)


def read_jsonl(file: str, stream: BinaryIO) -> Iterator[Record | Rejected]:
    """One record per line that holds a JSON object; blank lines are skipped."""
    for number, text, problem in numbered(stream):
        place = Place(file, number)
        if problem:
            yield Rejected(place, problem)
            continue
        text = text.strip()
        if not text:
            continue
        try:
            value = _DECODER.decode(text)
        except json.JSONDecodeError as error:
            yield Rejected(place, f"not valid JSON at column {error.colno}: {error.msg}")
        except (ValueError, RecursionError) as error:  # an integer of thousands of digits; brackets nested thousands deep
            yield Rejected(place, f"not usable JSON: {error}")
        else:
            if isinstance(value, dict):
                yield Record(place, value)
            else:
                yield Rejected(place, f"a JSON object was expected, not {_KINDS.get(type(value), 'a number')}")


_KINDS: dict[type, str] = {list: "a list", str: "a string", bool: "a truth value", type(None): "null"}
