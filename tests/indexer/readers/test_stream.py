"""Compressed streams: what was packed comes back, and where it breaks off everything before is there."""

import bz2
import gzip
import io
import lzma
import random
from collections.abc import Callable

import pytest
import zstandard

from indexer.readers.stream import BROKEN, buffered, decompressed


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def bz(data: bytes) -> bytes:
    return bz2.compress(data, 1)


def xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)


PACKERS: list[Callable[[bytes], bytes]] = [gzip.compress, zst, bz, xz]
TEXT = "\n".join(f"line {i} {random.Random(i).random()}" for i in range(100_000)).encode()


def unpacked(data: bytes) -> io.BufferedReader:
    return decompressed(buffered(io.BytesIO(data)))


@pytest.mark.parametrize("pack", PACKERS)
def test_what_was_packed_comes_back(pack: Callable[[bytes], bytes]) -> None:
    assert unpacked(pack(TEXT)).read() == TEXT
    assert unpacked(pack(b"")).read() == b""


@pytest.mark.parametrize("pack", PACKERS)
def test_several_members_in_a_row_are_one_stream(pack: Callable[[bytes], bytes]) -> None:
    assert unpacked(pack(TEXT) + pack(b"") + pack(b"end")).read() == TEXT + b"end"


def test_what_was_packed_twice_is_unpacked_twice() -> None:
    assert unpacked(gzip.compress(zst(TEXT))).read() == TEXT


def test_plain_bytes_stay_as_they_are() -> None:
    assert unpacked(TEXT).read() == TEXT
    assert unpacked(b"").read() == b""


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("part", [0.3, 0.9, 0.9999])
def test_a_truncated_stream_raises_after_the_lines_that_were_whole(pack: Callable[[bytes], bytes], part: float) -> None:
    packed = pack(TEXT)
    stream = unpacked(packed[: int(len(packed) * part)])
    lines = []
    with pytest.raises(BROKEN):  # noqa: PT012 - the lines before the error are what matters
        while line := stream.readline():
            lines.append(line)
    assert b"".join(lines) == TEXT[: sum(map(len, lines))]
    block = 200_000  # what a codec holds back until its block is complete
    assert sum(map(len, lines)) > 0.95 * part * len(TEXT) - block


def test_a_flipped_bit_in_zst_raises_after_the_blocks_before_it() -> None:
    packed = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(TEXT))
    packed[len(packed) * 3 // 4] ^= 0xFF
    stream = unpacked(bytes(packed))
    lines = []
    with pytest.raises(BROKEN):  # noqa: PT012 - the lines before the error are what matters
        while line := stream.readline():
            lines.append(line)
    assert sum(map(len, lines)) > len(TEXT) // 2


def test_a_frame_with_a_long_window_is_read() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    assert unpacked(zstandard.ZstdCompressor(compression_params=parameters).compress(TEXT)).read() == TEXT
