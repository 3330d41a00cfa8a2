"""A cross-encoder tuned on labelled queries, from documents and labels to a model folder, with figures before and after."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from indexer.training.calibration import JudgedList, calibrate, mean_ndcg
from indexer.training.checkpoint import Checkpoint, Validation
from indexer.training.cross_encoder import Group, Recipe, StepReport, predict, train
from indexer.training.encoding import encode_passages
from indexer.training.first_stage import Bm25, Passages
from indexer.training.groups import Collection, GroupShape, evidence_of, make_groups
from indexer.training.mining import RULES, PairNegatives
from indexer.training.model_folder import Asked, describe, publish_folder, require_replaceable, state_folder
from indexer.training.pair_model import PairModel, base_fingerprint, load_base
from indexer.training.progress import Advance, Listener, TrainingListener
from indexer.training.run_key import run_key
from indexer.training.sources import Document, LabelledSet, untitled
from indexer.training.step_log import StepLog
from indexer.training.trainer_state import saving
from search.errors import BadInput
from search.models.loading import quietly
from search.protocols import Encoder, Vectors
from search.ranking import CombinationWeights

Floats = npt.NDArray[np.float32]

FEWEST_GROUPS = 16
_LOG = "log.jsonl"


@dataclass(frozen=True)
class Plan:
    """How a cross-encoder is tuned."""

    negatives: PairNegatives = PairNegatives.MINED
    recipe: Recipe = field(default_factory=lambda: Recipe(prior_weight=12.0))
    shape: GroupShape = field(default_factory=lambda: GroupShape(passages=3))
    epochs: int = 2
    """Passes over the queries, each with other negatives."""
    looks: int = 8
    """How often the model is measured, and its state kept, in the whole run."""
    patience: int = 3
    depth: int = 16
    """Candidates of the first stage that the model is measured on, as many as a search reranks."""
    measured: int = 120
    """At most so many held-out queries are measured."""


@dataclass(frozen=True)
class Outcome:
    """What came of it: nDCG@10 of the held-out queries without reranking, reranked with the base, and reranked.

    `groups`, `pairs` and `steps` are those that were done; `seconds` has the preparation once and all of the training.
    """

    hybrid: float
    before: float
    after: float
    queries: int
    held_out: int
    groups: int
    pairs: int
    steps: int
    seconds: float


def tune_reranker(
    training: LabelledSet,
    held_out: LabelledSet,
    base: str,
    encoder: Encoder,
    out: Path,
    plan: Plan,
    listener: TrainingListener,
    asked: Asked | None = None,
) -> Outcome:
    """Trains `base` on one set, calibrates and measures it on the other, and writes the best state to the folder `out`.

    `encoder` is the first stage's: it retrieves the negatives and the candidates that are measured. State is kept beside
    `out` until it is done: an interrupted run goes on when it is called again with the same arguments. What was in `out`
    is replaced at the very end, or not at all. `asked` is kept with the model's settings.
    """
    began = time.monotonic()
    require_replaceable(out)
    recipe = plan.recipe
    with state_folder(out) as work:
        listener.stage("Reading the base model")
        pair_model = load_base(base, recipe.seed, recipe.frozen_layers)
        listener.stage("Encoding")
        trained_on, measured_on = encoded_sets(training, held_out, encoder, listener.advance)
        groups = _groups(training, trained_on, encoder, plan, listener)
        listener.stage("Measuring")
        trial = Trial(held_out, measured_on, encoder, plan)
        before = trial.ndcg(*pair_model, recipe)
        steps = min(-(-len(groups) // recipe.groups_per_step), recipe.steps or len(groups))
        fingerprint = base_fingerprint(base)
        run = run_key(fingerprint, plan, encoder.fingerprint, training, held_out.queries)
        listener.stage("Training")
        prepared = time.monotonic() - began
        _train(pair_model, groups, plan, trial, Checkpoint(work, run, -(-steps // plan.looks)), listener)
        listener.stage("Saving")
        lists = trial.judge(*pair_model, recipe)
        slope, intercept = calibrate({training.name: lists})
        done = StepLog(work / _LOG).last
        outcome = Outcome(
            hybrid=mean_ndcg(lists, CombinationWeights(0.0, 0.0), slope, intercept),
            before=before,
            after=mean_ndcg(lists, CombinationWeights(), slope, intercept),
            queries=len(training.queries),
            held_out=len(lists),
            groups=min(len(groups), done["step"] * recipe.groups_per_step),
            pairs=done["pairs"],
            steps=done["step"],
            seconds=prepared + done["seconds"],
        )
        settings = {
            "base": base,
            "base_fingerprint": fingerprint,
            "encoder": encoder.fingerprint,
            "asked": asdict(asked) if asked else None,
            **asdict(plan),
        }

        def write(part: Path) -> None:
            save(*pair_model, part, recipe, slope, intercept)
            describe(part, card(training, settings, outcome, asked), {**settings, "outcome": asdict(outcome)}, work / _LOG)

        publish_folder(out, write)
    return outcome


def _train(
    pair_model: PairModel, groups: Sequence[Group], plan: Plan, trial: "Trial", checkpoint: Checkpoint, listener: TrainingListener
) -> None:
    """Trains the model in place to the best state of the run, with a log of every step beside the checkpoint."""
    log = StepLog(checkpoint.folder / _LOG)

    def note(report: StepReport) -> None:
        log.add(asdict(report))
        listener.step(report)

    with saving(checkpoint.folder):
        checkpoint.folder.mkdir(parents=True, exist_ok=True)
        validation = Validation(lambda: trial.ndcg(*pair_model, plan.recipe), checkpoint.every, plan.patience)
        train(*pair_model, groups, plan.recipe, checkpoint=checkpoint, validation=validation, on_step=note)


def save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, recipe: Recipe, slope: float, intercept: float) -> None:
    """Writes the model so that `CrossEncoderReranker.load` reads it as it was trained, with its calibration."""
    model.config.broadsheet = {"max_length": recipe.max_tokens, "calibration": {"a": slope, "b": intercept}}
    with quietly():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


class Trial:
    """Held-out queries with the first stage's best candidates, for a headline without titles, to be reranked again and again."""

    def __init__(self, labelled: LabelledSet, collection: Collection, encoder: Encoder, plan: Plan) -> None:
        drawn = np.random.default_rng(plan.recipe.seed).permutation(len(labelled.queries))[: plan.measured]
        self._queries = [labelled.queries[place] for place in drawn]
        vectors = encoder.encode_queries([query.text for query in self._queries])
        self._pairs: list[tuple[str, str]] = []
        self._lists: list[tuple[Floats, Floats, tuple[float, ...]]] = []
        for query, evidence in zip(self._queries, evidence_of(collection, self._queries, vectors), strict=True):
            fused = evidence.fused
            fused[list(query.hidden)] = -np.inf
            rows = np.argsort(-fused, kind="stable")[: plan.depth]
            self._pairs += [(query.text, collection.passages.text(int(evidence.passage[row]), bare=query.bare)) for row in rows]
            gains = np.array([query.relevance.get(int(row), 0.0) for row in rows], np.float32)
            self._lists.append((fused[rows], gains, tuple(query.relevance.values())))

    def judge(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, recipe: Recipe) -> list[JudgedList]:
        """The candidates with the logits that the model gives them now."""
        logits = predict(model, tokenizer, self._pairs, recipe)
        ends = np.cumsum([len(fused) for fused, _, _ in self._lists])
        parts = np.split(logits, ends[:-1])
        return [JudgedList(fused, own, gains, ideal) for (fused, gains, ideal), own in zip(self._lists, parts, strict=True)]

    def ndcg(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, recipe: Recipe) -> float:
        """Mean nDCG@10 of the order that a search would give, with the logits calibrated on the same lists."""
        lists = self.judge(model, tokenizer, recipe)
        return mean_ndcg(lists, CombinationWeights(), *calibrate({"held out": lists}))


def card(training: LabelledSet, settings: Mapping[str, Any], outcome: Outcome, asked: Asked | None) -> str:
    """The model card: what was tuned on what, how, and what it brought."""
    return f"""# Cross-encoder tuned with Broadsheet

{settings["base"]}, tuned on {outcome.queries:,} queries ({outcome.groups:,} groups, {outcome.pairs:,} pairs of query and passage) over the
{len(training.documents):,} articles of `{training.name}`, {settings["negatives"]} negatives, in {outcome.seconds / 60:.1f} minutes,
with the seed {settings["recipe"]["seed"]}{f", by `{asked.command}`" if asked else ""}.

| nDCG@10, {outcome.held_out} held-out queries | |
| --- | --- |
| hybrid, not reranked | {outcome.hybrid:.4f} |
| reranked by the model it was made from | {outcome.before:.4f} |
| reranked by this one | {outcome.after:.4f} |

The held-out queries are about articles that no query of the training set is about. They chose the best state of the run and gave
the relevance its meaning (Platt), so the last figure is slightly flattering; it says nothing about other archives. Licence and limits
are those of the base model and of the articles it was tuned on.

Use it with `--reranker` or BROADSHEET_RERANKER. All settings are in training.json, the loss of every step in log.jsonl.
"""


def encoded_sets(training: LabelledSet, held_out: LabelledSet, encoder: Encoder, advance: Advance) -> tuple[Collection, Collection]:
    """Both sets ready to be searched, by headlines without titles; a text that is in both is encoded once.

    `advance` is told how many texts of how many are encoded.
    """
    kinds = (False, True) if any(query.bare for each in (training, held_out) for query in each.queries) else (False,)
    own = [Passages.from_documents(each.documents) for each in (training, held_out)]
    texts = list(dict.fromkeys(text for passages in own for bare in kinds for text in passages.texts(bare=bare)))
    vectors = encode_passages(encoder, texts, advance)
    place = {text: row for row, text in enumerate(texts)}

    def collection(passages: Passages, documents: Sequence[Document], bare: bool = False) -> Collection:
        rows: Vectors = vectors[[place[text] for text in passages.texts(bare=bare)]]
        without = collection(passages, untitled(documents), bare=True) if not bare and True in kinds else None
        return Collection(passages, rows, Bm25(documents), without)

    return collection(own[0], training.documents), collection(own[1], held_out.documents)


def _groups(training: LabelledSet, collection: Collection, encoder: Encoder, plan: Plan, listener: Listener) -> list[Group]:
    """The groups of every pass, with other negatives in each. Raises BadInput when there are too few."""
    listener.stage("Mining")
    vectors = encoder.encode_queries([query.text for query in training.queries])
    rule = RULES[plan.negatives]
    groups: list[Group] = []
    for epoch in range(plan.epochs):
        listener.stage(f"Mining for pass {epoch + 1} of {plan.epochs}")
        seed = plan.recipe.seed + epoch
        groups += make_groups(collection, training.queries, vectors, rule=rule, shape=plan.shape, seed=seed, advance=listener.advance)
    answerable = sum(any(value > 0 for value in query.relevance.values()) for query in training.queries)
    if len(groups) < FEWEST_GROUPS <= answerable:
        raise BadInput(
            f"The articles are too much alike for the encoder to teach a cross-encoder what is not relevant: of {answerable} queries only "
            f"{len(groups)} have an article that is surely a negative; give another --encoder."
        )
    if len(groups) < FEWEST_GROUPS:
        raise BadInput(f"Only {len(groups)} queries with a relevant article are left to train on: give at least {FEWEST_GROUPS}.")
    return groups
