"""Texts become the vectors that the index has, or the states that heads read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from pydantic import TypeAdapter

from search.heads.features import Embedder, TokenVector, Vector
from search.protocols import TokenStates, Vectors


@dataclass
class Spelling:
    """An encoder whose vectors can be read: a text's length, and a token's place."""

    fingerprint: str = "spelling"
    dimension: int = 2

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.array([[1, len(text)] for text in texts], np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return np.array([[2, len(text)] for text in texts], np.float32)

    def encode_tokens(self, texts: Sequence[str]) -> list[TokenStates]:
        return [
            TokenStates(["<s>", *text, "</s>"], [(0, 0), *((n, n + 1) for n in range(len(text))), (0, 0)], _places(len(text) + 2))
            for text in texts
        ]


def _places(count: int) -> Vectors:
    return np.array([[5, place] for place in range(count)], np.float32)


@pytest.mark.parametrize(
    ("kind", "vectors"), [(Vector.QUERY, [[1, 2], [1, 1]]), (Vector.PASSAGE, [[2, 2], [2, 1]]), (Vector.CLS, [[5, 0], [5, 0]])]
)
def test_each_kind_is_what_the_encoder_makes_of_it(kind: Vector, vectors: list[list[float]]) -> None:
    assert Embedder(Spelling()).embed(["ab", "c"], kind) == vectors


def test_tokens_have_their_characters_and_special_tokens_are_left_out() -> None:
    found = Embedder(Spelling()).embed_tokens(["ab", ""])
    assert found == [[TokenVector("a", 0, 1, [5.0, 1.0]), TokenVector("b", 1, 2, [5.0, 2.0])], []]
    assert TypeAdapter(TokenVector).dump_python(found[0][0]) == {"token": "a", "start": 0, "end": 1, "vector": [5.0, 1.0]}
