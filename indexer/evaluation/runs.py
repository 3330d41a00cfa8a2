"""Rankings in TREC's format: a line each of query, Q0, article, rank, score and system, parted by blanks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ir_measures import ScoredDoc

from indexer.evaluation.measuring import Result
from indexer.evaluation.system import DEPTH
from indexer.judgements import Judged
from search.errors import BadInput


def run_files(path: Path, results: Sequence[Result]) -> list[Path]:
    """Where the run of each result goes: the path itself for one, else one file each, as trec_eval and others read one system a file."""
    return [path] if len(results) == 1 else [path.with_suffix(f".{result.system}{path.suffix}") for result in results]


def write_run(path: Path, result: Result) -> None:
    """Writes one system's rankings. Blanks in an id, which the format cannot hold, become underscores."""
    with path.open("w", encoding="utf-8") as file:
        for hit in result.run:
            rank = DEPTH + 1 - int(hit.score)
            file.write(f"{_word(hit.query_id)} Q0 {_word(hit.doc_id)} {rank} {hit.score:g} {result.system}\n")


def read_run(path: Path) -> list[ScoredDoc]:
    """The rankings of one system, none from an empty file; raises BadInput, naming file and line."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).", field="run") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 (byte {error.start}).", field="run") from error
    run: list[ScoredDoc] = []
    seen: set[tuple[str, str]] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            query_id, _, key, _, score, _ = line.split()
            run.append(ScoredDoc(query_id, key, float(score)))
        except ValueError as error:
            raise BadInput(
                f"{path}:{number} is not a line of a run: expected query, Q0, article, rank, score and system, parted by blanks.",
                field="run",
            ) from error
        if (query_id, key) in seen:
            raise BadInput(f"{path}:{number} ranks {key!r} for the query {query_id!r} again: give a file for each system.", field="run")
        seen.add((query_id, key))
    return run


def as_judged(run: Sequence[ScoredDoc], judged: Judged) -> list[ScoredDoc]:
    """The run with its ids as the judgements spell them, where these have the blanks that a run cannot hold."""
    queries = _spellings(qrel.query_id for qrel in judged.qrels)
    articles = _spellings(qrel.doc_id for qrel in judged.qrels)
    return [ScoredDoc(queries.get(hit.query_id, hit.query_id), articles.get(hit.doc_id, hit.doc_id), hit.score) for hit in run]


def _spellings(ids: Iterable[str]) -> dict[str, str]:
    """Each id by how a run has it; one that is such a word already is no other's."""
    known = set(ids)
    return {_word(id_): id_ for id_ in sorted(known)} | {id_: id_ for id_ in known}


def _word(text: str) -> str:
    return "_".join(text.split())
