"""Which words are typical of the articles found: those that more of them contain than chance explains, by the archive's own measure."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from search.response import Keyword, Keywords

LISTED = 30
READ = 100
"""How many articles are read, the most relevant: a text takes a tenth of a millisecond, and more of them change little."""
_AT_LEAST = 3  # articles; what two have in common may be anything

_WORD = re.compile(r"\b[^\W\d_]{2,}\b")


def keywords(texts: Sequence[str], stem: Callable[[str], str | None], frequency: Callable[[str], int], articles: int) -> Keywords:
    """The words of these texts, most typical first, at most LISTED.

    ``stem`` cuts a word to what all its forms share; None leaves it out (a stop word, a word of the query). ``frequency`` is the
    number of articles of the archive with a stem, of ``articles`` in all. A text counts once for a word, however often it has it.
    """
    shared: Counter[str] = Counter()
    written: dict[str, Counter[str]] = {}
    stems: dict[str, str | None] = {}
    for text in texts:
        found: dict[str, str] = {}
        for word in _words(text):
            if word not in stems:
                stems[word] = stem(word)
            if own := stems[word]:
                found.setdefault(own, word)
        shared.update(found.keys())
        for own, word in found.items():
            written.setdefault(own, Counter())[word] += 1
    least = min(_AT_LEAST, len(texts))
    rated = [
        Keyword(_form(written[own]), count, among, log_likelihood(count, len(texts), among, articles))
        for own, count in shared.items()
        if count >= least and count * articles > (among := max(frequency(own), count)) * len(texts)
    ]
    rated.sort(key=lambda keyword: (-keyword.keyness, keyword.word))
    return Keywords(tuple(rated[:LISTED]), len(texts))


def log_likelihood(count: int, read: int, among: int, articles: int) -> float:
    """Dunning's (1993) log-likelihood ratio, at least 0, that ``count`` of ``read`` articles have what ``among`` of all ``articles`` have.

    The two sides are the articles read and the rest of the archive.
    """
    rest, rest_count = articles - read, among - count
    cells = (
        (count, read * among),
        (rest_count, rest * among),
        (read - count, read * (articles - among)),
        (rest - rest_count, rest * (articles - among)),
    )
    return max(2 * sum(seen * math.log(seen * articles / expected) for seen, expected in cells if seen > 0), 0.0)


def _words(text: str) -> Iterable[str]:
    return dict.fromkeys(_WORD.findall(text))


def _form(forms: Counter[str]) -> str:
    """How most articles write it; in lower case when any does so."""
    best = max(forms, key=lambda word: (forms[word], word))
    return best.lower() if best.lower() in forms else best
