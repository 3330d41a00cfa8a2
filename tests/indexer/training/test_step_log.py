"""A log has every step once, however often its run was begun."""

import json
from pathlib import Path

from indexer.training.step_log import StepLog


def test_steps_that_are_done_again_are_logged_once(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    first = StepLog(path)
    for step in range(1, 6):
        first.add({"step": step, "loss": 1.0})
    first.add({"step": 5, "quality": 0.5})
    with path.open("a", encoding="utf-8") as file:
        file.write('{"step": 6, "lo')  # a kill
    again = StepLog(path)
    assert again.last == {"step": 5, "quality": 0.5}
    for step in range(4, 7):
        again.add({"step": step, "loss": 2.0})
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [(row["step"], row["loss"]) for row in rows] == [(1, 1.0), (2, 1.0), (3, 1.0), (4, 2.0), (5, 2.0), (6, 2.0)]
    assert again.last == {"step": 6, "loss": 2.0}


def test_a_log_without_rows_has_no_last(tmp_path: Path) -> None:
    assert StepLog(tmp_path / "log.jsonl").last == {}
