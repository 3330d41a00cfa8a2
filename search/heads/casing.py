"""How words are capitalised, for a body whose tokenizer knows small letters only.

BERT adds an embedding of the segment to every token: the first text or the second. A tagger reads one text, so further
rows of that embedding can say how a word is written, and are learned with the head.
"""

import re
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn


class Casing(IntEnum):
    """How a word is written; the number is the row of the segment embedding (0 and 1 are BERT's own)."""

    SMALL = 0
    FIRST = 2
    """Paris"""
    ALL = 3
    """BBC, I, J."""
    MIXED = 4
    """iPhone, McDonald"""


ROWS = len(Casing) + 1
_RUNS = re.compile(r"[^\W_]+")


def casing_of(word: str) -> Casing:
    """The casing of a word; signs and scripts without capitals are small."""
    letters = [letter for letter in word if letter.isalpha()]
    capitals = [letter.isupper() for letter in letters]
    if not any(capitals):
        return Casing.SMALL
    if all(capitals):
        return Casing.ALL
    return Casing.FIRST if capitals[0] and not any(capitals[1:]) else Casing.MIXED


def casings_of(text: str) -> npt.NDArray[np.int64]:
    """The casing of the run of letters and digits that each character of a text belongs to, so that BBC's is BBC and a sign and s."""
    found = np.zeros(len(text), np.int64)
    for run in _RUNS.finditer(text):
        found[run.start() : run.end()] = casing_of(run.group())
    return found


def lacks_capitals(config: Any, tokenizer: Any) -> bool:
    """Whether a model's tokenizer drops capitals and its body has the two segments whose embedding could tell them."""
    return getattr(config, "type_vocab_size", 0) == 2 and tokenizer.tokenize("Aa") == tokenizer.tokenize("aa")


def add_casing(bert: Any) -> None:
    """Gives a body the rows for casing, as the row of the first segment at first, so that it answers as before."""
    old = bert.embeddings.token_type_embeddings
    new = nn.Embedding(ROWS, old.embedding_dim)
    with torch.no_grad():
        new.weight.copy_(old.weight[:1].expand(ROWS, -1))
        new.weight[: len(old.weight)].copy_(old.weight)
    bert.embeddings.token_type_embeddings = new.to(old.weight.device, old.weight.dtype)
    bert.config.type_vocab_size = ROWS
