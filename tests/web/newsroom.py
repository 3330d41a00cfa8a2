"""An engine in memory that also counts: facets, timeline and key words by brute force over what the plain one finds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from search.language import understand
from search.query import Interval, Query
from search.response import Bar, ComparedQuery, Comparison, Facet, FacetValue, Keyword, Keywords, SearchResponse, Timeline
from search.suggestion import Suggestion
from tests.web.fake_engine import FakeEngine


class Newsroom(FakeEngine):
    """Knows one misspelling, "oli", and reads queries as the real engine does."""

    def search_many(self, queries: Sequence[Query]) -> list[SearchResponse]:
        answers = super().search_many([replace(query, text=understand(query.text).words or query.text) for query in queries])
        return [self._complete(query, answer) for query, answer in zip(queries, answers, strict=True)]

    def compare(self, queries: Sequence[Query]) -> Comparison:
        days = [self._days(query) for query in queries]
        among = [day for one in days for day in one]
        compared = [
            ComparedQuery(query.text, len(answer.hits), _timeline(one, among))
            for query, one, answer in zip(queries, days, self.search_many([replace(query, top_k=1000) for query in queries]), strict=True)
        ]
        return Comparison(Interval.MONTH, tuple(compared), "20260102T030405Z")

    def _days(self, query: Query) -> list[date]:
        """The days of all that is found."""
        found = self._search(replace(query, text=understand(query.text).words or query.text, offset=0, top_k=1000)).hits
        return [hit.article.published_at.date() for hit in found if hit.article.published_at]

    def suggest(self, typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Titles and sources that begin with what was typed."""
        beginning = typed.strip().lower()
        articles = [stored.article for stored in self.stored]
        sources = Counter(one.source for one in articles if one.source and one.source.lower().startswith(beginning))
        named = [Suggestion("source", name, f'source:"{name}"', count) for name, count in sources.most_common()]
        titles = [
            Suggestion("title", stored.article.title, stored.article.title, 1, stored.id)
            for stored in self.stored
            if stored.article.title.lower().startswith(beginning)
        ]
        return (*named, *titles)[:limit]

    def _complete(self, query: Query, answer: SearchResponse) -> SearchResponse:
        found = [hit.article for hit in self._search(replace(query, text=answer.query, offset=0, top_k=1000)).hits]
        return replace(
            answer,
            query=query.text,
            total_is_exact=query.facets,
            understood=understand(query.text),
            suggestion=query.text.replace("oli", "oil") if "oli" in query.text else None,
            facets=(
                _facet("topic", [name for one in found for name in one.topics], query.filters.topics, query.filters.without.topics),
                _facet("source", [one.source for one in found if one.source], query.filters.sources, query.filters.without.sources),
                _facet("author", [one.author for one in found if one.author], query.filters.authors, query.filters.without.authors),
            )
            if query.facets
            else (),
            timeline=_timeline(self._days(query), self._days(query)) if query.timeline else None,
            keywords=Keywords((Keyword("tankers", 3, 5, 20.1), Keyword("barrels", 2, 2, 17.0)), len(found)) if query.keywords else None,
        )


def _facet(field: str, names: Sequence[str], included: Sequence[str], excluded: Sequence[str]) -> Facet:
    counts = Counter(names) | Counter(dict.fromkeys((*included, *excluded), 0))
    for name in (*included, *excluded):
        counts.setdefault(name, 0)
    values = [FacetValue(name, count, name in included, name in excluded) for name, count in counts.most_common()]
    return Facet(field, tuple(values), len(values), 0)


def _timeline(days: Sequence[date], among: Sequence[date]) -> Timeline:
    """By month, from the first to the last of the days among which they are."""
    months, month = [], min(among, default=date(2020, 1, 1)).replace(day=1)
    while month <= max(among, default=date(2020, 1, 1)):
        following = (month + timedelta(days=32)).replace(day=1)
        count = sum(month <= day < following for day in days)
        months.append(Bar(month, following - timedelta(days=1), count, 2 * count))
        month = following
    return Timeline(Interval.MONTH, tuple(months), 0)
