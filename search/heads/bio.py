"""Tags that spell out entities: B-x begins one of the type x, I-x goes on with it, O is outside.

A tagger that has no B-x for a type begins its entities with I-x.
"""

from functools import cache

import numpy as np
import numpy.typing as npt


def most_probable_tags(shares: npt.NDArray[np.float32], labels: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """The most probable sequence of tags among those in which every I-x follows B-x or I-x (Viterbi 1967), as label numbers (words,).

    ``shares`` (words, labels) are the probabilities of each word's tags. Taking the best tag of each word instead breaks
    names apart wherever a word's type wavers.
    """
    best: npt.NDArray[np.int64] = shares.argmax(axis=1)
    allowed, first = _transitions(labels)
    if not len(best) or (first[best[0]] and allowed[best[:-1], best[1:]].all()):
        return best
    logs = np.log(np.maximum(shares, 1e-9))
    barred = np.where(allowed, 0.0, -np.inf)
    value = np.where(first, logs[0], -np.inf)
    came_from = []
    for row in logs[1:]:
        paths = value[:, None] + barred  # (tag before, tag)
        came_from.append(paths.argmax(axis=0))
        value = paths.max(axis=0) + row
    best[-1] = value.argmax()
    for place in range(len(best) - 1, 0, -1):
        best[place - 1] = came_from[place - 1][best[place]]
    return best


@cache
def _transitions(labels: tuple[str, ...]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which tag may follow which (before, tag), and which may come first."""
    inside = [tag.startswith("I-") and f"B-{tag[2:]}" in labels for tag in labels]
    allowed = [
        [not within or (before[:2] in ("B-", "I-") and before[2:] == tag[2:]) for tag, within in zip(labels, inside, strict=True)]
        for before in labels
    ]
    return np.array(allowed), ~np.array(inside)
