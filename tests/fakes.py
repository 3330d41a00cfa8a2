"""Small stand-ins at the seams: an encoder and a reranker whose answers can be worked out by hand."""

import hashlib
from collections.abc import Sequence

import numpy as np

from search.protocols import Floats, Vectors

SYNONYMS = {  # of words without their last s
    "petroleum": "oil",
    "crude": "oil",
    "viru": "coronaviru",
    "pandemic": "coronaviru",
    "covid": "coronaviru",
    "clinic": "hospital",
}
DIMENSION = 64


class WordEncoder:
    """Each word adds its own fixed random direction; synonyms share one. Counts the passages that it encoded."""

    def __init__(self, name: str = "words") -> None:
        self.fingerprint = f"{name}:1"
        self.dimension = DIMENSION
        self.encoded: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded.extend(texts)
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, DIMENSION), np.float32)
        sums = np.stack([np.sum([_direction(word) for word in text.lower().split()] or [_direction("")], axis=0) for text in texts])
        return (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)


def _direction(word: str) -> np.ndarray:
    stem = word.strip(".,!?:;\"'").removesuffix("s")
    seed = hashlib.sha256(SYNONYMS.get(stem, stem).encode("utf-8", "replace")).digest()[:8]
    return np.random.default_rng(int.from_bytes(seed)).standard_normal(DIMENSION)


class TableReranker:
    """Gives each passage the relevance of the first phrase of a table that it contains, else a default."""

    fingerprint = "table:1"

    def __init__(self, table: dict[str, float], default: float = 0.5) -> None:
        self._table = table
        self._default = default
        self.pairs: list[tuple[str, str]] = []

    def relevance(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        self.pairs.extend(pairs)
        return np.array([self._of(passage) for _, passage in pairs], np.float32)

    def _of(self, passage: str) -> float:
        return next((value for phrase, value in self._table.items() if phrase in passage), self._default)
