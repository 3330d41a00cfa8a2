"""A report is read back as it was written, and nothing else is taken for one."""

from pathlib import Path

import pytest

from indexer.evaluation import Report, compare
from search.errors import BadInput
from tests.indexer.evaluation.reports import every, report


def test_a_report_survives_being_written(tmp_path: Path) -> None:
    before, after = every({"q1": 0.25, "q2": 0.5}), every({"q1": 0.5, "q2": 1.0})
    comparisons = tuple(compare(("bm25", before), ("dense", after)))
    written = report({"bm25": before, "dense": after}).model_copy(update={"comparisons": comparisons})
    path = tmp_path / "report.json"
    path.write_text(written.to_json(), "utf-8")
    read = Report.read(path)
    assert read.systems == written.systems
    assert read.comparisons[0].difference == pytest.approx(0.375)
    assert Report.model_validate_json(read.to_json()) == read


@pytest.mark.parametrize("content", ["", "{}", "q1 Q0 a 1 0.5 mine", '{"format": 2}'])
def test_what_is_not_a_report_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content)
    with pytest.raises(BadInput, match=r"report\.json is not a report of `broadsheet evaluate --json`"):
        Report.read(path)


def test_a_report_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.json cannot be read"):
        Report.read(tmp_path / "gone.json")
