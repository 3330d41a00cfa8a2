"""The part of a passage that is shown under a result, with the query's words marked.

Words are compared as BM25 compares them (the same analyzer), so what counted is what is highlighted.
"""

from typing import NamedTuple

import tantivy

from search.index.lexical import analyzer, query_terms
from search.language import Understanding
from search.response import Snippet

SNIPPET_CHARACTERS = 280
_ELLIPSIS = "…"


class _Match(NamedTuple):
    start: int
    end: int
    stem: str


class Highlighter:
    """Cuts and marks snippets for one query."""

    def __init__(self, understood: Understanding) -> None:
        self._analyzer = analyzer()
        self._stems = frozenset(query_terms(understood.words))

    def snippet(self, passage: str) -> Snippet:
        """The stretch of at most SNIPPET_CHARACTERS with the most different query words; the beginning where none match."""
        tokens = self._analyzer.pre_tokenize(passage).tokens
        matches = [_Match(t.char_offset_from, t.char_offset_to, t.text) for t in tokens if t.text in self._stems]
        start, end = _stretch(passage, tokens, matches)
        before = _ELLIPSIS if start > 0 else ""
        after = _ELLIPSIS if end < len(passage) else ""
        shift = len(before) - start
        highlights = tuple((m.start + shift, m.end + shift) for m in matches if start <= m.start and m.end <= end)
        return Snippet(before + passage[start:end] + after, highlights)


def _stretch(passage: str, tokens: "list[tantivy.Token]", matches: list[_Match]) -> tuple[int, int]:
    """Where the snippet starts and ends, on word boundaries."""
    if len(passage) <= SNIPPET_CHARACTERS:
        return 0, len(passage)
    first = _densest(matches) if matches else 0
    # A third of the space for what leads up to the first match, so that it is read in context.
    wanted = max(min(first - SNIPPET_CHARACTERS // 3, len(passage) - SNIPPET_CHARACTERS), 0)
    starts = [token.char_offset_from for token in tokens if token.char_offset_from >= wanted]
    start = 0 if wanted == 0 else min(starts[0] if starts else wanted, first)
    ends = [token.char_offset_to for token in tokens if start < token.char_offset_to <= start + SNIPPET_CHARACTERS]
    end = ends[-1] if ends else min(start + SNIPPET_CHARACTERS, len(passage))
    closing = end
    while closing < len(passage) and not passage[closing].isspace() and closing - start < SNIPPET_CHARACTERS + 3:
        closing += 1  # a full stop or a quotation mark belongs to its word
    return start, closing


def _densest(matches: list[_Match]) -> int:
    """The start of the match from which a snippet meets the most different stems, then the most matches."""
    best, best_count = matches[0].start, (0, 0)
    for match in matches:
        within = [other for other in matches if match.start <= other.start and other.end <= match.start + 2 * SNIPPET_CHARACTERS // 3]
        count = (len({other.stem for other in within}), len(within))
        if count > best_count:
            best, best_count = match.start, count
    return best
