"""Files are compared where they are about the same questions, and refused with a reason where they are not."""

from pathlib import Path

import pytest
from ir_measures import Qrel, ScoredDoc

from indexer.evaluation import Judged, Result, System, write_run
from indexer.evaluation.sides import file_sides, is_file
from search.errors import BadInput
from tests.indexer.evaluation.reports import every, report

JUDGED = Judged({"q1": "oil", "q2": "storm"}, (Qrel("q1", "a", 1), Qrel("q2", "c", 1)))
LOW, HIGH = every({"q1": 0.1, "q2": 0.2}), every({"q1": 0.3, "q2": 0.4})


def _write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_a_mode_is_not_a_file_and_anything_else_must_be_one(tmp_path: Path) -> None:
    assert not is_file("hybrid")
    assert is_file(str(_write(tmp_path / "run.trec", "")))
    with pytest.raises(BadInput, match=r"'hybird' is neither a mode \(bm25, dense, hybrid, rerank\) nor a file"):
        is_file("hybird")


def test_two_runs_are_measured_with_the_judgements(tmp_path: Path) -> None:
    good = _write(tmp_path / "good.trec", "q1 Q0 a 1 2 x\nq2 Q0 c 1 2 x\n")
    poor = _write(tmp_path / "poor.trec", "q1 Q0 b 1 2 x\nq1 Q0 a 2 1 x\n")  # finds nothing for q2, which counts 0
    (((name, before), (_, after)),) = file_sides(poor, good, JUDGED, None)
    assert name == "poor"
    assert [before[query]["RR@10"] for query in ("q1", "q2")] == [0.5, 0.0]
    assert [after[query]["RR@10"] for query in ("q1", "q2")] == [1.0, 1.0]


def test_a_run_that_lost_the_blanks_of_its_ids_is_measured_as_the_search_was(tmp_path: Path) -> None:
    judged = Judged({"q 1": "oil", "q_1": "storm"}, (Qrel("q 1", "news  a1", 1), Qrel("q_1", "news_b1", 1)))
    path = tmp_path / "own.trec"
    write_run(path, Result(System.DENSE, {}, {}, [ScoredDoc("q 1", "other", 100.0), ScoredDoc("q 1", "news  a1", 99.0)]))
    (((_, spaced), _),) = file_sides(path, path, Judged(judged.queries, judged.qrels[:1]), None)
    assert {query: values["RR@10"] for query, values in spaced.items()} == {"q 1": 0.5}
    theirs = _write(tmp_path / "theirs.trec", "q_1 Q0 news_b1 1 2 x\n")  # an id that is judged as it stands is that one
    (((_, exact), _),) = file_sides(theirs, theirs, judged, None)
    assert {query: values["RR@10"] for query, values in exact.items()} == {"q 1": 0.0, "q_1": 1.0}


def test_an_empty_run_found_nothing_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    empty, good = _write(tmp_path / "empty.trec", ""), _write(tmp_path / "good.trec", "q1 Q0 a 1 2 x\n")
    (((_, before), (_, after)),) = file_sides(empty, good, JUDGED, None)
    assert [before[query]["RR@10"] for query in ("q1", "q2")] == [0.0, 0.0]
    assert after["q1"]["RR@10"] == 1.0
    assert [record.getMessage() for record in caplog.records] == [f"{empty} ranks nothing: every judged query counts 0."]


def test_two_reports_are_compared_mode_by_mode(tmp_path: Path) -> None:
    before = _write(tmp_path / "before.json", report({"bm25": LOW, "dense": LOW, "hybrid": LOW}).to_json())
    after = _write(tmp_path / "after.json", report({"dense": HIGH, "hybrid": HIGH, "rerank": HIGH}).to_json())
    pairs = file_sides(before, after, None, None)
    assert [(first[0], second[0]) for first, second in pairs] == [("before dense", "after dense"), ("before hybrid", "after hybrid")]
    assert pairs[0][1][1]["q2"]["nDCG@10"] == 0.4
    assert len(file_sides(before, after, None, [System.DENSE])) == 1
    with pytest.raises(BadInput, match="no mode in common"):
        file_sides(before, after, None, [System.RERANK])


def test_reports_on_other_questions_are_not_compared(tmp_path: Path) -> None:
    one = _write(tmp_path / "one.json", report({"bm25": LOW}).to_json())
    other = _write(tmp_path / "other.json", report({"bm25": HIGH}, qrels_sha256="other").to_json())
    with pytest.raises(BadInput, match=r"one\.json and .*other\.json were measured with other queries or judgements"):
        file_sides(one, other, None, None)


def test_reports_on_other_articles_are_compared_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    one = _write(tmp_path / "one.json", report({"bm25": LOW}).to_json())
    other = _write(tmp_path / "other.json", report({"bm25": HIGH}, corpus_sha256="other").to_json())
    assert len(file_sides(one, other, None, None)) == 1
    assert "measured on other articles" in caplog.text


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    run = _write(tmp_path / "run.trec", "q1 Q0 a 1 2 x\n")
    strange = _write(tmp_path / "strange.trec", "q77 Q0 a 1 2 x\n")
    saved = _write(tmp_path / "saved.json", report({"bm25": LOW}).to_json())
    with pytest.raises(BadInput, match="a report and a run"):
        file_sides(run, saved, JUDGED, None)
    with pytest.raises(BadInput, match="says nothing about what is relevant"):
        file_sides(run, run, None, None)
    with pytest.raises(BadInput, match=r"strange\.trec ranks nothing for any of the 2 judged queries, its first is 'q77'"):
        file_sides(run, strange, JUDGED, None)
