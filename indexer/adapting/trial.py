"""The test that old and new models are put to: every system on held-out headlines and on judged queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from indexer.adapting.corpus import Corpus
from indexer.adapting.measuring import Task, headline_pool, headline_task, judged_task, pairs
from indexer.adapting.verdict import BM25, DENSE, HEADLINES, HYBRID, JUDGED, RERANK
from indexer.evaluation.significance import Figures
from indexer.judgements import Judged
from indexer.training.groups import Collection, Evidence
from search.protocols import Encoder, Reranker
from search.store import Archive, Identity


@dataclass(frozen=True)
class Measured:
    """A task's first stage by some encoder, and the figures of every system."""

    task: Task
    collection: Collection
    evidence: Sequence[Evidence]
    figures: dict[str, Figures]

    def reranked(self, reranker: Reranker) -> Figures:
        """The figures of the same first stage with another cross-encoder."""
        return self.task.reranked(self.collection, self.evidence, reranker)


@dataclass(frozen=True)
class Trial:
    """The queries that decide, and those that calibrate, over one pool."""

    tasks: dict[str, Task]
    calibration: Task

    @classmethod
    def of(cls, corpus: Corpus, archive: Archive, identity: Identity, judged: Judged | None) -> Self:
        """Raises BadInput when the archive has none of the articles that are judged relevant."""
        pool = headline_pool(corpus, identity)
        tasks = {HEADLINES: headline_task(corpus, pool, corpus.held_out)}
        if judged is not None:
            tasks[JUDGED] = judged_task(corpus, archive, identity, judged)
        return cls(tasks, headline_task(corpus, pool, corpus.calibration))

    def measure(self, encoder: Encoder, reranker: Reranker | None) -> dict[str, Measured]:
        """How the models do on the queries of each kind, by its name."""
        return {name: _measure(task, encoder, reranker) for name, task in self.tasks.items()}

    def calibrating(self, measured: dict[str, Measured], encoder: Encoder) -> list[tuple[str, str]]:
        """What a reranker reads for the calibrating headlines; ``encoder`` is the one that the measured pool is encoded with."""
        collection = measured[HEADLINES].collection
        evidence = self.calibration.evidence(collection, encoder)
        texts = self.calibration.queries.values()
        return [pair for text, found in zip(texts, evidence, strict=True) for pair in pairs(collection, text, found)]


def _measure(task: Task, encoder: Encoder, reranker: Reranker | None) -> Measured:
    collection = task.pool.encoded(encoder)
    evidence = task.evidence(collection, encoder)
    figures = {
        BM25: task.measured([each.bm25 for each in evidence]),
        DENSE: task.measured([each.similarity for each in evidence]),
        HYBRID: task.measured([each.fused for each in evidence]),
    }
    if reranker is not None:
        figures[RERANK] = task.reranked(collection, evidence, reranker)
    return Measured(task, collection, evidence, figures)
