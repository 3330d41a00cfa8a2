"""An article as tokens: windows of whole sentences, cut once and read once, whatever is asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from search.article import Article
from search.heads.tagging import sentences_of
from search.heads.tokens import split_words
from search.models.loading import readable
from search.text import passage_text, windows

READ_WORDS = 400
"""Of an article's body: news says at its beginning what it is about and who is in it."""
WINDOW_TOKENS = 128
"""With [CLS] and [SEP]. The first window is what labels are given for."""

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
    """The windows of one text, at least one. Of the n-th, ``tokens[n]`` with [CLS] and [SEP], ``words[n]`` the words [start, end) that
    begin in it, and ``firsts[n]`` the place of the first token of each."""

    tokens: list[list[int]]
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
    words = split_words(text)
    first = np.searchsorted(starts, np.array([start for start, _ in words], np.int64))  # of each word, its first token
    sentences = np.cumsum([0, *(len(sentence) for sentence in sentences_of(text, words))])
    ends = [*(first[sentences[1:-1]].tolist()), len(ids)] if len(sentences) > 1 else [len(ids)]
    bounds = [0, *_joined(ends, WINDOW_TOKENS - 2)]
    found = ArticleWindows([], [], [])
    for begin, end in pairwise(bounds) if len(bounds) > 1 else [(0, 0)]:
        one, other = np.searchsorted(first, [begin, end])
        found.tokens.append([tokenizer.cls_token_id, *ids[begin:end], tokenizer.sep_token_id])
        found.words.append(words[one:other])
        found.firsts.append(first[one:other] - begin + 1)
    return found


def _joined(ends: Sequence[int], room: int) -> list[int]:
    """Where windows end that hold as many whole sentences as fit, given where the sentences end; one that does not fit is cut."""
    joined: list[int] = []
    begin = last = 0
    for end in ends:
        if end - begin > room and last > begin:
            joined.append(last)
            begin = last
        while end - begin > room:
            begin += room
            joined.append(begin)
        last = end
    return [*joined, last] if last > begin else joined
