from collections.abc import Iterator
from pathlib import Path

import pytest

from search.errors import BroadsheetError
from search.export.file import write_file, write_output


def test_line_ends_and_characters_arrive_as_they_are(tmp_path: Path) -> None:
    write_file(tmp_path / "out.csv", ["\ufeffa\r\n", "é🛢\r\n"])
    assert (tmp_path / "out.csv").read_bytes() == "\ufeffa\r\né🛢\r\n".encode()


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    def pieces() -> Iterator[str]:
        yield "new"
        raise BroadsheetError("The archive cannot be read.")

    out = tmp_path / "out.csv"
    out.write_text("old")
    with pytest.raises(BroadsheetError, match="cannot be read"):
        write_file(out, pieces())
    assert out.read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(BroadsheetError, match=r"no/out\.csv cannot be written \(No such file or directory\): give another file with --out"):
        write_file(tmp_path / "no" / "out.csv", ["a"])


def test_standard_output_gets_every_piece(capsys: pytest.CaptureFixture[str]) -> None:
    write_output(["a\r\n", "b"])
    assert capsys.readouterr().out == "a\r\nb"
