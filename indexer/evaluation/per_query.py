"""The figures of every query and system as a table: one row each, as CSV or as JSON lines."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ir_measures import ScoredDoc

from indexer.evaluation.evaluation import Evaluation
from indexer.evaluation.system import DEPTH
from search.errors import BadInput
from search.export.spreadsheet import Cell, csv_lines

SUFFIXES = (".csv", ".jsonl")


def require_table(path: Path) -> None:
    """Raises BadInput when the file's suffix names neither form."""
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"{path} does not say what table to write: end its name in {' or '.join(SUFFIXES)}.", field="per_query")


def write_per_query(path: Path, evaluation: Evaluation) -> None:
    """Writes query, text, system, the number of relevant articles, the rank of the first found (empty for none), and each measure."""
    require_table(path)
    rows = list(_rows(evaluation))
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix.lower() == ".jsonl":
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            file.writelines(csv_lines(list(rows[0]), [list(row.values()) for row in rows]))


def _rows(evaluation: Evaluation) -> Iterator[dict[str, Cell]]:
    judged = evaluation.judged
    relevant: dict[str, set[str]] = {}
    for qrel in judged.qrels:
        if qrel.relevance > 0:
            relevant.setdefault(qrel.query_id, set()).add(qrel.doc_id)
    for result in evaluation.results:
        first = _first_ranks(result.run, relevant)
        for query_id, values in result.per_query.items():
            yield {
                "query": query_id,
                "text": judged.queries[query_id],
                "system": result.system.value,
                "relevant": len(relevant.get(query_id, ())),
                "first_relevant_rank": first.get(query_id),
                **{name: round(value, 6) for name, value in values.items()},
            }


def _first_ranks(run: Sequence[ScoredDoc], relevant: Mapping[str, set[str]]) -> dict[str, int]:
    """The best rank of a relevant article, for each query that has one in its ranking."""
    first: dict[str, int] = {}
    for hit in run:
        if hit.doc_id in relevant.get(hit.query_id, ()):
            rank = DEPTH + 1 - int(hit.score)
            first[hit.query_id] = min(rank, first.get(hit.query_id, rank))
    return first
