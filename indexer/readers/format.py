"""The formats of a dump, and how one is told from a file's name and first bytes."""

import json
import re
from enum import StrEnum
from pathlib import PurePath

from indexer.fields import has_content
from indexer.readers.delimited import find_delimiter
from indexer.readers.stream import SUFFIXES


class Format(StrEnum):
    """How the records of a dump are written; AUTO looks at each file's suffix, then at its content."""

    AUTO = "auto"
    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"


_SUFFIXES = {
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".jsonlines": Format.JSONL,
    ".jl": Format.JSONL,
    ".json": Format.JSON,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
}

_COLUMN = re.compile(r"[\w .:@/-]{0,60}")


def format_of_name(name: str) -> Format | None:
    """The format that a file's suffix promises, whether or not the suffix of a compression follows."""
    path = PurePath(name.lower())
    if path.suffix in SUFFIXES:
        path = PurePath(path.stem)
    return _SUFFIXES.get(path.suffix)


def is_dump_name(name: str) -> bool:
    """Whether a file of a directory is taken for a dump."""
    return name.lower().endswith(".zip") or format_of_name(name) is not None


def format_of(name: str, head: bytes) -> Format | None:
    """The format of a file that begins with ``head`` (decompressed); None where neither name nor content tells."""
    promised = format_of_name(name)
    if head.startswith(b"PAR1") or promised is Format.PARQUET:
        return Format.PARQUET
    if promised in (Format.CSV, Format.TSV):
        return promised
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"["):
        return Format.JSON
    if promised is Format.JSONL:
        return promised
    if start.startswith(b"{"):
        return Format.JSONL if _is_object(start.split(b"\n", 1)[0]) else Format.JSON
    if promised is None and _has_header(start):
        return Format.CSV
    return promised


def _is_object(line: bytes) -> bool:
    """Whether the first line is a whole record, as in JSON lines, and no wrapper around an array of records."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and has_content(value)


def _has_header(head: bytes) -> bool:
    """Whether the first line lists names, of which one stands for a title or a text."""
    line = head.split(b"\n", 1)[0].decode(errors="replace").strip()
    names = [name.strip('" ') for name in line.split(find_delimiter(line))]
    return has_content(names) and all(_COLUMN.fullmatch(name) for name in names)
