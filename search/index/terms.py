"""What BM25 counts: English stems and, in scripts that write no spaces, every two characters that stand side by side.

Pairs need no dictionary and find every word of two characters wherever it stands; on 1,002 Chinese questions they found the right
text as well as the words of jieba did (docs/query-language.md). Reader, writer and highlighter share what is here.
"""

from typing import NamedTuple

import regex
import tantivy

_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー]+")
_POSSESSIVE = regex.compile(r"(?<=\w)['’]s\b", regex.IGNORECASE)


class Term(NamedTuple):
    """A term and the characters [start, end) of the text that it was made from."""

    text: str
    start: int
    end: int


def analyzer(*, stopwords: bool = True) -> tantivy.TextAnalyzer:
    """Splits into lower-case words without accents, each cut to its English (Snowball) stem; with or without stop words."""
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(64))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
    )
    if not stopwords:
        builder = builder.filter(tantivy.Filter.stopword("english"))
    return builder.filter(tantivy.Filter.stemmer("english")).build()


def query_terms(text: str) -> list[str]:
    """The terms of a query that BM25 scores: without stop words, unless there is nothing else ("The Who").

    The s of a possessive is none: it would match that of every other.
    """
    spread = _POSSESSIVE.sub("", spread_out(text))
    return analyzer(stopwords=False).analyze(spread) or analyzer().analyze(spread)


def spread_out(text: str) -> str:
    """The text with each run of Chinese, Japanese or Korean written as its pairs of characters, parted by spaces: what is indexed."""
    if text.isascii():
        return text
    return _UNSPACED.sub(lambda run: f" {' '.join(run[0][start:end] for start, end in _pairs(0, len(run[0])))} ", text)


def terms_with_places(text: str, words: tantivy.TextAnalyzer) -> list[Term]:
    """The terms of a text in its order, of which pairs of characters overlap; ``words`` is an ``analyzer``."""
    runs = [] if text.isascii() else [run.span() for run in _UNSPACED.finditer(text)]
    pairs = [Term(text[start:end], start, end) for run in runs for start, end in _pairs(*run)]
    spaced = _UNSPACED.sub(lambda run: " " * len(run[0]), text) if runs else text
    found = [Term(token.text, token.char_offset_from, token.char_offset_to) for token in words.pre_tokenize(spaced).tokens]
    return sorted(pairs + found, key=lambda term: term.start) if pairs else found


def _pairs(start: int, end: int) -> list[tuple[int, int]]:
    """The places of two characters each in a run; a character that stands alone is one by itself."""
    return [(place, place + 2) for place in range(start, end - 1)] or [(start, end)]
