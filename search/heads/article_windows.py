"""An article as tokens: its beginning, for which labels are given, and its sentences, in which names are looked for.

Taggers are trained on single sentences, and in windows of several they find other names, in no less time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from search.article import Article
from search.heads.casing import Casing, casings_of
from search.heads.tagging import sentences_of
from search.heads.tokens import split_words
from search.models.loading import readable
from search.text import passage_text, windows

READ_WORDS = 400
"""Of an article's body: news says at its beginning what it is about and who is in it."""
WINDOW_TOKENS = 128
"""With [CLS] and [SEP]: of the beginning, and at most of a sentence."""

_Places = npt.NDArray[np.int64]
_TOKENS_PER_WORD = 4  # more than these are cut off: what has so many is no text


@dataclass(frozen=True, slots=True)
class Read:
    """What is read of an article: ``text`` is its title and the beginning of its body, which starts at ``body``."""

    text: str
    body: int

    @classmethod
    def of(cls, article: Article) -> "Read":
        """The title and the first READ_WORDS words."""
        end = next(windows(article.text, READ_WORDS, READ_WORDS)).end
        text = passage_text(article.title, article.text[:end])
        return cls(readable(text, READ_WORDS * _TOKENS_PER_WORD), len(article.title) + 1 if article.title and end else 0)


@dataclass(frozen=True, slots=True)
class ArticleWindows:
    """A text as tokens, with [CLS] and [SEP].

    ``beginning`` has as many whole sentences as fit. Of the n-th sentence there are ``tokens[n]``, their ``casings[n]``, ``words[n]``, the
    words [start, end) that begin in it, and ``firsts[n]``, the place of the first token of each. A sentence that is too long is several.
    """

    beginning: list[int]
    tokens: list[list[int]]
    casings: list[list[int]]
    words: list[list[tuple[int, int]]]
    firsts: list[_Places]


def article_windows(texts: Sequence[str], tokenizer: Any) -> list[ArticleWindows]:
    """The windows of each text."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False, return_offsets_mapping=True, verbose=False)
    return [
        _windows(text, ids, np.array([start for start, _ in offsets], np.int64), tokenizer)
        for text, ids, offsets in zip(texts, encoded["input_ids"], encoded["offset_mapping"], strict=True)
    ]


def _windows(text: str, ids: list[int], starts: _Places, tokenizer: Any) -> ArticleWindows:
    def whole(begin: int, end: int) -> list[int]:
        return [tokenizer.cls_token_id, *ids[begin:end], tokenizer.sep_token_id]

    room = WINDOW_TOKENS - 2
    words = split_words(text)
    first = np.searchsorted(starts, np.array([start for start, _ in words], np.int64))  # of each word, its first token
    casings = casings_of(text)[starts].tolist()
    counts = np.cumsum([len(sentence) for sentence in sentences_of(text, words)], dtype=np.int64)
    ends = [*first[counts[:-1]].tolist(), len(ids)]  # of each sentence
    found = ArticleWindows(whole(0, max((end for end in ends if end <= room), default=room)), [], [], [], [])
    for begin, end in pairwise(_bounds(ends, room)):
        one, other = np.searchsorted(first, [begin, end])
        found.tokens.append(whole(begin, end))
        found.casings.append([Casing.SMALL, *casings[begin:end], Casing.SMALL])
        found.words.append(words[one:other])
        found.firsts.append(first[one:other] - begin + 1)
    return found


def _bounds(ends: Sequence[int], room: int) -> list[int]:
    """Where sentences begin and end, one after the other, those that are too long cut."""
    bounds = [0]
    for end in ends:
        while end - bounds[-1] > room:
            bounds.append(bounds[-1] + room)
        if end > bounds[-1]:
            bounds.append(end)
    return bounds
