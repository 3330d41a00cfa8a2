"""What is said about all articles that match a ranking's query: facets, timeline and key words. Pages do not change it."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from search.facets import facets
from search.index.lexical import UNKNOWN_DATE
from search.index.terms import analyzer, query_terms, spread_out
from search.keywords import keywords
from search.language import And, Condition, Named, Not, Published
from search.language.condition import all_of
from search.protocols import Mask
from search.query import Filters, Interval
from search.response import Facet, Keywords, Timeline
from search.stages import Ranking
from search.timeline import Bars, Span, days_of, span_of


def facets_of(ranking: Ranking) -> tuple[Facet, ...]:
    """Each facet, counted under all filters but its own."""
    return facets(_matching(ranking), ranking.snapshot.columns, ranking.query.filters)


def timelines_of(rankings: Sequence[Ranking], interval: Interval) -> list[Timeline]:
    """The timeline of each ranking, all of one snapshot, over the same bars: from the first to the last article that matches any of them.

    Where the filters or the query say from when or until when, the bars do so too, as far as the archive goes.
    """
    published_at = rankings[0].snapshot.columns.published_at
    shown = [_matching(ranking) & _filtered(ranking) for ranking in rankings]
    dated = published_at != UNKNOWN_DATE
    limits = [_limits(ranking) for ranking in rankings]
    span = span_of(
        days_of(published_at[np.logical_or.reduce(shown) & dated]),
        _whole(days_of(published_at[dated])),
        min((first for first, _ in limits if first is not None), default=None) if all(first is not None for first, _ in limits) else None,
        max((last for _, last in limits if last is not None), default=None) if all(last is not None for _, last in limits) else None,
    )
    bars = Bars.over(span, interval)
    return [
        bars.timeline(matching, _filtered(ranking), published_at, UNKNOWN_DATE) for matching, ranking in zip(shown, rankings, strict=True)
    ]


def keywords_of(texts: Sequence[str], ranking: Ranking) -> Keywords:
    """The key words of these texts, which are of articles that match, without the words of the query."""
    stems = _Stems(ranking.understood.words)
    return keywords([spread_out(text) for text in texts], stems.of, ranking.snapshot.frequency, len(ranking.snapshot))


class _Stems:
    """Cuts words as BM25 does, leaving out stop words and those of a query."""

    def __init__(self, asked: str) -> None:
        self._all, self._kept = analyzer(), analyzer(stopwords=False)
        self._asked = frozenset(query_terms(asked))

    def of(self, words: Sequence[str]) -> list[str | None]:
        text = " ".join(words)  # in one go, as each call costs more than a word does
        found, kept = self._all.analyze(text), frozenset(self._kept.analyze(text)) - self._asked
        if len(found) != len(words):  # some are more than one word to BM25, or none
            found = [terms[0] if len(terms) == 1 else "" for terms in map(self._all.analyze, words)]
        return [stem if stem in kept else None for stem in found]


def _matching(ranking: Ranking) -> Mask:
    if ranking.matching is None:
        raise ValueError("what matches has not been counted for this ranking")
    return ranking.matching


def _filtered(ranking: Ranking) -> Mask:
    """Which rows meet the filters, and those conditions of the query that are on names and dates: its words left aside."""
    among = ranking.snapshot.restrict(_beside_words(ranking.understood.condition), ranking.query.filters)
    return among.articles if among else np.ones(len(ranking.snapshot), np.bool_)


def _beside_words(condition: Condition | None) -> Condition | None:
    """The part of the condition that says nothing about words."""
    return all_of([each for each in _leaves(condition) if isinstance(each.condition if isinstance(each, Not) else each, Named | Published)])


def _leaves(condition: Condition | None) -> Sequence[Condition]:
    if condition is None:
        return ()
    return condition.conditions if isinstance(condition, And) else (condition,)


def _limits(ranking: Ranking) -> tuple[int | None, int | None]:
    """The first and last day that filters and query allow, counted from 1970-01-01; None where they do not say."""
    filters: Filters = ranking.query.filters
    periods = [(filters.after, filters.before)]
    periods += [(each.first, each.last) for each in _leaves(ranking.understood.condition) if isinstance(each, Published)]
    firsts = [_day(first) for first, _ in periods if first is not None]
    lasts = [_day(last) for _, last in periods if last is not None]
    return max(firsts, default=None), min(lasts, default=None)


def _day(moment: datetime) -> int:
    return int(moment.timestamp() // 86_400)


def _whole(days: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Span | None:
    return Span(int(days.min()), int(days.max())) if len(days) else None
