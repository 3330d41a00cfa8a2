"""Text as the models and the index see it: one function each for cleaning, for windows and for what a model reads."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import regex

from search.language.words import UNSPACED

_WORD = re.compile(r"\S+")
# In a script without spaces a character is about as much to a model as an English word is.
_WORD_OR_CHARACTER = regex.compile(rf"[{UNSPACED}]\p{{M}}*|[^\s{UNSPACED}]+")
# C0 and C1 controls but tab and newline (NUL breaks PostgreSQL), lone surrogates, byte-order marks, bidi overrides.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"[^\S\n]+")
_NEWLINES = re.compile(r"\s*\n\s*")


class Window(NamedTuple):
    """Characters [start, end) of a body."""

    start: int
    end: int


def clean_text(text: str) -> str:
    """The text in Unicode NFC, without control characters, each run of blanks one space, paragraphs parted by one newline."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n").replace("\u2028", "\n")
    text = _UNWANTED.sub("", unicodedata.normalize("NFC", text))
    return _NEWLINES.sub("\n", _SPACES.sub(" ", text)).strip()


def clean_line(text: str) -> str:
    """The same on a single line, for titles and names."""
    return clean_text(text).replace("\n", " ")


def windows(text: str, words: int, step: int) -> Iterator[Window]:
    """Overlapping windows of at most ``words`` words that together cover the text; one empty window for an empty text.

    A window starts every ``step`` words; the last one is the first that reaches the end of the text. A word is what stands between
    spaces; in scripts that write none, as Chinese, each character is one.
    """
    spans = [match.span() for match in (_WORD if text.isascii() else _WORD_OR_CHARACTER).finditer(text)]
    if not spans:
        yield Window(0, 0)
        return
    for first in range(0, len(spans), step):
        last = min(first + words, len(spans))
        yield Window(spans[first][0], spans[last - 1][1])
        if last == len(spans):
            return


def passage_text(title: str, window: str) -> str:
    """What a model reads for a passage, in training, indexing and reranking alike: the title in front of the window."""
    return f"{title}\n{window}" if title and window else title or window
