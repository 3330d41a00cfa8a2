"""Rankings survive being written in TREC's format and read back; what is not a run is refused with its line."""

from pathlib import Path

import ir_measures
import pytest
from ir_measures import ScoredDoc

from indexer.evaluation import Result, System, read_run, run_files, write_run
from search.errors import BadInput

RUN = [ScoredDoc("q1", "a", 100.0), ScoredDoc("q1", "b", 99.0), ScoredDoc("q2", "c", 100.0)]


def _result(system: System = System.RERANK) -> Result:
    return Result(system, {}, {}, RUN)


def test_a_run_is_read_back_as_it_was_by_us_and_by_others(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    write_run(path, _result())
    assert path.read_text().splitlines()[1] == "q1 Q0 b 2 99 rerank"
    assert read_run(path) == RUN
    assert list(ir_measures.read_trec_run(str(path))) == RUN


def test_each_system_gets_a_file_where_there_are_several(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    assert run_files(path, [_result()]) == [path]
    assert [each.name for each in run_files(path, [_result(System.BM25), _result()])] == ["run.bm25.trec", "run.rerank.trec"]


def test_blanks_in_ids_do_not_break_the_lines(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    write_run(path, Result(System.BM25, {}, {}, [ScoredDoc("q 1", "an article", 100.0)]))
    assert read_run(path) == [ScoredDoc("q_1", "an_article", 100.0)]


def test_a_system_that_finds_nothing_is_read_back_as_one(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    write_run(path, Result(System.BM25, {}, {}, []))
    assert read_run(path) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("q1 Q0 a 1 0.5 mine\nq1 a 2\n", r"run\.trec:2 is not a line of a run"),
        ("q1 Q0 a 1 high mine\n", r"run\.trec:1"),
        ("q1 Q0 a 1 2 bm25\nq1 Q0 a 1 2 dense\n", r"run\.trec:2 ranks 'a' for the query 'q1' again"),
    ],
)
def test_what_is_not_the_run_of_one_system_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "run.trec"
    path.write_text(content)
    with pytest.raises(BadInput, match=message):
        read_run(path)


def test_a_run_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.trec cannot be read"):
        read_run(tmp_path / "gone.trec")
