"""The commands say what they did, and what is missing."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from indexer.feedback.cli import feedback
from search.errors import BadInput, NoIndex
from tests.indexer.feedback.archived import archive_with_feedback

RUNNER = CliRunner()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with archive_with_feedback(tmp_path / "data"):
        pass
    return tmp_path / "data"


def run(*arguments: object) -> str:
    result = RUNNER.invoke(feedback, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_labels_are_exported(data: Path, tmp_path: Path) -> None:
    said = run("export", tmp_path / "set", "--data", data)
    assert "Wrote 5 labels of 2 queries" in said
    assert "from 4 pages of results (eta 1.00, assumed: too few clicks to estimate it)" in said
    assert "1 queries are left out" in said
    assert "(eta 0.50, given)" in run("export", tmp_path / "other", "--data", data, "--eta", 0.5)


def test_feedback_is_counted_and_forgotten(data: Path) -> None:
    assert json.loads(run("stats", "--data", data, "--json")) == {
        "showings": 4,
        "clicks": 2,
        "relevant": 1,
        "not_relevant": 2,
        "first": "2026-03-01",
        "last": "2026-04-01",
    }
    assert run("forget", "--before", "2026-04", "--data", data).startswith("Removed 3 pages")
    assert "2026-04-01" in run("stats", "--data", data)
    run("forget", "--before", "2027", "--data", data)
    assert run("stats", "--data", data).splitlines()[-1].split() == ["last", "-"]


def test_what_cannot_be_done_is_one_sentence(data: Path, tmp_path: Path) -> None:
    with pytest.raises(NoIndex):
        run("stats", "--data", tmp_path / "nothing")
    with pytest.raises(BadInput, match="before is 'yesterday', which is no date"):
        run("forget", "--before", "yesterday", "--data", data)
    run("forget", "--before", "2027", "--data", data)
    with pytest.raises(BadInput, match="No feedback is kept in this archive: turn it on with BROADSHEET_FEEDBACK=true"):
        run("export", tmp_path / "set", "--data", data)


def test_training_on_feedback_says_what_is_missing_before_any_model_is_loaded(data: Path, tmp_path: Path) -> None:
    from indexer.training.cli import train

    def train_on(*arguments: object) -> BaseException | None:
        return RUNNER.invoke(train, ["bi-encoder", "--out", str(tmp_path / "model"), "--feedback", *map(str, arguments)]).exception

    assert "A folder of labelled queries and --feedback are given" in str(train_on(tmp_path))
    run("forget", "--before", "2027", "--data", data)
    assert "No feedback is kept in this archive" in str(train_on("--data", data))
