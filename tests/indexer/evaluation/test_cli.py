"""What the command line makes of its arguments: files to write, comparisons of files, and refusals before any work is done."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer import Typer
from typer.testing import CliRunner

from indexer.evaluation.cli import evaluate
from search.errors import BadInput
from tests.beir import write_folder
from tests.indexer.evaluation.reports import every, report


def _run(*arguments: object) -> Result:
    app = Typer()
    app.command()(evaluate)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _refused(*arguments: object) -> str:
    """The sentence with which the command refuses."""
    error = _run(*arguments).exception
    assert isinstance(error, BadInput), error
    return str(error)


def test_a_folder_is_measured_compared_and_written_down(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "news")
    files = ("--per-query", tmp_path / "all.csv", "--run", tmp_path / "run.trec", "--plot", tmp_path / "plot.svg")
    done = _run(folder, "--data", tmp_path / "data", "--mode", "bm25", "--compare", "bm25", "dense", "--json", *files)
    assert done.exception is None, done.exception
    report = json.loads(done.stdout)
    assert list(report["systems"]) == ["bm25", "dense"]
    assert [(each["first"], each["second"]) for each in report["comparisons"]] == [("bm25", "dense")] * 4
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"all.csv", "plot.svg", "run.bm25.trec", "run.dense.trec"}
    again = _run(folder, "--data", tmp_path / "data", "--mode", "bm25", "--compare", tmp_path / "run.dense.trec", "bm25")
    assert "bm25 against run.dense, 4 queries" in again.stdout


def test_two_runs_are_compared_without_a_search(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "news")
    one, other = tmp_path / "one.trec", tmp_path / "other.trec"
    one.write_text("q1 Q0 b 1 2 x\nq1 Q0 a 2 1 x\n")
    other.write_text("q1 Q0 a 1 2 x\nq2 Q0 c 1 1 x\n")
    done = _run(folder, "--compare", one, other)
    assert "other against one, 4 queries" in done.stdout
    assert "2/2/0" in done.stdout
    with_qrels = _run("--qrels", folder / "qrels" / "test.tsv", "--compare", one, other, "--json", "--plot", tmp_path / "plot.svg")
    assert [each["wins"] for each in json.loads(with_qrels.stdout)["comparisons"]] == [2, 1, 1, 1]
    assert "q2" in (tmp_path / "plot.svg").read_text("utf-8")
    assert "what is relevant" in _refused("--compare", one, other)


def test_reports_of_before_and_after_are_compared(tmp_path: Path) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(report({name: every({"q1": 0.1, "q2": 0.5}) for name in ("bm25", "dense")}).to_json())
    after.write_text(report({name: every({"q1": 0.3, "q2": 0.5}) for name in ("bm25", "dense")}).to_json())
    done = _run("--compare", before, after)
    assert "after bm25 against before bm25, 2 queries" in done.stdout
    assert "+0.1000" in done.stdout
    assert "choose a mode" in _refused("--compare", before, after, "--plot", tmp_path / "plot.svg")
    assert _run("--compare", before, after, "--plot", tmp_path / "plot.svg", "--mode", "dense").exception is None
    assert "Nothing is searched" in _refused("--compare", before, after, "--run", tmp_path / "run.trec")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Say what to measure"),
        (["--queries", "queries.jsonl"], "Say what to measure"),
        (["news", "--qrels", "test.tsv"], "leave out --queries and --qrels"),
        (["--split", "dev"], "give the folder too"),
        (["news", "--plot", "plot.svg"], "name them with --compare"),
        (["news", "--plot", "plot.txt", "--compare", "bm25", "dense"], ".svg, .png, .pdf"),
        (["news", "--per-query", "all.xls"], ".csv or .jsonl"),
        (["news", "--run", "gone/run.trec"], "there is no folder gone"),
        (["news", "--compare", "bm25", "hybird"], "'hybird' is neither a mode"),
        (["gone"], "gone is not a folder"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_measured(arguments: list[str], message: str) -> None:
    assert message in _refused(*arguments)
