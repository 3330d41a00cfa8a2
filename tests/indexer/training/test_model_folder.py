"""A model folder is replaced whole or not at all, whatever fails on the way."""

import errno
import os
from collections.abc import Callable
from pathlib import Path, PosixPath

import pytest

from indexer.training.model_folder import publish_folder, require_replaceable, state_folder
from search.errors import BadInput, BroadsheetError, WriterBusy


def _writing(text: str) -> Callable[[Path], None]:
    def write(part: Path) -> None:
        (part / "below").mkdir()
        (part / "below" / "weights").write_text(text)

    return write


def _content(out: Path) -> str:
    return (out / "below" / "weights").read_text()


class Unmovable(PosixPath):
    """A place that nothing new can be moved to."""

    def rename(self, target: str | Path) -> "Unmovable":  # type: ignore[override]
        if self.name.endswith(".part"):
            raise OSError(errno.EIO, "Input/output error")
        super().rename(target)
        return Unmovable(target)


def test_a_new_model_replaces_the_previous_one(tmp_path: Path) -> None:
    publish_folder(tmp_path / "deep" / "model", _writing("first"))
    publish_folder(tmp_path / "deep" / "model", _writing("second"))
    assert _content(tmp_path / "deep" / "model") == "second"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model"]


def test_the_previous_model_is_there_again_when_the_new_one_cannot_be_moved(tmp_path: Path) -> None:
    publish_folder(tmp_path / "model", _writing("first"))
    with pytest.raises(BroadsheetError, match="cannot be written"):
        publish_folder(Unmovable(tmp_path / "model"), _writing("second"))
    assert _content(tmp_path / "model") == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_previous_model_is_put_back_after_a_kill_between_the_renames(tmp_path: Path) -> None:
    publish_folder(tmp_path / "model", _writing("first"))
    (tmp_path / "model").rename(tmp_path / ".model.old")

    def fail(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish_folder(tmp_path / "model", fail)
    assert _content(tmp_path / "model") == "first"


def test_a_model_can_be_read_by_whom_the_folder_is_open_to(tmp_path: Path) -> None:
    def write(part: Path) -> None:
        _writing("private")(part)
        (part / "below" / "weights").chmod(0o600)

    previous = os.umask(0o027)
    try:
        publish_folder(tmp_path / "model", write)
    finally:
        os.umask(previous)
    assert (tmp_path / "model" / "below" / "weights").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("place", [".", "..", "/", "models/.."])
def test_a_place_without_a_name_is_refused(place: str) -> None:
    with pytest.raises(BadInput, match=r"is no name for a model: give a folder of its own with --out, such as .*model"):
        require_replaceable(Path(place))


def test_a_training_has_its_state_for_itself_and_leaves_it_only_when_it_fails_with_some(tmp_path: Path) -> None:
    out = tmp_path / "model"
    with state_folder(out) as work:
        with pytest.raises(WriterBusy, match=f"^Process {os.getpid()} is training .*model: wait"), state_folder(out):
            pass
        (work / "state").write_text("half")
    assert not list(tmp_path.iterdir())

    def interrupted(state: str) -> None:
        with state_folder(out) as work:
            if state:
                (work / "state").write_text(state)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted("")
    assert not list(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        interrupted("half")
    assert (tmp_path / ".model.training" / "state").read_text() == "half"
