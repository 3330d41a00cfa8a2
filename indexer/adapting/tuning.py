"""Tunes the two models on queries made from an archive's own articles, from where they are now.

Negatives are mined with the vectors that the archive has already, so that little has to be encoded. A headline is for bodies
without their titles, which the archive has no vectors of: those of the articles whose headlines are trained on are made here,
and headlines are mined among these. Every other query is mined among all passages as they are indexed.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from sentence_transformers import SentenceTransformer

from indexer.adapting.corpus import Corpus
from indexer.adapting.pace import Pace
from indexer.training import bi_encoder, cross_encoder
from indexer.training.bi_encoder import Material
from indexer.training.bi_encoder import open_encoder as open_encoder
from indexer.training.calibration import platt
from indexer.training.checkpoint import Checkpoint
from indexer.training.encoding import encode_passages
from indexer.training.first_stage import Bm25
from indexer.training.groups import Collection, GroupShape, make_groups
from indexer.training.made_queries import NEAR_VERBATIM
from indexer.training.mining import MiningRule
from indexer.training.negatives import Mining, bank_of, make_examples, pool_of
from indexer.training.pair_model import PairModel
from indexer.training.progress import Advance, Listener
from indexer.training.sources import LabelledQuery, untitled
from search.errors import BadInput
from search.protocols import Encoder, Reranker

HEADLINE_SHARE = 0.8
"""Share of headlines that are not near-verbatim among the training queries, where there are enough."""
FEWEST_BODIES = 500
"""Bodies that headlines are mined among, at least: each is encoded without its title."""
PACE_STEPS = 4


@dataclass(frozen=True)
class Mined:
    """Made queries with what is learned from them: examples for the bi-encoder, groups for the cross-encoder."""

    collection: Collection
    """``untitled`` has vectors of the bodies that were asked for so far, and zeros."""
    corpus: Corpus
    encoder: Encoder
    rule: MiningRule
    seed: int

    @classmethod
    def over(cls, corpus: Corpus, encoder: Encoder, rule: MiningRule, seed: int) -> "Mined":
        """``encoder`` is the one that the archive's vectors are of."""
        bodies = Collection(corpus.passages, np.zeros_like(corpus.vectors), Bm25(untitled(corpus.documents)))
        return cls(Collection(corpus.passages, corpus.vectors, Bm25(corpus.documents), bodies), corpus, encoder, rule, seed)

    def queries(self, count: int) -> list[LabelledQuery]:
        """At most ``count`` of the made queries: headlines first, as far as there are enough, and some of all other kinds."""
        headlines, others = self._shuffled(bare=True), self._shuffled(bare=False)
        first = min(len(headlines), max(round(HEADLINE_SHARE * count), count - len(others)))
        chosen = [*headlines[:first], *others[: count - first]]
        Random(self.seed).shuffle(chosen)
        return chosen

    def material(self, count: int, listener: Listener) -> Material:
        """Examples from so many queries, with the pool of passages that they show.

        Articles that are merely about the same may be negatives: a headline says which of them it stands above.
        """
        examples: list[bi_encoder.Example] = []
        for queries, forbidden, advance in self._parted(count, listener):
            vectors, mining = self._vectors(queries), Mining(rule=replace(self.rule, sibling_similarity=math.inf))
            examples += make_examples(self.collection, queries, vectors, mining, forbidden=forbidden, seed=self.seed, advance=advance)
        Random(self.seed).shuffle(examples)
        return Material(examples, pool_of(self.collection), bank_of(self.collection, self.corpus.reserved))

    def groups(self, count: int, listener: Listener) -> list[cross_encoder.Group]:
        """At most ``count`` groups of one relevant passage and three that only look like it.

        Raises BadInput when there is no group: articles are then too much alike to be negatives of one another.
        """
        made: list[cross_encoder.Group] = []
        for queries, forbidden, advance in self._parted(count, listener):
            vectors, shape = self._vectors(queries), GroupShape(size=4)
            made += make_groups(
                self.collection, queries, vectors, forbidden=forbidden, rule=self.rule, shape=shape, seed=self.seed, advance=advance
            )
        Random(self.seed).shuffle(made)
        if not made:
            raise BadInput("The articles are too much alike to teach a cross-encoder what is not relevant: adapt with --no-cross-encoder.")
        return made

    def _shuffled(self, *, bare: bool) -> list[LabelledQuery]:
        queries = [query for query in self.corpus.trained if query.bare == bare and query.kind != NEAR_VERBATIM]
        Random(self.seed).shuffle(queries)
        return queries

    def _parted(self, count: int, listener: Listener) -> Iterator[tuple[list[LabelledQuery], frozenset[int], Advance]]:
        """The headlines and the other queries, each with the articles that they may not be shown, and whom to tell of each query."""
        queries = self.queries(count)
        headlines = [query for query in queries if query.bare]
        bodies = {row for query in self._shuffled(bare=True)[: max(len(headlines), FEWEST_BODIES)] for row in query.relevance}
        self._encode_bodies(bodies, listener)
        listener.stage("Mining")
        hidden = self.corpus.reserved | (set(range(len(self.corpus.documents))) - bodies)
        yield headlines, hidden, lambda done, _: listener.advance(done, len(queries))
        others = [query for query in queries if not query.bare]
        yield others, self.corpus.reserved, lambda done, _: listener.advance(len(headlines) + done, len(queries))

    def _encode_bodies(self, rows: set[int], listener: Listener) -> None:
        """Makes the vectors of these articles' passages without titles, where they are not made yet."""
        passages, untitled = self.corpus.passages, self.collection.untitled
        assert untitled is not None
        missing = [int(row) for row in np.flatnonzero(np.isin(passages.owner, [*rows])) if not untitled.vectors[row].any()]
        if missing:
            listener.stage("Encoding bodies")
            untitled.vectors[missing] = encode_passages(self.encoder, [passages.text(row, bare=True) for row in missing], listener.advance)

    def _vectors(self, queries: Sequence[LabelledQuery]) -> npt.NDArray[np.float32]:
        return self.encoder.encode_queries([query.text for query in queries])


def encoder_pace(model: SentenceTransformer, material: Material, recipe: bi_encoder.Recipe) -> float:
    """Seconds of a training step here; the model is then as it was."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    pace = Pace()
    with TemporaryDirectory() as folder:
        few = replace(recipe, steps=PACE_STEPS)
        bi_encoder.train(model, material, few, Checkpoint(Path(folder), ""), on_step=lambda _: pace.note())
    model.load_state_dict(before)
    return pace.seconds_per_step


def tune_encoder(model: SentenceTransformer, material: Material, recipe: bi_encoder.Recipe, checkpoint: Checkpoint, step: Advance) -> None:
    """Trains the bi-encoder in place; a run with the same arguments goes on from the checkpoint."""
    bi_encoder.train(model, material, recipe, checkpoint, on_step=lambda report: step(report.step, report.steps))


def reranker_pace(pair_model: PairModel, groups: Sequence[cross_encoder.Group], recipe: cross_encoder.Recipe) -> float:
    """Seconds of a training step here; the model is then as it was."""
    model, tokenizer = pair_model
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    pace = Pace()
    enough = [*groups] * (PACE_STEPS * recipe.groups_per_step)
    cross_encoder.train(model, tokenizer, enough, replace(recipe, steps=PACE_STEPS), on_step=lambda _: pace.note())
    model.load_state_dict(before)
    return pace.seconds_per_step


def tune_reranker(
    pair_model: PairModel,
    groups: Sequence[cross_encoder.Group],
    recipe: cross_encoder.Recipe,
    checkpoint: Checkpoint,
    step: Advance,
) -> None:
    """Trains the cross-encoder in place; a run with the same arguments goes on from the checkpoint."""
    cross_encoder.train(*pair_model, groups, recipe, checkpoint=checkpoint, on_step=lambda told: step(told.step, told.steps))


def calibrated_like(
    reference: Reranker, pair_model: PairModel, recipe: cross_encoder.Recipe, shown: Sequence[tuple[str, str]]
) -> tuple[float, float]:
    """Slope and intercept with which the model's relevance of some pairs means what the reference's does: cut-offs stay right.

    One article of each held-out query is known to be relevant and nothing about the others, so labels cannot calibrate; the
    reference's relevance of the same pairs stands for them.
    """
    logits = cross_encoder.predict(*pair_model, shown, recipe)
    relevance = reference.relevance(shown)
    relevant = np.r_[np.ones(len(shown), np.bool_), np.zeros(len(shown), np.bool_)]
    return platt(np.r_[logits, logits], relevant, np.r_[relevance, 1 - relevance])
