"""The bytes of a dump file, unpacked: what is compressed is recognised by its first bytes, and a zip gives one stream per member."""

import bz2
import gzip
import io
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast

import zstandard

BUFFER_BYTES = 2**20
SUFFIXES = (".gz", ".zst", ".bz2", ".xz")  # of one compressed stream; .zip holds several
BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, zipfile.BadZipFile)

_ZSTD_STEP = 2**11  # compressed bytes at a time: 2 KiB of a hostile frame can unfold to 64 MiB
_ZSTD_WINDOW = 2**31  # frames of zstd --long=31, as large public dumps are


class _Direct(io.RawIOBase):
    """A file whose reads return what one read below gives, so that an error after it costs nothing that was read before."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return cast(int, self._file.readinto1(buffer))  # type: ignore[attr-defined]


class Counted(_Direct):
    """A file as it is on disk or in a pipe, with the number of bytes that were read from it in ``count``."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.count = 0

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        read = super().readinto(buffer)
        self.count += read
        return read

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


class _Zstd(io.RawIOBase):
    """A zstd file of any number of frames; unlike zstandard's own reader it raises EOFError where a frame breaks off."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._compressed = b""
        self._plain = memoryview(b"")
        self._frame: zstandard.ZstdDecompressionObj | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._plain:
            self._compressed = self._compressed or self._file.read(_ZSTD_STEP)
            if not self._compressed:
                if self._frame:
                    raise EOFError("compressed file ended before the end of its frame")
                return 0
            self._frame = self._frame or zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
            self._plain = memoryview(self._frame.decompress(self._compressed))
            self._compressed = b""
            if self._frame.eof:
                self._compressed = self._frame.unused_data
                self._frame = None
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count


_MAGIC: dict[bytes, Callable[[BinaryIO], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file)),
    b"\x28\xb5\x2f\xfd": lambda file: cast(IO[bytes], _Zstd(file)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def buffered(file: IO[bytes] | io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(file if isinstance(file, io.RawIOBase) else _Direct(file), BUFFER_BYTES)


def decompressed(stream: io.BufferedReader) -> io.BufferedReader:
    """The stream unpacked as often as it was packed; the stream itself where it is plain."""
    while unpack := next((unpack for magic, unpack in _MAGIC.items() if stream.peek(8).startswith(magic)), None):
        stream = buffered(unpack(cast(BinaryIO, stream)))
    return stream


def is_zip(stream: io.BufferedReader) -> bool:
    return stream.peek(8).startswith(_ZIP)


def zip_members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The files of an archive in their order, without hidden ones and the shadow files of macOS."""
    for info in archive.infolist():
        parts = PurePosixPath(info.filename).parts
        if not info.is_dir() and not any(part.startswith((".", "__MACOSX")) for part in parts):
            yield info


def seekable(stream: io.BufferedReader) -> io.BufferedReader:
    """The stream itself where it can seek, else a copy of the rest of it in a temporary file on disk."""
    if stream.seekable() and isinstance(stream.raw, Counted):  # archives seek too, but by unpacking from the start again
        return stream
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the stream that is returned
    shutil.copyfileobj(stream, copy, BUFFER_BYTES)
    copy.seek(0)
    return cast(io.BufferedReader, copy)
