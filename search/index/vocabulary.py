"""The words of an archive, for those who mistype one: the likeliest word that is there instead of one that is not."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

_NEAREST = 50
_SHORT, _LONG = 3, 8
"""Letters from which one edit is allowed for, and from which two are; shorter words are never corrected."""
_RARE = 20
"""Articles up to which a word that is there may be a mistake of their authors, where the word is not short,"""
_MUCH_MORE = 200
"""and this many times more articles have the word that is proposed."""
_COMMON = 10_000
"""One of so many articles, two at least, have a word that is proposed: what is rarer is as likely to be mistaken or meant otherwise."""
_LETTERS_CACHED = 64


class _Known(NamedTuple):
    words: tuple[str, ...]
    articles: tuple[int, ...]


class Vocabulary:
    """Corrects words by those that begin with one of their first two letters. Safe for concurrent use.

    ``beginning`` lists the words that begin with a letter, with the number of the archive's ``articles`` that have each.
    """

    def __init__(self, beginning: Callable[[str], list[tuple[str, int]]], articles: int) -> None:
        self._beginning = beginning
        self._common = max(articles // _COMMON, 2)
        self._known = lru_cache(maxsize=_LETTERS_CACHED)(self._read)

    def correction(self, word: str, articles: int) -> str | None:
        """The likeliest word that was meant by this one, folded, which ``articles`` have; None when it may well be right.

        Fewer edits are likelier (optimal string alignment: a letter more, less, other, or two swapped), of those with as many the
        swaps, and then what is in more articles.
        """
        if len(word) < _SHORT or not word.isalpha() or articles > (_RARE if len(word) > _SHORT + 1 else 0):
            return None
        edits = 2 if len(word) >= _LONG and not articles else 1
        best: tuple[int, bool, int, str] | None = None
        letters = sorted(word)
        for letter in dict.fromkeys(word[:2]):
            known = self._known(letter)
            for other, distance, place in extract(word, known.words, scorer=OSA.distance, score_cutoff=edits, limit=_NEAREST):
                count = known.articles[place]
                enough = _MUCH_MORE * articles if articles else self._common * int(distance)
                if distance > 0 and count >= enough:
                    found = (int(distance), sorted(other) != letters, -count, other)
                    best = found if best is None else min(best, found)
        return best[-1] if best else None

    def _read(self, letter: str) -> _Known:
        found = [
            (word, count) for word, count in self._beginning(letter) if count >= self._common and len(word) >= _SHORT and word.isalpha()
        ]
        return _Known(tuple(word for word, _ in found), tuple(count for _, count in found))
