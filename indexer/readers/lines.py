"""Numbered lines of text from a stream of bytes; a line that cannot be used is told apart, never raised."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from indexer.readers.record import RECORD_BYTES

_SKIP_BYTES = 2**20
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Line(NamedTuple):
    """A line with its line break, counted from 1. Where ``problem`` says why it cannot be used, ``text`` is empty."""

    number: int
    text: str
    problem: str | None = None


def numbered(stream: BinaryIO) -> Iterator[Line]:
    """The lines of a UTF-8 stream without its byte-order mark. A line is held in memory, never more than RECORD_BYTES of it."""
    number = 0
    while data := stream.readline(RECORD_BYTES + 1):
        number += 1
        if number == 1 and data.startswith(_UTF16):
            yield Line(1, "", "the file is UTF-16; convert it to UTF-8, for example with iconv -f utf-16 -t utf-8")
            return
        if len(data) > RECORD_BYTES:
            while not data.endswith(b"\n") and (data := stream.readline(_SKIP_BYTES)):
                pass
            yield Line(number, "", f"the line is longer than {RECORD_BYTES:,} bytes")
            continue
        try:
            yield Line(number, data.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError as error:
            byte = data[error.start]
            yield Line(number, "", f"byte {error.start + 1} of the line (0x{byte:02X}) is not UTF-8; convert the file with iconv")
