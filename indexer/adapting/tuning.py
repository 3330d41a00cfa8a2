"""Tunes the two models on queries made from an archive's own articles, from where they are now.

Negatives are mined with the vectors that the archive has already, so nothing has to be encoded but the queries.
A headline is shown bodies without their titles, every other query passages as they are indexed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
from sentence_transformers import SentenceTransformer
from transformers import AutoModel, PreTrainedModel, PreTrainedTokenizerBase

from indexer.adapting.corpus import Corpus
from indexer.adapting.pace import Pace
from indexer.training import bi_encoder, cross_encoder
from indexer.training.bi_encoder import Example, Material, Pool
from indexer.training.calibration import platt
from indexer.training.checkpoint import Checkpoint
from indexer.training.first_stage import Bm25
from indexer.training.groups import Collection, GroupShape, make_groups
from indexer.training.made_queries import HEADLINE, NEAR_VERBATIM
from indexer.training.negatives import Mining, make_examples
from indexer.training.sources import LabelledQuery
from search.models.delta import load_with_delta, read_config
from search.models.loading import encoder_folder
from search.protocols import Encoder, Reranker

HEADLINE_SHARE = 0.6
"""Share of headlines that are not near-verbatim among the training queries, where there are enough."""
PACE_STEPS = 4

Step = Callable[[int, int], None]
"""Told how many steps of how many are done."""


@dataclass(frozen=True)
class Mined:
    """Made queries with what is learned from them: examples for the bi-encoder, groups for the cross-encoder."""

    collection: Collection
    corpus: Corpus
    encoder: Encoder
    seed: int

    @classmethod
    def over(cls, corpus: Corpus, encoder: Encoder, seed: int) -> "Mined":
        """``encoder`` is the one that the archive's vectors are of."""
        return cls(Collection(corpus.passages, corpus.vectors, Bm25(corpus.documents)), corpus, encoder, seed)

    def queries(self, count: int) -> list[LabelledQuery]:
        """At most ``count`` of the made queries: headlines first, as far as there are enough, and some of all other kinds."""
        rng = Random(self.seed)
        headlines = [query for query in self.corpus.trained if query.kind == HEADLINE]
        others = [query for query in self.corpus.trained if query.kind != HEADLINE]
        rng.shuffle(headlines)
        rng.shuffle(others)
        first = min(len(headlines), max(round(HEADLINE_SHARE * count), count - len(others)))
        chosen = [*headlines[:first], *others[: count - first]]
        rng.shuffle(chosen)
        return chosen

    def material(self, count: int) -> Material:
        """Examples over a pool of all passages twice: as they are indexed, and after these without titles."""
        queries = self.queries(count)
        mined = make_examples(self.collection, queries, self._vectors(queries), Mining(), forbidden=self.corpus.reserved, seed=self.seed)
        passages = self.corpus.passages
        titled = len(passages.windows)
        headlines = {query.text for query in queries if query.kind in (HEADLINE, NEAR_VERBATIM)}
        examples = [_bare(example, titled) if example.query in headlines else example for example in mined]
        texts = (*passages.texts(), *(passages.text(row, bare=True) for row in range(titled)))
        return Material(examples, Pool(texts, np.r_[passages.owner, passages.owner]))

    def groups(self, count: int) -> list[cross_encoder.Group]:
        """Groups of one relevant passage and three that only look like it."""
        queries = self.queries(count)
        shape = GroupShape(size=4)
        return make_groups(self.collection, queries, self._vectors(queries), forbidden=self.corpus.reserved, shape=shape, seed=self.seed)

    def _vectors(self, queries: Sequence[LabelledQuery]) -> npt.NDArray[np.float32]:
        return self.encoder.encode_queries([query.text for query in queries])


def open_encoder(name: str, recipe: bi_encoder.Recipe) -> SentenceTransformer:
    """The bi-encoder of this name ready to train, whether its folder holds all of it or the difference to its base."""
    folder = encoder_folder(name)
    if not (folder / "delta.safetensors").is_file():
        return bi_encoder.open_base(str(folder), recipe)
    base = encoder_folder(read_config(folder)["base"])
    model = bi_encoder.open_base(str(base), recipe)
    network: Any = model[0].model
    network.load_state_dict(load_with_delta(AutoModel, base, folder).state_dict())
    return model


def encoder_pace(model: SentenceTransformer, material: Material, recipe: bi_encoder.Recipe) -> float:
    """Seconds of a training step here; the model is then as it was."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    pace = Pace()
    with TemporaryDirectory() as folder:
        few = replace(recipe, steps=PACE_STEPS)
        bi_encoder.train(model, material, few, Checkpoint(Path(folder), ""), on_step=lambda _: pace.note())
    model.load_state_dict(before)
    return pace.seconds_per_step


def tune_encoder(model: SentenceTransformer, material: Material, recipe: bi_encoder.Recipe, checkpoint: Checkpoint, step: Step) -> None:
    """Trains the bi-encoder in place; a run with the same arguments goes on from the checkpoint."""
    bi_encoder.train(model, material, recipe, checkpoint, on_step=lambda report: step(report.step, report.steps))


def reranker_pace(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, groups: Sequence[cross_encoder.Group], recipe: cross_encoder.Recipe
) -> float:
    """Seconds of a training step here; the model is then as it was."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    pace = Pace()
    cross_encoder.train(model, tokenizer, groups, replace(recipe, steps=PACE_STEPS), on_step=lambda _: pace.note())
    model.load_state_dict(before)
    return pace.seconds_per_step


def calibrated_like(
    reference: Reranker,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    recipe: cross_encoder.Recipe,
    shown: Sequence[tuple[str, str]],
) -> tuple[float, float]:
    """Slope and intercept with which the model's relevance of some pairs means what the reference's does: cut-offs stay right.

    One article of each held-out query is known to be relevant and nothing about the others, so labels cannot calibrate; the
    reference's relevance of the same pairs stands for them.
    """
    logits = cross_encoder.predict(model, tokenizer, shown, recipe)
    relevance = reference.relevance(shown)
    relevant = np.r_[np.ones(len(shown), np.bool_), np.zeros(len(shown), np.bool_)]
    return platt(np.r_[logits, logits], relevant, np.r_[relevance, 1 - relevance])


def _bare(example: Example, titled: int) -> Example:
    return replace(example, positive=example.positive + titled, negatives=tuple(row + titled for row in example.negatives))
