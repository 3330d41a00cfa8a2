"""How much two texts share, told from small signatures (MinHash: Broder 1997), and where to look for texts that share much.

Signatures are stored, so the arithmetic here is our own and fixed: 64-bit integers, the same on every machine and version.
A change of anything in this file is a change of what archives hold.
"""

import re
from zlib import crc32

import numpy as np
import numpy.typing as npt

Signature = npt.NDArray[np.uint32]  # (VALUES,), or empty for a text too short to tell
Bands = npt.NDArray[np.int64]  # (BANDS,) keys; two texts with a key in common are worth comparing

BANDS, ROWS = 25, 4
"""Texts whose shingles have a Jaccard similarity of 0.5 (0.6, 0.7, 0.3) share a band with probability 0.80 (0.97, 0.999, 0.18)."""

VALUES = BANDS * ROWS
SHINGLE = 3  # words
MIN_SHINGLES = 8
"""A text of fewer different shingles, such as a bare headline, has no signature: it would equal too much by chance."""

# One word each: what is written without spaces is compared by the character.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)


def comparable_words(text: str) -> list[str]:
    """The words of a text without regard to case and punctuation; each Chinese, Japanese or Korean character is one."""
    return _WORD.findall(text.casefold())


def signature(text: str) -> Signature:
    """The smallest value of each of VALUES hash functions over the text's shingles of three words."""
    shingles = _shingles(comparable_words(text))
    if len(shingles) < MIN_SHINGLES:
        return np.empty(0, np.uint32)
    factors, summands = _functions()
    hashed = (shingles[None, :] * factors[:, None] + summands[:, None]) >> np.uint64(32)  # (VALUES, shingles): multiply-shift
    smallest: Signature = hashed.min(axis=1).astype(np.uint32)
    return smallest


def bands(signature: Signature) -> Bands:
    """The keys of a signature's bands: each stands for ROWS values in a row and their place. None for an empty signature."""
    if len(signature) == 0:
        return np.empty(0, np.int64)
    rows = signature.astype(np.uint64).reshape(BANDS, ROWS)
    keys = np.arange(1, BANDS + 1, dtype=np.uint64)
    for column in rows.T:
        keys = _mix(keys * np.uint64(_MULTIPLIERS[0]) + column)
    return keys.view(np.int64)


def resemblance(signature: Signature, others: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """The estimated Jaccard similarities (0..1) of a text's shingles with those of others; ``others`` is (n, VALUES)."""
    shares: npt.NDArray[np.float64] = (others == signature).mean(axis=1)
    return shares


def _shingles(words: list[str]) -> npt.NDArray[np.uint64]:
    """A 64-bit number for each different run of SHINGLE words, ascending."""
    count = len(words) - SHINGLE + 1
    if count < 1:
        return np.empty(0, np.uint64)
    numbers = np.fromiter((crc32(word.encode("utf-8", "surrogatepass")) for word in words), np.uint64, len(words))
    shingles = np.zeros(count, np.uint64)
    for place, multiplier in enumerate(_MULTIPLIERS):
        shingles += numbers[place : place + count] * np.uint64(multiplier)
    return np.unique(_mix(shingles))


def _mix(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spreads every bit over the whole number (the finalizer of SplitMix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _functions() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Odd factors and summands of the hash functions, from a counter, so that no generator's version matters."""
    numbers = _mix(np.arange(1, 2 * VALUES + 1, dtype=np.uint64) * np.uint64(_MULTIPLIERS[0]))
    return numbers[:VALUES] | np.uint64(1), numbers[VALUES:]
