"""A bi-encoder tuned on labelled queries, from documents and labels to a model folder, with figures before and after."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sentence_transformers import SentenceTransformer

from indexer.training.bi_encoder import Material, Recipe, open_encoder, train
from indexer.training.calibration import ndcg_at_10
from indexer.training.checkpoint import Checkpoint, Validation
from indexer.training.encoding import encode_passages
from indexer.training.first_stage import Bm25, Passages, best_passages
from indexer.training.groups import Collection
from indexer.training.model_folder import Asked, describe, publish_folder, require_replaceable, state_folder
from indexer.training.negatives import Judge, Mining, bank_of, judge_of, make_examples, noise_of, pool_of
from indexer.training.objective import Negatives, objective_of
from indexer.training.progress import Listener, TrainingListener
from indexer.training.run_key import run_key
from indexer.training.sources import LabelledSet, untitled
from indexer.training.step_log import StepLog
from indexer.training.trainer_state import saving
from search.errors import BadInput
from search.models.encoder import SentenceEncoder
from search.models.loading import quietly
from search.models.reranker import CrossEncoderReranker
from search.protocols import Encoder

Floats = npt.NDArray[np.float32]

FEWEST_EXAMPLES = 16
_LOG = "log.jsonl"


@dataclass(frozen=True)
class Plan:
    """How a bi-encoder is tuned; `recipe.objective` follows from `negatives`."""

    negatives: frozenset[Negatives] = frozenset({Negatives.IN_BATCH, Negatives.HARD, Negatives.DISTILLED})
    recipe: Recipe = field(default_factory=Recipe)
    mining: Mining = field(default_factory=Mining)
    patience: int = 3
    looks: int = 8
    """How often the model is measured, and its state kept, in the whole run."""
    candidates: int = 32
    """Candidates per query whose order is distilled."""
    reranker: str | None = None
    """A cross-encoder that drops negatives which it finds better than the positive, and is the teacher in the place of the
    hybrid first stage."""

    @property
    def tuned(self) -> Recipe:
        """The recipe with the losses that belong to the negatives."""
        return replace(self.recipe, objective=objective_of(self.negatives, self.recipe.objective.scale))

    @property
    def mined(self) -> Mining:
        """What is mined: only what the chosen negatives need."""
        return replace(
            self.mining,
            negatives=self.mining.negatives if Negatives.HARD in self.negatives else 0,
            candidates=self.candidates if any(each.needs_a_teacher for each in self.negatives) else 0,
        )


@dataclass(frozen=True)
class Outcome:
    """What came of it: nDCG@10 of dense search for the held-out queries, and what it took: `steps` are those that were done.

    `seconds` has the preparation once and all of the training, however often it was interrupted.
    """

    before: float
    after: float
    queries: int
    held_out: int
    examples: int
    masked: float
    """Share of the articles, on average, that a query does not tell itself from, as they are likely to be relevant, too."""
    steps: int
    seconds: float


def tune_encoder(
    training: LabelledSet,
    held_out: LabelledSet,
    base: str,
    out: Path,
    plan: Plan,
    listener: TrainingListener,
    asked: Asked | None = None,
) -> Outcome:
    """Trains `base` on one set, measures it on the other, and writes the best model to the folder `out`.

    State is kept beside `out` until it is done: an interrupted run goes on when it is called again with the same
    arguments. What was in `out` is replaced at the very end, or not at all. `asked` is kept with the model's settings.
    """
    began = time.monotonic()
    recipe = plan.tuned
    require_replaceable(out)
    with state_folder(out) as work:
        listener.stage("Reading the base model")
        model = open_encoder(base, recipe)
        weights = sum(parameter.nbytes for parameter in model.parameters())
        require_replaceable(out, needed_bytes=8 * weights)  # two checkpoints with optimizer state, the model served, the model saved
        listener.stage("Reading the articles")
        reranker = CrossEncoderReranker.load(plan.reranker) if plan.reranker else None
        miner = Miner(training, plan.mined, judge_of(reranker) if reranker else None, recipe.seed)
        first_encoder: Encoder = SentenceEncoder.load(base)
        material = _enough(miner.mine(first_encoder, listener))
        listener.stage("Measuring")
        trial = Trial(held_out)
        before = trial.ndcg(first_encoder)
        teacher = reranker.fingerprint if reranker else None
        run = run_key(first_encoder.fingerprint, teacher, plan, training, held_out.queries)
        steps = recipe.steps or recipe.epochs * -(-len(material.examples) // (recipe.queries_per_step * recipe.accumulate))

        def mine_anew() -> Material:
            mined = miner.mine(served(model, work), listener)
            listener.stage("Training")
            return mined

        listener.stage("Training")
        prepared = time.monotonic() - began
        train(
            model,
            material,
            recipe,
            Checkpoint(work, run),
            validation=Validation(lambda: trial.ndcg(served(model, work)), every=-(-steps // plan.looks), patience=plan.patience),
            refresh=mine_anew,
            on_step=listener.step,
        )
        after = trial.ndcg(served(model, work))
        done = StepLog(work / _LOG).last
        outcome = Outcome(
            before,
            after,
            queries=len(training.queries),
            held_out=len(held_out.queries),
            examples=len(material.examples),
            masked=float(np.mean([len(example.relevant) for example in material.examples])) / len(training.documents),
            steps=done["step"],
            seconds=prepared + done["seconds"],
        )
        listener.stage("Saving")
        settings = _settings(plan, base, first_encoder.fingerprint, asked)

        def write(part: Path) -> None:
            with quietly():
                model.save_pretrained(str(part), create_model_card=False)
            describe(part, card(training, settings, outcome, asked), {**settings, "outcome": asdict(outcome)}, work / _LOG)

        publish_folder(out, write)
    return outcome


def _settings(plan: Plan, base: str, fingerprint: str, asked: Asked | None) -> dict[str, object]:
    """Everything that was decided before the run, as it is kept with the model."""
    return {
        "base": base,
        "base_fingerprint": fingerprint,
        "asked": asdict(asked) if asked else None,
        **asdict(plan),
        "negatives": sorted(plan.negatives),
        "recipe": asdict(plan.tuned),
        "mining": asdict(plan.mined),
    }


def _enough(material: Material) -> Material:
    """The material. Raises BadInput when it is too little to train on."""
    found = len(material.examples)
    if found < FEWEST_EXAMPLES:
        raise BadInput(f"Only {found} queries with a relevant article are left to train on: give at least {FEWEST_EXAMPLES}.")
    return material


def served(model: SentenceTransformer, work: Path) -> SentenceEncoder:
    """The model as it is now, as a search would load it: packed, and in the arithmetic of the machine."""
    folder = work / "now"
    with quietly(), saving(work):
        model.save_pretrained(str(folder), create_model_card=False)
    model.train()
    return SentenceEncoder.load(str(folder))


def card(training: LabelledSet, settings: Mapping[str, Any], outcome: Outcome, asked: Asked | None) -> str:
    """The model card: what was tuned on what, how, and what it brought."""
    return f"""# Bi-encoder tuned with Broadsheet

{settings["base"]}, tuned on {outcome.queries:,} queries ({outcome.examples:,} examples) over the {len(training.documents):,} articles
of `{training.name}`, in {outcome.seconds / 60:.1f} minutes,
with the seed {settings["recipe"]["seed"]}{f", by `{asked.command}`" if asked else ""}.

| nDCG@10 of dense search, {outcome.held_out} held-out queries | |
| --- | --- |
| before | {outcome.before:.4f} |
| after | {outcome.after:.4f} |

The held-out queries are about articles that no query of the training set is about. They chose the best state of the run, so
the second figure is slightly flattering; it says nothing about other archives. Licence and limits are those of the base model
and of the articles it was tuned on.

Use it with `broadsheet index --encoder`, or `broadsheet reindex` for an archive that exists. All settings are in training.json,
the loss of every step in log.jsonl.
"""


class Trial:
    """Held-out queries over so many articles that finding the right one says something, and measuring takes seconds.

    For a query that is a headline (`bare`) the articles are without titles, which would give the answer away.
    """

    def __init__(self, labelled: LabelledSet, articles: int = 2000, queries: int = 300, seed: int = 17) -> None:
        rng = np.random.default_rng(seed)
        chosen = [labelled.queries[place] for place in rng.permutation(len(labelled.queries))[:queries]]
        self._queries = {bare: [query for query in chosen if query.bare == bare] for bare in (False, True)}
        relevant = sorted({row for query in chosen for row in query.relevance})
        others = np.setdiff1d(np.arange(len(labelled.documents)), relevant)
        drawn = rng.permutation(others)[: max(0, articles - len(relevant))]
        rows = np.sort(np.r_[np.array(relevant, np.int64), drawn])
        self._place = {int(row): place for place, row in enumerate(rows)}
        self._passages = Passages.from_documents([labelled.documents[row] for row in rows])

    def ndcg(self, encoder: Encoder) -> float:
        """Mean nDCG@10 of dense search, with relevance as the gain."""
        return float(np.mean([value for bare in (False, True) for value in self._measured(encoder, bare)]))

    def _measured(self, encoder: Encoder, bare: bool) -> list[float]:
        queries = self._queries[bare]
        if not queries:
            return []
        vectors = encoder.encode_passages(self._passages.texts(bare=bare))
        similarity, _ = best_passages(encoder.encode_queries([query.text for query in queries]), vectors, self._passages.owner)
        return [self._of_query(row, query.relevance) for row, query in zip(similarity, queries, strict=True)]

    def _of_query(self, similarity: Floats, relevance: Mapping[int, float]) -> float:
        gains = np.zeros(len(similarity), np.float32)
        for row, value in relevance.items():
            gains[self._place[row]] = value
        return ndcg_at_10(gains, similarity, gains.tolist())


class Miner:
    """The training set ready to be mined with any encoder; passages and BM25 are made once."""

    def __init__(self, training: LabelledSet, mining: Mining, judge: Judge | None, seed: int) -> None:
        self._training, self._mining, self._judge, self._seed = training, mining, judge, seed
        self._passages = Passages.from_documents(training.documents)
        self._bm25 = Bm25(training.documents)
        self._untitled = Bm25(untitled(training.documents)) if any(query.bare for query in training.queries) else None

    def mine(self, encoder: Encoder, listener: Listener) -> Material:
        queries = self._training.queries
        listener.stage("Encoding")
        collection = self._encoded(encoder, listener)
        listener.stage("Mining")
        vectors = encoder.encode_queries([query.text for query in queries])
        examples = make_examples(collection, queries, vectors, self._mining, judge=self._judge, seed=self._seed, advance=listener.advance)
        pool = pool_of(collection)
        return Material(examples, pool, bank_of(collection), noise_of(pool, examples, queries) if examples else None)

    def _encoded(self, encoder: Encoder, listener: Listener) -> Collection:
        titled = self._passages.texts()
        bare = self._passages.texts(bare=True) if self._untitled is not None else []
        vectors = encode_passages(encoder, [*titled, *bare], listener.advance)
        without = Collection(self._passages, vectors[len(titled) :], self._untitled) if self._untitled is not None else None
        return Collection(self._passages, vectors[: len(titled)], self._bm25, without)
