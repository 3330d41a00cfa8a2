"""Measures how well an archive answers judged queries, in the ways that it can be searched.

Knows nothing of how the judgements were made; the measures are those of ir-measures (a judged query without hits counts 0).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import ir_measures
from ir_measures import AP, RR, Measure, Qrel, R, ScoredDoc, nDCG

from search.engine import SearchEngine
from search.errors import BadInput
from search.query import Mode, Query

MEASURES: tuple[Measure, ...] = (nDCG @ 10, RR @ 10, AP @ 100, R @ 100)
_DEPTH = 100
_BATCH = 8


class System(StrEnum):
    """A way to search: the first stage alone, or the hybrid reranked."""

    BM25 = "bm25"
    DENSE = "dense"
    HYBRID = "hybrid"
    RERANK = "rerank"

    def query(self, text: str) -> Query:
        mode = Mode.HYBRID if self is System.RERANK else Mode(self.value)
        return Query(text, top_k=_DEPTH, mode=mode, rerank=self is System.RERANK)


@dataclass(frozen=True, slots=True)
class Result:
    """One system's figures: the mean over all judged queries, per query, and the run they were computed from."""

    system: System
    means: Mapping[str, float]
    per_query: Mapping[str, Mapping[str, float]]
    run: Sequence[ScoredDoc]


def evaluate(
    engine: SearchEngine, queries: Mapping[str, str], qrels: Sequence[Qrel], system: System, advance: Callable[[int], None]
) -> Result:
    """Searches for every judged query and compares with the judgements. ``advance`` is told how many queries were answered.

    Raises BadInput when a judged query has no text or nothing was judged relevant.
    """
    judged = sorted({qrel.query_id for qrel in qrels})
    missing = [query_id for query_id in judged if query_id not in queries]
    if missing:
        raise BadInput(
            f"{len(missing)} judged queries have no text, the first is {missing[0]!r}: give the queries they belong to.", field="queries"
        )
    if not any(qrel.relevance > 0 for qrel in qrels):
        raise BadInput("No judgement is above 0: there is nothing to find.", field="qrels")
    run: list[ScoredDoc] = []
    for start in range(0, len(judged), _BATCH):
        batch = judged[start : start + _BATCH]
        for query_id, response in zip(batch, engine.search_many([system.query(queries[query_id]) for query_id in batch]), strict=True):
            # The score is the rank turned round: ir-measures sorts by it, and ours has no single score for all stages.
            run.extend(ScoredDoc(query_id, hit.article.key, float(_DEPTH + 1 - hit.rank)) for hit in response.hits)
        advance(len(batch))
    per_query: dict[str, dict[str, float]] = {}
    for metric in ir_measures.iter_calc(MEASURES, qrels, run):
        per_query.setdefault(metric.query_id, {})[str(metric.measure)] = metric.value
    means = {str(m): value for m, value in ir_measures.calc_aggregate(MEASURES, qrels, run).items()}
    return Result(system, {str(m): means[str(m)] for m in MEASURES}, per_query, run)


def write_run(path: Path, results: Iterable[Result]) -> None:
    """Writes the rankings in TREC's format: query, Q0, article, rank, score, system."""
    with path.open("w", encoding="utf-8") as file:
        for result in results:
            for hit in result.run:
                rank = _DEPTH + 1 - int(hit.score)
                file.write(f"{hit.query_id} Q0 {hit.doc_id} {rank} {hit.score:g} {result.system}\n")
