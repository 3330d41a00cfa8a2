"""The table that decides can be read in a terminal of 80 columns."""

from io import StringIO

import pytest
from rich.console import Console

from indexer.adapting.verdict import HEADLINES, JUDGED, Row, printed, reranker_rows, rows
from indexer.evaluation.significance import Figures


def figures(value: float) -> Figures:
    return {str(query): {"nDCG@10": value + (query % 5) / 100} for query in range(40)}


@pytest.fixture(scope="module")
def table() -> list[Row]:
    better = [row for queries in (HEADLINES, JUDGED) for row in rows(queries, {"dense": figures(0.1)}, {"dense": figures(0.9)})]
    return [*better, *reranker_rows(HEADLINES, figures(0.9), figures(0.9), figures(0.1))]


def test_every_row_is_whole_on_one_line_of_80_columns(table: list[Row]) -> None:
    file = StringIO()
    for each in printed(table):
        Console(file=file, width=80).print(each)
    lines = [line.rstrip() for line in file.getvalue().splitlines() if line.strip()]
    assert lines == [
        "nDCG@10 of 40 held-out headlines",
        "                           before  after  difference     95 % interval       p",
        "dense                       0.120  0.920      +0.800  +0.800 to +0.800  0.0002",
        "rerank, new cross-encoder   0.920  0.120      -0.800  -0.800 to -0.800  0.0002",
        "the cross-encoder alone     0.920  0.120      -0.800  -0.800 to -0.800  0.0002",
        "nDCG@10 of 40 judged queries",
        "                           before  after  difference     95 % interval       p",
        "dense                       0.120  0.920      +0.800  +0.800 to +0.800  0.0002",
    ]
