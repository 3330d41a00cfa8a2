"""Which words are typical of the articles found: those that more of them contain than chance explains, by the archive's own measure."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

from search.response import Keyword, Keywords

LISTED = 30
READ = 100
"""How many articles are read, the most relevant."""
_AT_LEAST = 3  # articles; what two have in common may be anything
_COMMON = 0.15  # of the articles of the archive; what more of them contain ("he", "would") is no key word in any language
_FEW = 100  # articles of an archive; in a smaller one any word may be in many

_WORD = re.compile(r"\b[^\W\d_]{2,40}\b")


def keywords(
    texts: Sequence[str], stems_of: Callable[[Sequence[str]], Sequence[str | None]], frequency: Callable[[str], int], articles: int
) -> Keywords:
    """The words of these texts, most typical first, at most LISTED.

    ``stems_of`` cuts words to what all their forms share; None leaves one out (a stop word, a word of the query). ``frequency`` is
    the number of articles of the archive with a stem, of ``articles`` in all. A text counts once for a word, however often it has it.
    """
    found = [frozenset(_WORD.findall(text)) for text in texts]
    different = sorted(frozenset().union(*found))
    stem = dict(zip(different, stems_of(different), strict=True))
    forms = Counter(word for words in found for word in words)
    shared = Counter(own for words in found for own in {stem[word] for word in words} if own)
    written: dict[str, Counter[str]] = {}
    for word, count in forms.items():
        if own := stem[word]:
            written.setdefault(own, Counter())[word] = count
    least = min(_AT_LEAST, len(texts))
    common = _COMMON * articles if articles >= _FEW else articles
    rated = []
    for own, count in shared.items():
        among = max(frequency(own), count) if count >= least else 0
        if among <= common and count * articles > among * len(texts) > 0:
            rated.append(Keyword(_form(written[own]), count, among, log_likelihood(count, len(texts), among, articles)))
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


def _form(forms: Counter[str]) -> str:
    """How most articles write it; in lower case when any does so."""
    best = max(forms, key=lambda word: (forms[word], word))
    return best.lower() if best.lower() in forms else best
