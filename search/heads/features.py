"""Texts as vectors: those that the index is made of, and the states that heads read, for use elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from search.protocols import TokenEncoder


class Vector(StrEnum):
    """Which vectors of a text are wanted."""

    PASSAGE = "passage"
    QUERY = "query"
    CLS = "cls"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class TokenVector:
    """A token of the model's vocabulary, its [start, end) characters in the text and its last state."""

    token: str
    start: int
    end: int
    vector: list[float]


class Embedder:
    """Vectors of texts by one encoder; not for several threads at once."""

    def __init__(self, encoder: TokenEncoder) -> None:
        self.encoder = encoder

    def embed(self, texts: Sequence[str], kind: Vector) -> list[list[float]]:
        """One vector per text.

        ``passage`` and ``query`` are what the index holds and what it is asked with: length 1, their product is the
        cosine. ``cls`` is the last state of the text's first token, as long as it happens to be. Each reads a text up to
        the encoder's limit. For ``tokens`` there is ``embed_tokens``.
        """
        if kind is Vector.CLS:
            return [one.states[0].tolist() for one in self.encoder.encode_tokens(texts)]
        encode = self.encoder.encode_queries if kind is Vector.QUERY else self.encoder.encode_passages
        vectors: list[list[float]] = encode(texts).tolist()
        return vectors

    def embed_tokens(self, texts: Sequence[str]) -> list[list[TokenVector]]:
        """One vector per token of each text; special tokens such as [CLS], which stand for no characters, are left out."""
        return [
            [
                TokenVector(token, start, end, vector.tolist())
                for token, (start, end), vector in zip(one.tokens, one.spans, one.states, strict=True)
                if end > start
            ]
            for one in self.encoder.encode_tokens(texts)
        ]
