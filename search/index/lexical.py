"""BM25 in Tantivy: one document per article, English stemming, filters inside the query.

Knows nothing of SQL or of snapshots; ``schema`` and ``analyzer`` are shared by reader and writer.
"""

import math
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import tantivy

from search.errors import DamagedSnapshot
from search.protocols import Floats, Ids
from search.query import Filters

UNKNOWN_DATE = np.iinfo(np.int64).min
_ANALYZER = "news"
_K1 = 1.2  # Tantivy's, as in Robertson and Zaragoza 2009
_MAX_TERMS = 64  # of a pasted text, the rarest terms say what it is about; more cost time and bring nothing


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
    """The stems of a query that BM25 scores: without stop words, unless there is nothing else ("The Who")."""
    return analyzer(stopwords=False).analyze(text) or analyzer().analyze(text)


def schema() -> tantivy.Schema:
    """``content`` is title and body together: what BM25 scores. Names are stored case-folded, as the filters compare them."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("article_id", indexed=True, fast=True)
    builder.add_integer_field("published_at", indexed=True, fast=True)
    builder.add_text_field("title", tokenizer_name=_ANALYZER, index_option="position")
    builder.add_text_field("content", tokenizer_name=_ANALYZER, index_option="position")
    for name in ("source", "topic", "language"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    return builder.build()


def open_index(folder: Path) -> tantivy.Index:
    """Opens an existing Tantivy folder; raises DamagedSnapshot when it is none."""
    try:
        index = tantivy.Index.open(str(folder))
    except ValueError as error:
        raise DamagedSnapshot(f"{folder} cannot be read as a Tantivy index ({error}); run `broadsheet rebuild`.") from error
    index.register_tokenizer(_ANALYZER, analyzer())
    return index


def create_index(folder: Path) -> tantivy.Index:
    """Makes a new, empty Tantivy index in an existing folder."""
    index = tantivy.Index(schema(), path=str(folder))
    index.register_tokenizer(_ANALYZER, analyzer())
    return index


def timestamp(moment: datetime | None) -> int:
    """Whole seconds since 1970 in UTC; the smallest int64 for an unknown date."""
    return UNKNOWN_DATE if moment is None else int(moment.timestamp())


class LexicalIndex:
    """Searches one Tantivy folder as it was when opened. Safe for concurrent searches."""

    def __init__(self, folder: Path) -> None:
        index = open_index(folder)
        self._schema = index.schema
        self._searcher = index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(self, text: str, filters: Filters, depth: int) -> tuple[Floats, Ids]:
        """The at most ``depth`` best (bm25, article ids), best first, ties by id."""
        return self._run(self._filtered(self._words(text), filters), depth)

    def scores(self, text: str, article_ids: Ids) -> Floats:
        """The BM25 of each given article; 0 where no word of the text matches."""
        found = np.zeros(len(article_ids), np.float32)
        if len(article_ids) == 0:
            return found
        among = tantivy.Query.term_set_query(self._schema, "article_id", [int(i) for i in article_ids])
        bm25, ids = self._run(_both(self._words(text), among), len(article_ids))
        order = np.argsort(article_ids, kind="stable")
        found[order[np.searchsorted(article_ids, ids, sorter=order)]] = bm25
        return found

    def bound(self, text: str) -> float:
        """What no article's BM25 can exceed for this text: every word, unknown ones too, as often as it could count."""
        count, terms = len(self), query_terms(text)
        frequency = {term: min(self._searcher.doc_freq("content", term), count) for term in set(terms)}
        return sum((_K1 + 1) * math.log(1 + (count - frequency[term] + 0.5) / (frequency[term] + 0.5)) for term in terms)

    def _run(self, query: tantivy.Query, depth: int) -> tuple[Floats, Ids]:
        hits = self._searcher.search(query, limit=depth, count=False).hits
        bm25 = np.array([score for score, _ in hits], np.float32)
        ids = np.array(self._searcher.fast_field_values("article_id", [address for _, address in hits]), np.int64)
        order = np.lexsort((ids, -bm25))
        return bm25[order], ids[order]

    def _words(self, text: str) -> tantivy.Query:
        counts = Counter(query_terms(text))
        frequency = {term: self._searcher.doc_freq("content", term) for term in counts}
        terms = sorted((term for term in counts if frequency[term]), key=lambda term: (frequency[term], term))[:_MAX_TERMS]
        should = [(tantivy.Occur.Should, self._term("content", term, float(counts[term]))) for term in terms]
        return tantivy.Query.boolean_query(should) if should else tantivy.Query.empty_query()

    def _term(self, field: str, term: str, boost: float) -> tantivy.Query:
        query = tantivy.Query.term_query(self._schema, field, term, index_option="freq")
        return query if boost == 1.0 else tantivy.Query.boost_query(query, boost)

    def _filtered(self, words: tantivy.Query, filters: Filters) -> tantivy.Query:
        query = words
        if filters.after or filters.before:
            dates = tantivy.Query.range_query(
                self._schema,
                "published_at",
                tantivy.FieldType.Integer,
                lower_bound=timestamp(filters.after) if filters.after else UNKNOWN_DATE + 1,
                upper_bound=timestamp(filters.before) if filters.before else np.iinfo(np.int64).max,
            )
            query = _both(query, dates)
        for field, names in (("source", filters.sources), ("topic", filters.topics), ("language", filters.languages)):
            if names:
                any_of = [(tantivy.Occur.Should, self._term(field, name.casefold(), 1.0)) for name in names]
                query = _both(query, tantivy.Query.boolean_query(any_of))
        return query


def _both(words: tantivy.Query, condition: tantivy.Query) -> tantivy.Query:
    """Documents that meet both, scored by the words alone."""
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, words), (tantivy.Occur.Must, tantivy.Query.const_score_query(condition, 0.0))])
