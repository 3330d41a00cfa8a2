"""Searches for judged queries and computes the figures of a ranking: nDCG@10, MRR@10, MAP and Recall@100.

Knows nothing of how the judgements were made; the measures are those of ir-measures (a judged query without hits counts 0).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import ir_measures
from ir_measures import AP, RR, Measure, Qrel, R, ScoredDoc, nDCG

from indexer.evaluation.significance import Figures
from indexer.evaluation.system import DEPTH, System
from indexer.judgements import Judged
from search.engine import SearchEngine
from search.errors import BadInput
from search.query import Query

MEASURES: tuple[Measure, ...] = (nDCG @ 10, RR @ 10, AP @ DEPTH, R @ DEPTH)
NAMES: tuple[str, ...] = tuple(str(measure) for measure in MEASURES)
HEADINGS: Mapping[str, str] = dict(zip(NAMES, ("nDCG@10", "MRR@10", "MAP", f"Recall@{DEPTH}"), strict=True))
"""What people call the measures, by the names of ir-measures."""

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Result:
    """One system's figures: the mean over all judged queries, per query, and the run they were computed from.

    ``seconds`` is how long all queries took together.
    """

    system: System
    means: Mapping[str, float]
    per_query: Figures
    run: Sequence[ScoredDoc]
    seconds: float = 0.0


def evaluate(
    engine: SearchEngine, queries: Mapping[str, str], qrels: Sequence[Qrel], system: System, advance: Callable[[int], None]
) -> Result:
    """Searches for every judged query and compares with the judgements. ``advance`` is told how many queries were answered.

    Raises BadInput when a judged query has no text or cannot be searched for, or nothing was judged relevant.
    """
    judged = Judged(queries, tuple(qrels))
    asked = _asked(judged, system)
    begun = perf_counter()
    run: list[ScoredDoc] = []
    for start in range(0, len(asked), _BATCH):
        batch = asked[start : start + _BATCH]
        for (query_id, _), response in zip(batch, engine.search_many([query for _, query in batch]), strict=True):
            # The score is the rank turned round: ir-measures sorts by it, and ours has no single score for all stages.
            run.extend(ScoredDoc(query_id, hit.article.key, float(DEPTH + 1 - hit.rank)) for hit in response.hits)
        advance(len(batch))
    per_query = figures(judged.qrels, run)
    return Result(system, means(per_query), per_query, run, perf_counter() - begun)


def figures(qrels: Iterable[Qrel], run: Iterable[ScoredDoc]) -> Figures:
    """Every measure for every judged query of a ranking, whoever made it; sorted by query."""
    found: dict[str, dict[str, float]] = {}
    for metric in ir_measures.iter_calc(MEASURES, list(qrels), list(run)):
        found.setdefault(metric.query_id, {})[str(metric.measure)] = metric.value
    return {query_id: {name: found[query_id][name] for name in NAMES} for query_id in sorted(found)}


def means(per_query: Figures) -> dict[str, float]:
    """The mean of each measure over all judged queries."""
    return {name: sum(values[name] for values in per_query.values()) / len(per_query) for name in NAMES}


def _asked(judged: Judged, system: System) -> list[tuple[str, Query]]:
    """The requests of all judged queries, shortest first: a batch of texts of one length costs a model the least."""
    asked = []
    for query_id in judged.query_ids:
        try:
            asked.append((query_id, system.query(judged.queries[query_id])))
        except BadInput as error:
            raise BadInput(f"The judged query {query_id!r} cannot be searched for: {error}", field="queries") from error
    return sorted(asked, key=lambda each: len(each[1].text))
