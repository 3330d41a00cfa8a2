"""An export as a file that is there as a whole or not at all, or on standard output."""

import sys
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path

from search.errors import BroadsheetError


def write_file(out: Path, pieces: Iterable[str]) -> None:
    """Writes the pieces as they come. Raises BroadsheetError when the file cannot be written."""
    beside = out.with_name(f".{out.name}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
        beside.replace(out)
    except OSError as error:
        raise BroadsheetError(f"{out} cannot be written ({error.strerror}): give another file with --out.") from error
    finally:
        beside.unlink(missing_ok=True)


def write_output(pieces: Iterable[str]) -> None:
    """The same to standard output: in UTF-8, with the line ends that the format demands."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    sys.stdout.writelines(pieces)
