"""Which articles match a query: all that are near enough in meaning and words, wherever they rank.

The candidates of a ranking are the best hundred or so, near or not; counting needs a set that ends where the evidence does. What
matches depends on the words, the mode and the archive alone, never on filters or pages, so numbers fit together: a facet's count
is the total that choosing it gives. The limits were chosen by measurement; ``docs/api.md`` has precision and recall.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from search.cutoff import WORDLESS_CUTOFF
from search.protocols import Evidence, Floats, Ids
from search.query import Mode

ENOUGH = 0.6
"""An article matches a hybrid search with this much evidence: the mean of its similarity and its words, each beside the archive's best."""
NEAR = 0.85
"""An article at least this similar, beside the most similar one, matches whatever its words."""
DENSE_ENOUGH = 0.75
"""The same where only meaning counts,"""
WORDS_ENOUGH = 0.5
"""and the share of the query's words, beside the archive's best, where only they count."""
LEAST_BEST = 0.3
"""Similarity and share of words of the best article count as at least this, so that the best of nothing is not near."""

_REMEMBERED = 16


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The articles that match, one entry each, in ascending order of their ``row`` in the snapshot's columns.

    ``similarity`` is the cosine of the best passage, whose place in the columns is ``passage``; ``evidence`` (0..1) orders them.
    """

    row: Ids
    passage: Ids
    similarity: Floats
    evidence: Floats


def matching(found: Evidence, mode: Mode) -> Matches:
    """The articles whose evidence is enough."""
    similarity, words = _beside_the_best(found)
    evidence = _evidence(similarity, words, mode)
    if mode is Mode.DENSE:
        enough = similarity >= DENSE_ENOUGH
    elif mode is Mode.BM25:
        enough = words >= WORDS_ENOUGH
    else:
        enough = (evidence >= ENOUGH) | (similarity >= NEAR)
    rows = np.flatnonzero(enough)
    return Matches(rows, found.passage[rows], found.similarity[rows], evidence[rows])


def everything(found: Evidence, mode: Mode) -> Matches:
    """All articles with their evidence: for a query whose condition alone says what matches."""
    return Matches(np.arange(len(found.passage)), found.passage, found.similarity, _evidence(*_beside_the_best(found), mode))


def _beside_the_best(found: Evidence) -> tuple[Floats, Floats]:
    """Similarity and share of words, each 0..1 and 1 for the best article."""
    similarity = np.clip(found.similarity, 0.0, 1.0) / max(float(found.similarity.max(initial=0.0)), LEAST_BEST)
    words = found.words / max(float(found.words.max(initial=0.0)), LEAST_BEST)
    if not words.any() and found.similarity.max(initial=0.0) < WORDLESS_CUTOFF:
        similarity = np.zeros_like(similarity)  # nothing in the archive is near: what the ranking leaves out does not match either
    return similarity.astype(np.float32), words.astype(np.float32)


def _evidence(similarity: Floats, words: Floats, mode: Mode) -> Floats:
    if mode is Mode.HYBRID:
        return (similarity + words) / np.float32(2)
    return similarity if mode is Mode.DENSE else words


def in_order(matches: Matches, weight: Floats) -> Ids:
    """The places in ``matches`` by weighted evidence, best first; then by similarity, then by id, which grows with the row."""
    return np.lexsort((matches.row, -matches.similarity, -(matches.evidence * weight)))


class MatchMemory:
    """Remembers the matches of the latest queries, so that a page or a facet is not counted anew. Safe for concurrent use."""

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, Matches] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, find: Callable[[], Matches]) -> Matches:
        """What is remembered under the key, else what ``find`` finds."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        found = find()
        with self._lock:
            self._found[key] = found
            while len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        return found
