"""Judged queries in the layout of BEIR: ``queries.jsonl`` and tab-separated qrels."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ir_measures import Qrel

from search.errors import BadInput

_HEADER = ("query-id", "corpus-id", "score")


@dataclass(frozen=True, slots=True)
class Judged:
    """Queries and the graded judgements of what they should find. ``queries`` may hold more than the judged ones.

    Raises BadInput when there is no judgement, a judged query has no text, or nothing was judged above 0.
    """

    queries: Mapping[str, str]
    qrels: tuple[Qrel, ...]

    def __post_init__(self) -> None:
        if not self.qrels:
            raise BadInput("There are no judgements: give qrels with at least one line of query id, article id and grade.", field="qrels")
        missing = [query_id for query_id in self.query_ids if query_id not in self.queries]
        if missing:
            raise BadInput(
                f"{len(missing):,} of {len(self.query_ids):,} judged queries have no text, the first is {missing[0]!r}: "
                "give the queries that the judgements belong to.",
                field="queries",
            )
        if not any(qrel.relevance > 0 for qrel in self.qrels):
            raise BadInput("No judgement is above 0: there is nothing to find.", field="qrels")

    @classmethod
    def read(cls, queries: Path, qrels: Path) -> Self:
        """The judged queries of two files; raises BadInput, naming file and line."""
        judgements = read_qrels(qrels)
        texts = read_queries(queries)
        try:
            return cls(texts, tuple(judgements))
        except BadInput as error:
            raise BadInput(f"{qrels} with {queries}: {error}", field=error.field) from error

    @property
    def query_ids(self) -> list[str]:
        """The judged queries, sorted."""
        return sorted({qrel.query_id for qrel in self.qrels})

    @property
    def unanswerable(self) -> list[str]:
        """Judged queries without a relevant article: every system gets 0 for them."""
        return sorted(set(self.query_ids) - {qrel.query_id for qrel in self.qrels if qrel.relevance > 0})

    @property
    def relevant(self) -> set[str]:
        """The articles that are relevant to some query."""
        return {qrel.doc_id for qrel in self.qrels if qrel.relevance > 0}

    @property
    def qrels_sha256(self) -> str:
        """Equal for the same judgements, in whatever order and file."""
        return _sha256([f"{qrel.query_id}\t{qrel.doc_id}\t{qrel.relevance}" for qrel in self.qrels])

    @property
    def queries_sha256(self) -> str:
        """Equal for the same texts of the judged queries."""
        return _sha256([f"{query_id}\t{self.queries[query_id]}" for query_id in self.query_ids])


def read_queries(path: Path) -> dict[str, str]:
    """Texts by query id, from lines such as {"_id": "q1", "text": "…"}; raises BadInput naming file and line."""
    return {query_id: str(fields["text"]) for query_id, fields in read_objects(path, ("_id", "text"))}


def read_objects(path: Path, needed: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and object of each line of a JSON-lines file; raises BadInput, naming file and line, where a needed field is missing."""
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            for name in needed:
                fields[name]
            yield str(fields["_id"]), fields
        except (ValueError, KeyError, TypeError) as error:
            expected = ", ".join(f'"{name}": "…"' for name in needed)
            raise BadInput(f"{path}:{number} cannot be read: expected {{{expected}}}.", field=path.stem) from error


def read_qrels(path: Path) -> list[Qrel]:
    """Graded judgements from a table of query-id, corpus-id, score with a header; raises BadInput naming file and line."""
    return [qrel for _, qrel in read_numbered_qrels(path)]


def read_numbered_qrels(path: Path) -> list[tuple[int, Qrel]]:
    """The same, each with the number of its line."""
    rows = csv.reader(_lines(path), delimiter="\t", quoting=csv.QUOTE_NONE)
    judgements = []
    for number, row in enumerate(rows, 1):
        if not row or (number == 1 and tuple(row) == _HEADER):
            continue
        try:
            query_id, key, grade = row
            judgements.append((number, Qrel(query_id, key, int(grade))))
        except ValueError as error:
            raise BadInput(
                f"{path}:{number} is not a judgement: expected query id, article id and a whole number, parted by tabs.", field="qrels"
            ) from error
    if not judgements:
        raise BadInput(f"{path} holds no judgements: it needs at least one line of query id, article id and grade.", field="qrels")
    return judgements


def _lines(path: Path) -> list[str]:
    """Parted by line feeds alone: JSON may hold the other separators that Unicode knows."""
    try:
        return path.read_text("utf-8").split("\n")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).", field=path.name) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 (byte {error.start}).", field=path.name) from error


def _sha256(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8", "surrogatepass")).hexdigest()
