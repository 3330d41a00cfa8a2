"""Which examples go through a model together, and as which arrays."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Sampler

from indexer.training.heads.features import IGNORED, Feature
from search.heads.card import Kind


class ByLength(Sampler[int]):
    """Every example once, in a new random order each epoch in which neighbours have like lengths, so that little is padding."""

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = np.array(lengths)
        self._batch_size, self._seed, self._epoch = batch_size, seed, 0

    def __len__(self) -> int:
        return len(self._lengths)

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self._seed, self._epoch])
        order = rng.permutation(len(self._lengths))
        batches = []
        for first in range(0, len(order), 32 * self._batch_size):
            chunk = order[first : first + 32 * self._batch_size]
            chunk = chunk[np.argsort(-self._lengths[chunk], kind="stable")]
            batches += [chunk[place : place + self._batch_size] for place in range(0, len(chunk), self._batch_size)]
        whole = [batch for batch in batches if len(batch) == self._batch_size]
        rest = [batch for batch in batches if len(batch) < self._batch_size]  # must come last: the sampler's own batches are cut anew
        return iter([int(row) for batch in [*(whole[place] for place in rng.permutation(len(whole))), *rest] for row in batch])


def collate(batch: Sequence[Feature], kind: Kind, tokenizer: Any) -> dict[str, torch.Tensor]:
    """Padded arrays and targets under the names that transformers' classes take."""
    encodings = [encoding for feature in batch for encoding in feature.encodings]
    arrays = dict(tokenizer.pad(encodings, return_tensors="pt"))
    if kind is Kind.CHOICE:
        arrays = {name: rows.view(len(batch), -1, rows.shape[1]) for name, rows in arrays.items()}
    if kind is Kind.SPAN:
        spans = np.array([feature.target for feature in batch])
        return arrays | {"start_positions": torch.from_numpy(spans[:, 0]), "end_positions": torch.from_numpy(spans[:, 1])}
    if kind in (Kind.TAGGING, Kind.MASK):
        longest = arrays["input_ids"].shape[1]
        rows = [[*feature.target, *[IGNORED] * (longest - len(feature.target))] for feature in batch if isinstance(feature.target, tuple)]
        return arrays | {"labels": torch.tensor(rows)}
    return arrays | {"labels": torch.tensor([feature.target for feature in batch])}
