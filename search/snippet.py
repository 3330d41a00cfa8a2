"""The part of a passage that is shown under a result, with the query's words marked.

Words are compared as BM25 compares them (the same analyzer), so what counted is what is highlighted; so is what met a condition.
"""

from collections.abc import Iterator

from search.article import Article
from search.index.terms import Term, analyzer, query_terms, terms_with_places
from search.language import And, Condition, Contains, Near, Or, Understanding
from search.language.words import words_with_places
from search.response import Snippet

SNIPPET_CHARACTERS = 280
_AROUND = 600  # characters before and after a word that are looked at for the best snippet with it
_ELLIPSIS = "…"


class Highlighter:
    """Cuts and marks snippets for one query."""

    def __init__(self, understood: Understanding) -> None:
        self._analyzer = analyzer()
        self._terms = frozenset(query_terms(understood.words))
        self._wanted = list(_wanted(understood.condition))

    def shown(self, article: Article, start: int, end: int) -> Snippet:
        """The snippet of the passage at [start, end), of one with a word that a condition asks for if it has none, or the title."""
        text = article.text
        if self._wanted and not self._required(text[start:end]):
            found = self._required(text)
            if found:
                first = min(term.start for term in found)
                near = text[max(first - _AROUND, 0) : first + _AROUND]
                return self.snippet(near[near.find(" ") + 1 :] if first > _AROUND else near)
        return self.snippet(text[start:end] or article.title)

    def snippet(self, passage: str) -> Snippet:
        """The stretch of at most SNIPPET_CHARACTERS with the most different query words; the beginning where none match."""
        terms = terms_with_places(passage, self._analyzer)
        matches = sorted([*(term for term in terms if term.text in self._terms), *self._required(passage)], key=lambda term: term.start)
        start, end = _stretch(passage, terms, matches)
        before = _ELLIPSIS if start > 0 else ""
        after = _ELLIPSIS if end < len(passage) else ""
        shift = len(before) - start
        marked = _joined([(match.start, match.end) for match in matches if start <= match.start and match.end <= end])
        return Snippet(before + passage[start:end] + after, tuple((first + shift, last + shift) for first, last in marked))

    def _required(self, passage: str) -> list[Term]:
        """The words that meet conditions, of which BM25 does not know all: stop words, beginnings, single Chinese characters."""
        found: list[Term] = []
        words = words_with_places(passage) if self._wanted else []
        for wanted in self._wanted:
            for place in range(len(words) - len(wanted.words) + 1):
                standing = words[place : place + len(wanted.words)]
                if _meets(tuple(word.text for word in standing), wanted):
                    found += [Term(*word) for word in standing]
        return found


def _meets(words: tuple[str, ...], wanted: Contains) -> bool:
    return words[0].startswith(wanted.words[0]) if wanted.prefix else words == wanted.words


def _wanted(condition: Condition | None) -> Iterator[Contains]:
    """The leaves that say which words an article contains, not which it does not."""
    if isinstance(condition, And | Or):
        for part in condition.conditions:
            yield from _wanted(part)
    elif isinstance(condition, Near):
        yield from (Contains(condition.first), Contains(condition.second))
    elif isinstance(condition, Contains):
        yield condition


def _joined(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places in order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _stretch(passage: str, terms: list[Term], matches: list[Term]) -> tuple[int, int]:
    """Where the snippet starts and ends, on word boundaries."""
    if len(passage) <= SNIPPET_CHARACTERS:
        return 0, len(passage)
    first = _densest(matches) if matches else 0
    # A third of the space for what leads up to the first match, so that it is read in context.
    wanted = max(min(first - SNIPPET_CHARACTERS // 3, len(passage) - SNIPPET_CHARACTERS), 0)
    starts = [term.start for term in terms if term.start >= wanted]
    start = 0 if wanted == 0 else min(starts[0] if starts else wanted, first)
    ends = [term.end for term in terms if start < term.end <= start + SNIPPET_CHARACTERS]
    end = ends[-1] if ends else min(start + SNIPPET_CHARACTERS, len(passage))
    closing = end
    while closing < len(passage) and not passage[closing].isspace() and closing - start < SNIPPET_CHARACTERS + 3:
        closing += 1  # a full stop or a quotation mark belongs to its word
    return start, closing


def _densest(matches: list[Term]) -> int:
    """The start of the match from which a snippet meets the most different terms, then the most matches."""
    best, best_count = matches[0].start, (0, 0)
    for match in matches:
        within = [other for other in matches if match.start <= other.start and other.end <= match.start + 2 * SNIPPET_CHARACTERS // 3]
        count = (len({other.text for other in within}), len(within))
        if count > best_count:
            best, best_count = match.start, count
    return best
