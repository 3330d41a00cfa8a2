"""A whole evaluation: judged queries, all systems side by side, and a report of what the figures depend on."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from indexer.evaluation.collection import Collection, keep
from indexer.evaluation.measuring import Result, evaluate
from indexer.evaluation.provenance import code, hardware, libraries
from indexer.evaluation.report import Choices, Model, Models, Questions, Report, SystemFigures
from indexer.evaluation.significance import SEED, Figures, compare
from indexer.evaluation.system import DEPTH, System
from indexer.judgements import Judged
from indexer.readers.record import Rejected
from search.assemble import NO_RERANKER, engine_with, load_encoder, load_reranker, open_data, settings_of
from search.engine import SearchEngine
from search.errors import BadInput
from search.index.published import require_index
from search.protocols import Encoder, Reranker
from search.settings import DEFAULT_ENCODER, Settings
from search.store import Archive, text_hash

_log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who wants to know how far an evaluation is."""

    def advance(self, step: str, done: int, total: int) -> None:
        """``done`` of ``total`` of a step; steps are "indexing" (bytes) and each system's name (queries)."""
        ...

    def warn(self, sentence: str) -> None:
        """Something that the reader of the figures should know."""
        ...


class Quiet:
    """Leaves progress unsaid and logs warnings."""

    def advance(self, step: str, done: int, total: int) -> None:
        pass

    def warn(self, sentence: str) -> None:
        _log.warning("%s", sentence)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rankings of every system and the report on them."""

    judged: Judged
    results: tuple[Result, ...]
    report: Report

    def per_query(self, system: System) -> Figures:
        """One system's figures of every query."""
        return next(result.per_query for result in self.results if result.system is system)

    def compare(self, first: tuple[str, Figures], second: tuple[str, Figures]) -> "Evaluation":
        """The same with a paired comparison in its report; each side is a name and figures of the same queries, of any origin."""
        comparisons = (*self.report.comparisons, *compare(first, second, self.report.seed))
        return Evaluation(self.judged, self.results, self.report.model_copy(update={"comparisons": comparisons}))


def evaluate_folder(
    folder: Path, settings: Settings, split: str | None = None, systems: Sequence[System] | None = None, listener: Listener | None = None
) -> Evaluation:
    """Measures every system on a folder in the layout of BEIR, whose corpus is indexed under the data folder on first use.

    ``systems`` are all that the settings have models for when not given. Raises BadInput when the folder cannot be used.
    """
    systems, listener = _systems(systems, settings), listener or Quiet()
    collection = Collection.open(folder, split)
    encoder = load_encoder(settings)
    kept = keep(collection, settings, encoder, partial(listener.advance, "indexing"), partial(_reject, listener))
    about = {"collection": collection.name, "split": collection.split}
    return _evaluate(collection.judged, kept.settings, encoder, systems, listener, about)


def evaluate_archive(
    judged: Judged, settings: Settings, systems: Sequence[System] | None = None, listener: Listener | None = None
) -> Evaluation:
    """Measures every system on an archive as it is. Raises NoIndex when it was never indexed and BadInput when the queries do not fit."""
    systems, listener = _systems(systems, settings), listener or Quiet()
    require_index(settings.data)
    with open_data(settings) as archive:
        settings = settings_of(archive, settings)
    return _evaluate(judged, settings, load_encoder(settings), systems, listener, {})


def _evaluate(
    judged: Judged, settings: Settings, encoder: Encoder, systems: Sequence[System], listener: Listener, about: dict[str, str]
) -> Evaluation:
    with open_data(settings) as archive:
        questions = _questions(judged, archive, listener).model_copy(update=about)
        reranker = load_reranker(settings) if System.RERANK in systems else None
        engine = engine_with(settings, archive, encoder, reranker)
        results = tuple(_measure(engine, judged, system, listener) for system in systems)
        return Evaluation(judged, results, _report(engine, archive, settings, questions, _models(settings, encoder, reranker), results))


def _measure(engine: SearchEngine, judged: Judged, system: System, listener: Listener) -> Result:
    total = len(judged.query_ids)
    done = 0

    def advance(answered: int) -> None:
        nonlocal done
        done += answered
        listener.advance(system.value, done, total)

    return evaluate(engine, judged.queries, judged.qrels, system, advance)


def _systems(asked: Sequence[System] | None, settings: Settings) -> tuple[System, ...]:
    without = settings.reranker == NO_RERANKER
    if asked and without and System.RERANK in asked:
        raise BadInput("There is no reranker to measure: give one with --reranker, or leave out the mode 'rerank'.", field="mode")
    return tuple(dict.fromkeys(asked or (system for system in System if not (without and system is System.RERANK))))


def _questions(judged: Judged, archive: Archive, listener: Listener) -> Questions:
    """What is asked, compared with what is there."""
    there = _digests(archive)
    articles = sorted({qrel.doc_id for qrel in judged.qrels})
    missing = [key for key in articles if key not in there]
    relevant = [key for key in missing if key in judged.relevant]
    if len(relevant) == len(judged.relevant):
        raise BadInput(
            f"None of the {len(judged.relevant):,} relevant articles is in the archive, the first is {relevant[0]!r}: "
            "give the judgements that belong to these articles.",
            field="qrels",
        )
    if missing:
        listener.warn(
            f"{len(missing):,} of {len(articles):,} judged articles are not in the archive ({len(relevant):,} of them relevant), "
            f"the first is {(relevant or missing)[0]!r}: they count as not found."
        )
    if judged.unanswerable:
        listener.warn(
            f"{len(judged.unanswerable):,} of {len(judged.query_ids):,} judged queries have no relevant article, "
            f"the first is {judged.unanswerable[0]!r}: they count 0 for every system."
        )
    return Questions(
        queries=len(judged.query_ids),
        judgements=len(judged.qrels),
        relevant=sum(qrel.relevance > 0 for qrel in judged.qrels),
        unanswerable=len(judged.unanswerable),
        missing=len(missing),
        missing_relevant=len(relevant),
        corpus_sha256=hashlib.sha256("\n".join(f"{key}\t{there[key]}" for key in sorted(there)).encode("utf-8", "replace")).hexdigest(),
        queries_sha256=judged.queries_sha256,
        qrels_sha256=judged.qrels_sha256,
    )


def _digests(archive: Archive) -> dict[str, str]:
    """A digest of title and text of every article, by its key."""
    return {stored.article.key: text_hash(stored.article).hex() for batch in archive.all_articles() for stored in batch}


def _models(settings: Settings, encoder: Encoder, reranker: Reranker | None) -> Models:
    def model(name: str, loaded: Encoder | Reranker) -> Model:
        return Model(name=name, fingerprint=loaded.fingerprint, precision=getattr(loaded, "precision", None))

    return Models(
        encoder=model(settings.encoder or DEFAULT_ENCODER, encoder),
        reranker=model(settings.reranker, reranker) if reranker is not None else None,
    )


def _report(
    engine: SearchEngine, archive: Archive, settings: Settings, questions: Questions, models: Models, results: Sequence[Result]
) -> Report:
    overview, identity = engine.overview(), archive.identity()
    return Report(
        created_at=datetime.now(UTC),
        snapshot=overview.snapshot,
        articles=overview.articles,
        passages=overview.passages,
        questions=questions,
        models=models,
        settings=Choices(
            passage_words=identity.passage_words if identity else settings.passage_words,
            passage_step=identity.passage_step if identity else settings.passage_step,
            candidates=settings.candidates,
            rerank_depth=settings.rerank_depth,
            depth=DEPTH,
            device=settings.device,
        ),
        seed=SEED,
        code=code(),
        hardware=hardware(),
        libraries=libraries(),
        systems={
            result.system.value: SystemFigures(
                means=dict(result.means),
                seconds=result.seconds,
                queries={query: dict(values) for query, values in result.per_query.items()},
            )
            for result in results
        },
    )


def _reject(listener: Listener, rejected: Rejected) -> None:
    listener.warn(f"{rejected.place}: {rejected.reason}")
