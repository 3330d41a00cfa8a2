"""Every query's figures are written, one row for each system, for a spreadsheet or for a program."""

import csv
import json
from pathlib import Path

import pytest
from ir_measures import Qrel, ScoredDoc

from indexer.evaluation import Evaluation, Judged, Result, System, figures, means
from indexer.evaluation.per_query import write_per_query
from search.errors import BadInput
from tests.indexer.evaluation.reports import report


@pytest.fixture
def evaluation() -> Evaluation:
    judged = Judged({"q1": '=HYPERLINK("x")', "q2": "storm, coast"}, (Qrel("q1", "a", 3), Qrel("q1", "b", 1), Qrel("q2", "c", 1)))
    run = [ScoredDoc("q1", "x", 100.0), ScoredDoc("q1", "b", 99.0), ScoredDoc("q1", "a", 98.0)]
    found = figures(judged.qrels, run)
    results = tuple(Result(system, means(found), found, run) for system in (System.BM25, System.DENSE))
    return Evaluation(judged, results, report({"bm25": found, "dense": found}))


def test_json_lines_hold_each_query_of_each_system(tmp_path: Path, evaluation: Evaluation) -> None:
    write_per_query(tmp_path / "all.jsonl", evaluation)
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
    assert [(row["query"], row["system"]) for row in rows] == [("q1", "bm25"), ("q2", "bm25"), ("q1", "dense"), ("q2", "dense")]
    assert rows[0]["text"] == '=HYPERLINK("x")'
    assert (rows[0]["relevant"], rows[0]["first_relevant_rank"], rows[0]["RR@10"]) == (2, 2, 0.5)
    assert (rows[1]["relevant"], rows[1]["first_relevant_rank"], rows[1]["nDCG@10"]) == (1, None, 0.0)


def test_a_spreadsheet_gets_the_same_and_no_formula(tmp_path: Path, evaluation: Evaluation) -> None:
    write_per_query(tmp_path / "all.csv", evaluation)
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert rows[0]["text"] == '\'=HYPERLINK("x")'
    assert (rows[1]["text"], rows[1]["first_relevant_rank"], float(rows[0]["RR@10"])) == ("storm, coast", "", 0.5)


def test_a_file_that_is_neither_is_refused(tmp_path: Path, evaluation: Evaluation) -> None:
    with pytest.raises(BadInput, match=r"end its name in \.csv or \.jsonl"):
        write_per_query(tmp_path / "all.xls", evaluation)
