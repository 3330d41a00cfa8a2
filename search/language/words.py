"""What a word is, for every condition that must hold exactly: the one definition that index, conditions and highlights share.

A text is folded (compatibility forms, case and accents do not count: ``Ｏｉｌ``, ``OIL`` and ``oil`` are one, as are ``Zoë`` and ``zoe``).
Then each run of letters and digits is a word, and each character of a script that writes no spaces between words is one by itself.
Of a longer word the first LONGEST_WORD characters count. ``don't`` is two words, as are ``U.S.`` and ``3.5``; ``C++`` is one.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import regex

LONGEST_WORD = 250
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー"
"""The scripts, as a character class of the regex package, in which each character counts as a word."""

_ASCII_WORD = re.compile(rf"([a-z0-9]{{1,{LONGEST_WORD}}})[a-z0-9]*")
_WORD = regex.compile(
    rf"[[{UNSPACED}]&&[\p{{L}}\p{{N}}]]\p{{M}}*|[[\p{{L}}\p{{N}}]--[{UNSPACED}]][[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]*", regex.V1
)
_UNSPACED_END = regex.compile(rf"[{UNSPACED}]$")
# Accents, variation selectors, and what is not seen: the soft hyphen and the joiners.
_NOT_COUNTED = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\u00ad\u200c\u200d\u2060]")
# Letters whose stroke or ligature Unicode does not take apart.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


class Word(NamedTuple):
    """A folded word and the characters [start, end) of the text that it was written with."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """The text as words are compared: without case, accents and compatibility forms."""
    if text.isascii():
        return text.lower()
    plain = _NOT_COUNTED.sub("", unicodedata.normalize("NFKD", text)).casefold().translate(_LETTERS)
    return unicodedata.normalize("NFC", _NOT_COUNTED.sub("", unicodedata.normalize("NFKD", plain)))


def words(text: str) -> list[str]:
    """The folded words of a text, in its order."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return [word[:LONGEST_WORD] for word in _WORD.findall(fold(text))]


def words_with_places(text: str) -> list[Word]:
    """The folded words with their places in the text; the end takes in a following accent that is a character of its own."""
    if text.isascii():
        return [Word(match[1], match.start(), match.end()) for match in _ASCII_WORD.finditer(text.lower())]
    folded = [_folded_character(character) for character in text]
    owner = [place for place, part in enumerate(folded) for _ in part]  # of each folded character, the one it came from
    return [Word(match[0][:LONGEST_WORD], owner[match.start()], owner[match.end() - 1] + 1) for match in _WORD.finditer("".join(folded))]


def ends_unspaced(text: str) -> bool:
    """Whether the text ends in a script in which each character counts as a word."""
    return _UNSPACED_END.search(text) is not None


@lru_cache(maxsize=4096)
def _folded_character(character: str) -> str:
    return fold(character)
