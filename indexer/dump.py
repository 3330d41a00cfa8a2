"""Dumps of articles as one stream of records, whatever files, formats and compressions they come in."""

import os
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import IO, BinaryIO, cast

from indexer.readers.delimited import read_delimited
from indexer.readers.format import Format, format_of, format_of_name, is_dump_name
from indexer.readers.json_document import read_json
from indexer.readers.jsonl import read_jsonl
from indexer.readers.record import Place, Record, Rejected
from indexer.readers.stream import BROKEN, Counted, buffered, decompressed, is_zip, seekable, zip_members
from search.errors import BadInput

__all__ = ["Dump", "Format", "Place", "Record", "Rejected"]

STANDARD_INPUT = "-"
_UNKNOWN = "neither its name nor its content tells the format; name it with --format (jsonl, json, csv, tsv or parquet)"


class Dump:
    """An iterable of Record and Rejected over all files, in order; memory does not grow with the dump.

    ``total_bytes`` is the size of the files as they are on disk, None where one is a pipe; ``read_bytes`` grows to it
    while the dump is iterated. A file that is damaged is delivered up to there, then rejected, and the next one goes on.
    """

    def __init__(self, files: Sequence[str], wanted: Format, stdin: BinaryIO) -> None:
        self._files = files
        self._wanted = wanted
        self._stdin = stdin
        self._sizes = {file: _size(file) for file in files}
        known = [size for size in self._sizes.values() if size is not None]
        self.total_bytes: int | None = sum(known) if len(known) == len(files) else None
        self._bytes_before = 0  # of the files that are done
        self._current: Counted | None = None

    @classmethod
    def open(
        cls,
        paths: Sequence[str],
        format: Format = Format.AUTO,  # noqa: A002 - the name of the option
        stdin: BinaryIO | None = None,
    ) -> "Dump":
        """A dump of files, of directories with all dump files below them in sorted order, and of "-" for standard input.

        A directory that holds ``corpus.jsonl`` beside ``queries.jsonl`` (BEIR's layout) stands for its corpus. Hidden
        files are left out. Raises BadInput, before anything is read, where a path does not exist or holds no dump.
        """
        if not paths:
            raise BadInput("no dump was given; name a file, a directory, or - for standard input", field="paths")
        try:
            wanted = Format(format)
        except ValueError as error:
            known = ", ".join(Format)
            raise BadInput(f'"{format}" is not a format of a dump; it is one of {known}', field="format") from error
        files = dict.fromkeys(file for path in paths for file in _files(path, wanted))
        return cls(list(files), wanted, stdin or sys.stdin.buffer)

    @property
    def read_bytes(self) -> int:
        """Bytes of the files, as they are on disk, that have been read so far."""
        return self._bytes_before + (self._current.count if self._current else 0)

    def __iter__(self) -> Iterator[Record | Rejected]:
        self._bytes_before = 0
        for file in self._files:
            yield from self._read(file)

    def _read(self, file: str) -> Iterator[Record | Rejected]:
        if file == STANDARD_INPUT:
            yield from self._counted("<stdin>", self._stdin)
            return
        try:
            opened = Path(file).open("rb")  # noqa: SIM115 - entered below, where errors mean something else
        except OSError as error:
            yield Rejected(Place(file), f"the file cannot be opened: {error.strerror}")
            return
        with opened:
            yield from self._counted(file, opened)

    def _counted(self, name: str, file: IO[bytes]) -> Iterator[Record | Rejected]:
        self._current = Counted(file)
        try:
            yield from self._unpacked(name, buffered(self._current))
        finally:
            size = self._sizes.get(name)  # a Parquet file may be read in part or twice
            self._bytes_before += self._current.count if size is None else size
            self._current = None

    def _unpacked(self, name: str, packed: BufferedReader) -> Iterator[Record | Rejected]:
        try:
            stream = decompressed(packed)
            if not is_zip(stream):
                yield from self._records(name, stream)
                return
            with seekable(stream) as copy, zipfile.ZipFile(copy) as archive:
                yield from self._members(name, archive)
        except BROKEN as error:
            yield Rejected(Place(name), f"the file is damaged: {error}")

    def _members(self, name: str, archive: zipfile.ZipFile) -> Iterator[Record | Rejected]:
        members = list(zip_members(archive))
        dumps = members if self._wanted is not Format.AUTO else [info for info in members if is_dump_name(info.filename)]
        if not dumps and len(members) != 1:
            yield Rejected(Place(name), "the archive holds no file with the suffix of a dump")
            return
        for info in dumps or members:
            member = f"{name}!{info.filename}"
            try:
                with archive.open(info) as file:
                    yield from self._records(member, decompressed(buffered(file)))
            except BROKEN as error:
                yield Rejected(Place(member), f"the member is damaged: {error}")
            except RuntimeError as error:  # encrypted, or compressed in a way that Python does not know
                yield Rejected(Place(member), f"the member cannot be unpacked: {error}")

    def _records(self, name: str, stream: BufferedReader) -> Iterator[Record | Rejected]:
        place = Place(name)
        try:
            head = stream.peek()
            if not head:
                return
            found = format_of(name, head) if self._wanted is Format.AUTO else self._wanted
            if found is None:
                yield Rejected(place, _UNKNOWN)
                return
            for item in _reader(found)(name, cast(BinaryIO, stream)):
                place = item.place
                yield item
        except BROKEN as error:
            yield Rejected(place._replace(number=place.number + 1), f"the file breaks off here: {error}")


def _reader(found: Format) -> Callable[[str, BinaryIO], Iterator[Record | Rejected]]:
    match found:
        case Format.JSONL:
            return read_jsonl
        case Format.JSON:
            return read_json
        case Format.CSV:
            return read_delimited
        case Format.TSV:
            return partial(read_delimited, delimiter="\t")
        case _:
            return _read_parquet


def _read_parquet(name: str, stream: BinaryIO) -> Iterator[Record | Rejected]:
    from indexer.readers.parquet import read_parquet  # pyarrow takes long to import, and most dumps need none

    with seekable(cast(BufferedReader, stream)) as copy:
        yield from read_parquet(name, copy)


def _files(path: str, wanted: Format) -> Iterator[str]:
    """The files that a path stands for; raises BadInput where there is none."""
    if path == STANDARD_INPUT:
        yield path
        return
    if not os.access(path, os.R_OK):
        problem = "is not readable; check its permissions" if Path(path).exists() else "does not exist; check the path"
        raise BadInput(f'"{path}" {problem}', field="paths")
    if Path(path).is_dir():
        found = sorted(_below(path, wanted))
        if not found:
            raise BadInput(
                f'the directory "{path}" holds no dump; its files must end in .jsonl, .json, .csv, .tsv or .parquet', field="paths"
            )
        yield from found
        return
    if wanted is Format.AUTO and _size(path) and not is_dump_name(path) and not _content_tells(path):
        raise BadInput(f'"{path}" cannot be read: {_UNKNOWN}', field="paths")
    yield path


def _below(directory: str, wanted: Format) -> Iterator[str]:
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if any(name.startswith("queries.jsonl") for name in files) and any(name.startswith("corpus.jsonl") for name in files):
            folders.clear()
            files = [name for name in files if name.startswith("corpus.jsonl")]
        for name in files:
            if not name.startswith(".") and is_dump_name(name) and _fits(name, wanted):
                yield str(Path(folder) / name)


def _fits(name: str, wanted: Format) -> bool:
    """Whether a file of a directory can be meant where the format is given."""
    alike = {Format.JSON: Format.JSONL, Format.TSV: Format.CSV}
    promised = format_of_name(name)
    return wanted is Format.AUTO or promised is None or alike.get(promised, promised) is alike.get(wanted, wanted)


def _content_tells(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            stream = decompressed(buffered(file))
            return is_zip(stream) or format_of(path, stream.peek()) is not None
    except BROKEN:
        return True  # damaged: said while reading, and the other files go on


def _size(path: str) -> int | None:
    """The size of a regular file; None for a pipe or standard input."""
    if path == STANDARD_INPUT:
        return None
    status = Path(path).stat()
    return status.st_size if stat.S_ISREG(status.st_mode) else None
