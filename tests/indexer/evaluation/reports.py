"""Reports for tests, made without a search."""

from collections.abc import Mapping
from datetime import UTC, datetime

from indexer.evaluation.provenance import Code, Hardware
from indexer.evaluation.report import Choices, Model, Models, Questions, Report, SystemFigures
from indexer.evaluation.significance import Figures


def report(systems: Mapping[str, Figures], qrels_sha256: str = "q", corpus_sha256: str = "c") -> Report:
    """A report of these figures; everything else is made up."""
    return Report(
        created_at=datetime(2024, 1, 1, tzinfo=UTC),
        snapshot="s",
        articles=5,
        passages=5,
        questions=Questions(
            collection="news",
            split="test",
            queries=len(next(iter(systems.values()))),
            judgements=6,
            relevant=5,
            corpus_sha256=corpus_sha256,
            queries_sha256="t",
            qrels_sha256=qrels_sha256,
        ),
        models=Models(encoder=Model(name="words", fingerprint="words:1")),
        settings=Choices(passage_words=150, passage_step=100, candidates=100, rerank_depth=16, depth=100, device="auto"),
        seed=20,
        code=Code(version="0"),
        hardware=Hardware(cpu="cpu", cores=2, memory_bytes=None, gpu=None),
        libraries={"python": "3.11"},
        systems={
            name: SystemFigures(
                means={measure: sum(values[measure] for values in found.values()) / len(found) for measure in next(iter(found.values()))},
                seconds=1.0,
                queries={query: dict(values) for query, values in found.items()},
            )
            for name, found in systems.items()
        },
    )


def every(values: Mapping[str, float]) -> Figures:
    """Figures with one value of all measures for each query."""
    return {query: {"nDCG@10": value, "RR@10": value, "AP@100": value, "R@100": value} for query, value in values.items()}
