"""Judged queries in the layout of BEIR: ``queries.jsonl`` and tab-separated qrels."""

import csv
import json
from pathlib import Path

from ir_measures import Qrel

from search.errors import BadInput

_HEADER = ("query-id", "corpus-id", "score")


def read_queries(path: Path) -> dict[str, str]:
    """Texts by query id, from lines such as {"_id": "q1", "text": "…"}; raises BadInput naming file and line."""
    queries: dict[str, str] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            queries[str(fields["_id"])] = str(fields["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f'{path}:{number} is not a query: expected {{"_id": "…", "text": "…"}}.', field="queries") from error
    return queries


def read_qrels(path: Path) -> list[Qrel]:
    """Graded judgements from a table of query-id, corpus-id, score with a header; raises BadInput naming file and line."""
    rows = csv.reader(_text(path).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    judgements = []
    for number, row in enumerate(rows, 1):
        if number == 1 and tuple(row) == _HEADER:
            continue
        try:
            query_id, key, grade = row
            judgements.append(Qrel(query_id, key, int(grade)))
        except ValueError as error:
            raise BadInput(
                f"{path}:{number} is not a judgement: expected query id, article id and a whole number, parted by tabs.", field="qrels"
            ) from error
    return judgements


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).", field=path.name) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 (byte {error.start}).", field=path.name) from error
