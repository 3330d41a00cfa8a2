"""The whole of an adaptation: measure, train the language model, the bi-encoder and the cross-encoder, measure again, keep what is better.

An interrupted run goes on when it is called again with the same arguments.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer

from indexer.adapting import language_model, tuning
from indexer.adapting.corpus import Corpus, read_corpus
from indexer.adapting.outcome import Report, keep, model_card
from indexer.adapting.plan import BI_ENCODER, CROSS_ENCODER, LANGUAGE_MODEL, Plan
from indexer.adapting.run import Run, opened
from indexer.adapting.trial import Trial
from indexer.adapting.verdict import RERANK, encoder_is_better, reranker_is_better, reranker_rows, rows
from indexer.judgements import Judged
from indexer.training.checkpoint import Checkpoint
from indexer.training.pair_model import PairModel, load_base
from indexer.training.progress import Listener
from indexer.training.reranker_tuning import save
from search.errors import BadInput
from search.models.loading import quietly
from search.protocols import Encoder, Reranker
from search.store import Archive, Identity

PERPLEXITY_TEXTS = 64


class Models(Protocol):
    """Loads models by name, as a search would."""

    def encoder(self, name: str) -> Encoder: ...

    def reranker(self, name: str) -> Reranker: ...


@dataclass(frozen=True)
class Start:
    """What is adapted: an archive with its encoder and its reranker (None: there is none), by their names.

    ``name`` is what the model cards call the archive.
    """

    archive: Archive
    identity: Identity
    encoder: str
    reranker: str | None
    judged: Judged | None = None
    name: str = "an archive"


def adapt(start: Start, plan: Plan, out: Path, models: Models, listener: Listener) -> Report:
    """Trains, measures and keeps in ``out`` those of the new models that are better; the report says which.

    Raises BadInput when the archive is too small, when its models cannot be tuned here, and when another run's state is in
    ``out``; WriterBusy when another process is at this run.
    """
    present = _Present(models.encoder(start.encoder), models.reranker(start.reranker) if start.reranker else None)
    with opened(out, _arguments(start, present, plan), plan, listener) as run:
        report = _adapt(start, present, run, models)
        listener.stage("Saving")
        _keep(report, out, run.work)
        shutil.rmtree(run.work)
    return report


@dataclass(frozen=True)
class _Present:
    """The models as they are now."""

    encoder: Encoder
    reranker: Reranker | None


def _arguments(start: Start, present: _Present, plan: Plan) -> dict[str, str]:
    """All that a run depends on beside the articles, by names that a message can use."""
    told = {
        "archive settings": start.identity,
        "bi-encoder": (start.encoder, present.encoder.fingerprint),
        "cross-encoder": (start.reranker, present.reranker and present.reranker.fingerprint),
        "judged queries": hashlib.sha256(repr(start.judged).encode()).hexdigest(),
        **{each.name.replace("_", " "): getattr(plan, each.name) for each in fields(plan)},
    }
    return {name: repr(value) for name, value in told.items()}


def _adapt(start: Start, present: _Present, run: Run, models: Models) -> Report:
    began = perf_counter()
    plan = run.plan
    old, old_reranker = present.encoder, present.reranker
    pair_model = load_base(start.reranker, plan.seed, plan.reranker.frozen_layers) if plan.with_cross_encoder and start.reranker else None
    run.listener.stage("Reading")
    corpus = read_corpus(start.archive, start.identity, plan.extent, plan.seed, run.articles)
    run.has_read(corpus.ids, corpus.digest)
    run.listener.stage("Measuring before")
    measuring = perf_counter()
    trial = Trial.of(corpus, start.archive, start.identity, start.judged)
    before = trial.measure(old, old_reranker)
    run.measured(perf_counter() - measuring, perf_counter() - began)
    report = Report(start.name, start.encoder, start.reranker, asdict(plan), len(corpus.documents), len(corpus.trained))

    mined = tuning.Mined.over(corpus, old, plan.mining, plan.seed)
    model = tuning.open_encoder(start.encoder, replace(plan.encoder, seed=plan.seed))
    if plan.with_language_model:
        _train_language_model(model, corpus, run, report)
    _train_encoder(model, mined, run, report)
    new = models.encoder(str(run.work / "encoder"))
    run.listener.stage("Measuring after")
    after = trial.measure(new, old_reranker)
    report.table = [row for name in before for row in rows(name, before[name].figures, after[name].figures)]
    better = encoder_is_better(report.table)
    chosen = after if better else before
    if pair_model is not None and old_reranker is not None:
        shown = trial.calibrating(chosen, new if better else old)
        _train_reranker(mined, run, report, pair_model, old_reranker, shown)
        tuned = models.reranker(str(run.work / "reranker"))
        run.listener.stage("Measuring the cross-encoder")
        for name, measured in chosen.items():
            report.table += reranker_rows(name, before[name].figures[RERANK], measured.figures[RERANK], measured.reranked(tuned))
    report.seconds = perf_counter() - began
    return report


def _train_language_model(model: SentenceTransformer, corpus: Corpus, run: Run, report: Report) -> None:
    """Goes on with the pre-training of the bi-encoder's BERT, in place."""
    guesser = language_model.with_head(model, run.plan.seed)
    tokenizer = model.tokenizer
    shown, hidden = _texts(corpus, run.plan.seed)
    tokens = min(run.plan.masking.max_tokens, guesser.config.max_position_embeddings)
    recipe = replace(run.plan.masking, seed=run.plan.seed, max_tokens=tokens)

    def pace() -> float:
        run.listener.stage(f"Timing the {LANGUAGE_MODEL}")
        return language_model.seconds_per_step(guesser, tokenizer, shown, recipe)

    stage = run.stage(LANGUAGE_MODEL, pace)
    training = language_model.Training(guesser, tokenizer, shown, replace(recipe, steps=stage.steps), run.checkpoints(LANGUAGE_MODEL))
    figures = "perplexity.json"

    def make(part: Path) -> None:
        run.listener.stage(f"Training the {LANGUAGE_MODEL}")
        training.head(run.listener.advance)
        perplexity = {"with only its head trained": language_model.pseudo_perplexity(guesser, tokenizer, hidden, tokens)}
        training.everything(run.listener.advance)
        perplexity["with all of it trained"] = language_model.pseudo_perplexity(guesser, tokenizer, hidden, tokens)
        with quietly():
            guesser.save_pretrained(str(part))
            tokenizer.save_pretrained(str(part))
        (part / figures).write_text(json.dumps(perplexity), "utf-8")

    done = run.finish(LANGUAGE_MODEL, "language-model", stage, make)
    _load(guesser, done / "model.safetensors")
    report.perplexity = json.loads((done / figures).read_text("utf-8"))
    report.stages[LANGUAGE_MODEL] = stage


def _train_encoder(model: SentenceTransformer, mined: tuning.Mined, run: Run, report: Report) -> None:
    """Tunes the bi-encoder and leaves it in the folder "encoder"."""
    recipe = replace(run.plan.encoder, seed=run.plan.seed)

    def pace() -> float:
        begun, count = perf_counter(), tuning.PACE_STEPS * recipe.queries_per_step
        few = mined.material(count, run.listener)
        prepared = (perf_counter() - begun) / max(count, tuning.FEWEST_BODIES)  # seconds a query, whose body has to be encoded
        run.listener.stage(f"Timing the {BI_ENCODER}")
        return tuning.encoder_pace(model, few, recipe) + recipe.queries_per_step * prepared

    stage = run.stage(BI_ENCODER, pace)

    def make(part: Path) -> None:
        material = mined.material(stage.steps * recipe.queries_per_step, run.listener)
        run.listener.stage(f"Training the {BI_ENCODER}")
        passes = -(-stage.steps * recipe.queries_per_step // len(material.examples))
        checkpoint = Checkpoint(run.checkpoints(BI_ENCODER), run.key, every=50)
        tuning.tune_encoder(model, material, replace(recipe, steps=stage.steps, epochs=passes), checkpoint, run.listener.advance)
        with quietly():
            model.save_pretrained(str(part), create_model_card=False)

    run.finish(BI_ENCODER, "encoder", stage, make)
    report.stages[BI_ENCODER] = stage


def _train_reranker(
    mined: tuning.Mined,
    run: Run,
    report: Report,
    pair_model: PairModel,
    reference: Reranker,
    shown: Sequence[tuple[str, str]],
) -> None:
    """Tunes the cross-encoder and leaves it in the folder "reranker"; ``shown`` are pairs that calibrate it."""
    recipe = replace(run.plan.reranker, seed=run.plan.seed)

    def pace() -> float:
        few = mined.groups(tuning.PACE_STEPS * recipe.groups_per_step, run.listener)
        run.listener.stage(f"Timing the {CROSS_ENCODER}")
        return tuning.reranker_pace(pair_model, few, recipe)

    stage = run.stage(CROSS_ENCODER, pace)

    def make(part: Path) -> None:
        groups = mined.groups(stage.steps * recipe.groups_per_step, run.listener)
        run.listener.stage(f"Training the {CROSS_ENCODER}")
        stage.steps = min(stage.steps, -(-len(groups) // recipe.groups_per_step))
        steps = replace(recipe, cool_down_steps=max(1, stage.steps // 3), warm_up_steps=max(1, stage.steps // 10))
        checkpoint = Checkpoint(run.checkpoints(CROSS_ENCODER), run.key, every=50)
        tuning.tune_reranker(pair_model, groups, steps, checkpoint, run.listener.advance)
        slope, intercept = tuning.calibrated_like(reference, pair_model, recipe, shown)
        save(*pair_model, part, recipe, slope, intercept)

    run.finish(CROSS_ENCODER, "reranker", stage, make)
    report.stages[CROSS_ENCODER] = stage


def _keep(report: Report, out: Path, work: Path) -> None:
    """Puts what is better in place, then the report."""
    if encoder_is_better(report.table):
        use = "Move the archive to it with `broadsheet reindex --encoder FOLDER`."
        report.encoder = keep(out, "encoder", work / "encoder", model_card("Bi-encoder", report, report.table, use))
        if report.perplexity:
            use = "It guesses masked words: `AutoModelForMaskedLM.from_pretrained(FOLDER)`."
            report.language_model = keep(out, "language-model", work / "language-model", model_card("Language model", report, (), use))
    if reranker_is_better(report.table):
        use = "Search with it by `broadsheet serve --reranker FOLDER`, or set BROADSHEET_RERANKER."
        report.reranker = keep(out, "reranker", work / "reranker", model_card("Cross-encoder", report, report.table, use))
    report.write(out)


def _texts(corpus: Corpus, seed: int) -> tuple[list[str], list[str]]:
    """Passages to learn words from, in an order drawn from the seed, and some of held-out articles to guess words in."""
    texts, owner = corpus.passages.texts(), corpus.passages.owner
    order = Random(seed).sample(range(len(texts)), len(texts))
    shown = [texts[row] for row in order if int(owner[row]) not in corpus.reserved]
    hidden = [texts[row] for row in order if int(owner[row]) in corpus.reserved]
    return shown, hidden[:PERPLEXITY_TEXTS]


def _load(model: torch.nn.Module, path: Path) -> None:
    try:
        model.load_state_dict(load_file(path), strict=False)  # the head shares a tensor with the embeddings, which is stored once
    except (SafetensorError, OSError) as error:
        raise BadInput(f"{path} is damaged ({error}): give --restart to adapt from the start.", field="out") from error
