"""Which articles may be found: filters and a query's condition, as masks for the vectors and as a Tantivy query for BM25.

The two are made side by side from the same leaves: words are looked up in Tantivy, names and dates in the columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, reduce

import numpy as np
import tantivy

from search.index.columns import Columns, Names
from search.index.lexical import BODY, TITLE, UNKNOWN_DATE, LexicalIndex, timestamp
from search.language.condition import ENTITY_FIELDS, And, Condition, Contains, Named, NameField, Near, Not, Or, Published
from search.protocols import Ids, Mask
from search.query import Filters

_CACHED = 64
_MUST, _MUST_NOT, _SHOULD = tantivy.Occur.Must, tantivy.Occur.MustNot, tantivy.Occur.Should


@dataclass(frozen=True, slots=True, eq=False)
class Restriction:
    """The articles of one snapshot that may be found: ``articles[row]``, and ``passages[passage id]``, of which both hold the same."""

    articles: Mask
    passages: Mask
    query: tantivy.Query


class Restrictions:
    """Makes the restrictions of one snapshot; the latest are kept. Safe for concurrent use."""

    def __init__(self, columns: Columns, lexical: LexicalIndex) -> None:
        self._columns = columns
        self._lexical = lexical
        self._schema = lexical.schema
        self.restrict = lru_cache(maxsize=_CACHED)(self._restrict)

    def _restrict(self, condition: Condition | None, filters: Filters) -> Restriction | None:
        """The articles that meet both; None when that is every article."""
        if condition is None and not filters:
            return None
        articles = self._columns.articles_matching(filters)
        queries = self._filter_queries(filters)
        if condition is not None:
            articles &= self._mask(condition)
            queries.append(self._query(condition))
        passages = self._columns.allowed_passages(articles)
        assert passages is not None
        return Restriction(articles, passages, _every(queries))

    def _mask(self, condition: Condition) -> Mask:
        """Which rows meet the condition; the caller may change the array."""
        match condition:
            case And(conditions):
                return reduce(np.logical_and, map(self._mask, conditions))
            case Or(conditions):
                return reduce(np.logical_or, map(self._mask, conditions))
            case Not(inner):
                return ~self._mask(inner)
            case Published(first, last):
                return self._columns.published_between(first, last)
            case Named(field, phrase):
                if field == "entity":
                    return self._mask(_any_entity(phrase))
                names = self._columns.names[field]
                return self._columns.carrying(names, names.codes_with(phrase))
            case Contains() | Near():
                mask = np.zeros(len(self._columns.article_id), np.bool_)
                mask[self._columns.rows(self._lexical.matching(self._query(condition)))] = True
                return mask

    def _query(self, condition: Condition) -> tantivy.Query:
        match condition:
            case And(conditions):
                return _every([self._query(inner) for inner in conditions])
            case Or(conditions):
                return _any([self._query(inner) for inner in conditions])
            case Not(inner):
                return _none(self._query(inner))
            case Published(first, last):
                return self._dates(first, last)
            case Named(field, phrase):
                if field == "entity":
                    return self._query(_any_entity(phrase))
                names = self._columns.names[field]
                return self._names(field, names, names.codes_with(phrase))
            case Contains(phrase, in_title, prefix):
                return _any([self._words(field, phrase, prefix) for field in ((TITLE,) if in_title else (TITLE, BODY))])
            case Near():
                return _any([query for field in (TITLE, BODY) for query in self._near(field, condition)])

    def _words(self, field: str, words: Sequence[str], prefix: bool) -> tantivy.Query:
        if prefix:  # a word has nothing but letters and digits, so nothing in it means anything in a regular expression
            return tantivy.Query.regex_query(self._schema, field, f"{words[0]}.*")
        if len(words) == 1:
            return tantivy.Query.term_query(self._schema, field, words[0])
        return tantivy.Query.phrase_query(self._schema, field, list(words))

    def _near(self, field: str, near: Near) -> list[tantivy.Query]:
        """One phrase with a gap for each order and distance: Tantivy's slop would count in one direction only."""
        queries = []
        for left, right in ((near.first, near.second), (near.second, near.first)):
            for distance in range(near.distance):
                gap = len(left) + distance
                placed: list[str | tuple[int, str]] = [*enumerate(left), *((gap + place, word) for place, word in enumerate(right))]
                queries.append(tantivy.Query.phrase_query(self._schema, field, placed))
        return queries

    def _dates(self, first: datetime | None, last: datetime | None) -> tantivy.Query:
        return tantivy.Query.range_query(
            self._schema,
            "published_at",
            tantivy.FieldType.Integer,
            lower_bound=timestamp(first) if first else UNKNOWN_DATE + 1,
            upper_bound=timestamp(last) if last else np.iinfo(np.int64).max,
        )

    def _names(self, field: NameField, names: Names, codes: Ids) -> tantivy.Query:
        found = [names.folded[code] for code in codes.tolist()]
        return tantivy.Query.term_set_query(self._schema, field, found) if found else tantivy.Query.empty_query()

    def _filter_queries(self, filters: Filters) -> list[tantivy.Query]:
        queries = [self._dates(filters.after, filters.before)] if filters.after or filters.before else []
        for field, wanted in filters.choices():
            queries.append(self._names(field, self._columns.names[field], self._columns.names[field].codes(wanted)))
        for field, names in self._columns.names.items():
            if unwanted := filters.without.of(field):
                queries.append(_none(self._names(field, names, names.codes(unwanted))))
        return queries


def _any_entity(phrase: tuple[str, ...]) -> Condition:
    return Or(tuple(Named(field, phrase) for field in ENTITY_FIELDS))


def _every(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return queries[0] if len(queries) == 1 else tantivy.Query.boolean_query([(_MUST, query) for query in queries])


def _any(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return queries[0] if len(queries) == 1 else tantivy.Query.boolean_query([(_SHOULD, query) for query in queries])


def _none(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.boolean_query([(_MUST, tantivy.Query.all_query()), (_MUST_NOT, query)])
