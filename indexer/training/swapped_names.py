"""Negatives for exact names: the relevant passage, told about somebody else.

A small cross-encoder reads "Poehl" and "Leutwiler" as much the same: two bankers. Here one name that query and passage
share is replaced in the passage by a name from elsewhere, so that nothing but the name tells the two apart.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from indexer.training.cross_encoder import Group

_NAME = re.compile(r"(?<![.!?\n]\s)(?<!^)\b[A-Z][a-z]{3,}\b")
"""A capitalised word that does not begin a sentence."""
_TRIES = 20


def with_swapped_name(group: Group, windows: Sequence[str], rng: np.random.Generator) -> Group:
    """The group with one more passage, relevance 0 and the evidence of the relevant one; the same group where no name is shared.

    `windows` are passages to take another name from.
    """
    best = max(range(len(group.passages)), key=lambda place: group.relevance[place])
    if group.relevance[best] <= 0:
        return group
    passage = group.passages[best]
    words = {word.lower() for word in re.findall(r"\w+", group.query)}
    shared = sorted({name for name in _NAME.findall(passage) if name.lower() in words})
    if not shared:
        return group
    name = shared[int(rng.integers(len(shared)))]
    for _ in range(_TRIES):
        others = _NAME.findall(windows[int(rng.integers(len(windows)))])
        other = others[int(rng.integers(len(others)))] if others else name
        if other.lower() not in words and other not in passage:
            swapped = re.sub(rf"\b{re.escape(name)}\b", other, passage, flags=re.IGNORECASE)
            return replace(
                group,
                passages=(*group.passages, swapped),
                relevance=(*group.relevance, 0.0),
                evidence=(*group.evidence, group.evidence[best]),
            )
    return group
