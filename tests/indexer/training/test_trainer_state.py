"""What the trainer has kept is found again, and what is damaged or another run's is named."""

import json
from pathlib import Path

import pytest

from indexer.training.checkpoint import Checkpoint
from indexer.training.trainer_state import last_whole
from search.errors import BadInput


def test_a_folder_is_of_the_run_that_came_first(tmp_path: Path) -> None:
    assert last_whole(Checkpoint(tmp_path, "first")) is None
    assert json.loads((tmp_path / "run.json").read_text()) == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    (tmp_path / "checkpoint-5").mkdir()
    with pytest.raises(BadInput, match="belong to a run with other data or settings"):
        last_whole(Checkpoint(tmp_path, "second"))


@pytest.mark.parametrize("content", [b"", b'"fir', b"\xff\xfe"])
def test_a_damaged_name_of_the_run_is_said_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "checkpoint-5").mkdir()
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(BadInput, match=r"run\.json is damaged .*: delete .* to train from the start") as caught:
        last_whole(Checkpoint(tmp_path, "first"))
    assert "\n" not in str(caught.value)
