"""Files that are either whole or absent after a crash, and digests taken while they are written."""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1 << 20


class DigestWriter:
    """A binary file that counts and hashes what is written, and is on disk once ``close`` has returned."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("xb")
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._hash.update(data)
        self.bytes += len(data)
        return len(data)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fsync_file(path: Path) -> None:
    """Everything written to the file so far is on disk afterwards."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def fsync_folder(path: Path) -> None:
    """New, renamed and removed names in the folder are on disk afterwards."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """The file has the new content or, after a crash, the old one; never a part of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    writer = DigestWriter(beside)
    writer.write(content)
    writer.close()
    beside.replace(path)
    fsync_folder(path.parent)
