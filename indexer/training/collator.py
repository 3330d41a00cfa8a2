"""Batches for the bi-encoder's loss: texts as tokens, each passage once, and which of them is what for which query."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from indexer.training.retrieval_loss import Batch
from search.models.loading import readable

if TYPE_CHECKING:
    from indexer.training.bi_encoder import Example, Material, Recipe


class Collator:
    """Makes the trainer's batches from examples: token ids longest first, and which passage is what for which query.

    What is drawn depends on the seed and the examples of the batch only, so a resumed run draws the same.
    """

    valid_label_columns = ("label",)

    def __init__(self, model: SentenceTransformer, material: "Material", recipe: "Recipe") -> None:
        self.material = material
        self._recipe = recipe
        self._tokenizer: Any = model.tokenizer
        # As SentenceEncoder chooses them.
        self._query_prompt = model.prompts.get("query") or ""
        self._passage_prompt = next((prompt for name in ("document", "passage", "corpus") if (prompt := model.prompts.get(name))), "")

    def __call__(self, features: Sequence[dict[str, int]]) -> dict[str, Any]:
        rows = [feature["row"] for feature in features]
        rng = np.random.default_rng([self._recipe.seed, *rows])
        examples = [self.material.examples[row] for row in rows]
        examples, queries = self._tokenized_queries(examples)
        more, asked = self._tokenized_queries(self._draw_more(rng))
        negatives = [_drawn(example.negatives, self._recipe.negatives, rng) for example in examples]
        noise = self._draw_noise(examples, rng)
        needed = [(example.positive, *own, *drawn) for example, own, drawn in zip(examples, negatives, noise, strict=True)]
        shown = list(dict.fromkeys(row for own in needed for row in own))
        passages = self._tokenize([self._passage_prompt + self.material.pool.texts[row] for row in shown], self._recipe.max_tokens)
        passage_order = _longest_first(passages)
        columns = [shown[place] for place in passage_order]  # the pool's row of each column
        column = {row: place for place, row in enumerate(columns)}
        batch = Batch(
            positive=torch.tensor([column[example.positive] for example in examples]),
            excluded=self._excluded(examples, columns),
            negatives=_padded([[column[row] for row in own] for own in negatives]),
            noise=_padded([[column[row] for row in own] for own in noise]),
            candidates=_padded([example.candidates for example in examples]),
            teacher=_padded([example.teacher for example in examples], torch.float32),
            source=torch.tensor([example.positive for example in (*examples, *more)]),
            outside=self._outside([*examples, *more]),
        )
        return {
            **self._features("query", [*queries, *asked]),
            **self._features("passage", [passages[place] for place in passage_order]),
            "label": {name: getattr(batch, name) for name in Batch.__dataclass_fields__},
        }

    def _tokenized_queries(self, examples: "Sequence[Example]") -> "tuple[list[Example], list[list[int]]]":
        """The examples with the tokens of their queries, longest first."""
        queries = self._tokenize([self._query_prompt + example.query for example in examples], self._recipe.max_query_tokens)
        order = _longest_first(queries)
        return [examples[place] for place in order], [queries[place] for place in order]

    def _draw_more(self, rng: np.random.Generator) -> "list[Example]":
        """The examples whose queries are told from the corpus only."""
        count = self._recipe.corpus_queries if self._recipe.objective.corpus else 0
        return [self.material.examples[row] for row in rng.integers(len(self.material.examples), size=count)]

    def _draw_noise(self, examples: "Sequence[Example]", rng: np.random.Generator) -> list[list[int]]:
        """For each query up to K passages of articles that are not relevant for it.

        They come from one draw for the whole batch, as large as the batch at least, so that a passage is encoded for many.
        """
        noise, count = self.material.noise, self._recipe.noise
        if noise is None or not self._recipe.objective.sampled:
            return [[] for _ in examples]
        places = rng.choice(len(noise.article), max(count, len(examples)), p=noise.probability)
        drawn = []
        for example in examples:
            own = [place for place in rng.permutation(places) if int(noise.article[place]) not in example.relevant]
            drawn.append([int(noise.passage[place]) for place in own[:count]])
        return drawn

    def _excluded(self, examples: "Sequence[Example]", columns: Sequence[int]) -> torch.Tensor:
        """Which passages are no negatives for which query (n, m)."""
        articles = self.material.pool.article[list(columns)]
        rows = [np.isin(articles, list(example.relevant)) for example in examples]
        excluded = torch.from_numpy(np.stack(rows))
        for row, example in enumerate(examples):
            excluded[row, columns.index(example.positive)] = False
        return excluded

    def _outside(self, examples: "Sequence[Example]") -> torch.Tensor:
        """Which of all passages are no negatives for which query (n, rows of the bank): relevant ones, those with a title for
        a query that is one and without for any other, and those without a vector."""
        pool, bank = self.material.pool, self.material.bank
        if bank is None or not self._recipe.objective.corpus:
            return torch.empty(len(examples), 0, dtype=torch.bool)
        without = ~bank.any(axis=1)
        outside = np.empty((len(examples), len(bank)), np.bool_)
        for row, example in enumerate(examples):
            relevant = np.zeros(int(pool.article.max()) + 1, np.bool_)
            relevant[[*example.relevant]] = True
            outside[row] = without | (pool.untitled != pool.untitled[example.positive]) | relevant[pool.article]
            outside[row, example.positive] = False
        return torch.from_numpy(outside)

    def _tokenize(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        cut = [readable(text, limit) for text in texts]
        ids: list[list[int]] = self._tokenizer(cut, truncation=True, max_length=limit)["input_ids"] if cut else []
        return ids

    def _features(self, name: str, ids: Sequence[list[int]]) -> dict[str, torch.Tensor]:
        padded = self._tokenizer.pad({"input_ids": list(ids)}, padding_side="right", return_tensors="pt")
        return {f"{name}_{key}": padded[key] for key in ("input_ids", "attention_mask")}


def _longest_first(ids: Sequence[Sequence[int]]) -> list[int]:
    return sorted(range(len(ids)), key=lambda place: -len(ids[place]))


def _drawn(rows: tuple[int, ...], count: int, rng: np.random.Generator) -> list[int]:
    return [int(row) for row in rng.choice(rows, min(count, len(rows)), replace=False)] if rows and count else []


def _padded(rows: Sequence[Sequence[float]], dtype: torch.dtype = torch.long) -> torch.Tensor:
    """Rows of different lengths as one tensor (rows, longest), filled up with -1."""
    longest = max((len(row) for row in rows), default=0)
    tensor = torch.full((len(rows), longest), -1, dtype=dtype)
    for place, row in enumerate(rows):
        if len(row):
            tensor[place, : len(row)] = torch.tensor(row, dtype=dtype)
    return tensor
