"""Passages encoded in parts, so that whoever waits for the vectors of an archive sees how far it is."""

from collections.abc import Sequence

import numpy as np

from indexer.training.progress import Advance
from search.protocols import Encoder, Vectors

PART = 512
"""Passages encoded at a time: seconds on a CPU, and enough that texts of like length meet in a batch."""


def encode_passages(encoder: Encoder, texts: Sequence[str], advance: Advance) -> Vectors:
    """The vectors of passages, (n, dimension)."""
    vectors = np.empty((len(texts), encoder.dimension), np.float32)
    for first in range(0, len(texts), PART):
        part = texts[first : first + PART]
        vectors[first : first + PART] = encoder.encode_passages(part)
        advance(first + len(part), len(texts))
    return vectors
