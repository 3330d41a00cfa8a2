"""BM25 in Tantivy: one document per article, English stemming, and beside it the words as written, for conditions.

Knows nothing of SQL or of snapshots; ``schema`` and ``document`` are shared by reader and writer.
"""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import tantivy

from search.annotation import ANNOTATION_FIELDS, NOTHING, Annotations
from search.article import Article
from search.errors import DamagedSnapshot
from search.index.terms import analyzer, query_terms, spread_out
from search.language.words import words
from search.protocols import Floats, Ids
from search.query import PLURALS

UNKNOWN_DATE = np.iinfo(np.int64).min
TITLE, BODY = "title", "body"
"""The fields that hold the words of ``search.language.words``, with their places."""
_ANALYZER, _AS_GIVEN = "news", "as given"
_K1 = 1.2  # Tantivy's, as in Robertson and Zaragoza 2009
_MAX_TERMS = 64  # of a pasted text, the rarest terms say what it is about; more cost time and bring nothing


def schema() -> tantivy.Schema:
    """``content`` is title and body together: what BM25 scores. Names are stored case-folded, as the columns compare them."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("article_id", indexed=True, fast=True)
    builder.add_integer_field("published_at", indexed=True, fast=True)
    builder.add_text_field("content", tokenizer_name=_ANALYZER, index_option="freq")
    for name in (TITLE, BODY):
        builder.add_text_field(name, tokenizer_name=_AS_GIVEN, index_option="position")
    for name in PLURALS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    return builder.build()


def document(article_id: int, article: Article, annotations: Annotations = NOTHING) -> tantivy.Document:
    """An article, with what the heads say of it, as it is written to the index."""
    topics = annotations.topics(article.topics)
    names = {"source": (article.source,), "author": (article.author,), "topic": topics, "language": (article.language,)}
    names |= {field: annotations.names(field) for field in ANNOTATION_FIELDS}
    return tantivy.Document(
        article_id=article_id,
        published_at=timestamp(article.published_at),
        content=spread_out(f"{article.title}\n{article.text}"),
        **{field: " ".join(words(text)) for field, text in ((TITLE, article.title), (BODY, article.text))},
        **{field: [name.casefold() for name in values if name] for field, values in names.items()},
    )


def open_index(folder: Path) -> tantivy.Index:
    """Opens an existing Tantivy folder; raises DamagedSnapshot when it is none."""
    try:
        index = tantivy.Index.open(str(folder))
    except ValueError as error:
        raise DamagedSnapshot(f"{folder} cannot be read as a Tantivy index ({error}); run `broadsheet rebuild`.") from error
    return _with_tokenizers(index)


def create_index(folder: Path) -> tantivy.Index:
    """Makes a new, empty Tantivy index in an existing folder."""
    return _with_tokenizers(tantivy.Index(schema(), path=str(folder)))


def _with_tokenizers(index: tantivy.Index) -> tantivy.Index:
    index.register_tokenizer(_ANALYZER, analyzer())
    index.register_tokenizer(_AS_GIVEN, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def timestamp(moment: datetime | None) -> int:
    """Whole seconds since 1970 in UTC; the smallest int64 for an unknown date."""
    return UNKNOWN_DATE if moment is None else math.floor(moment.timestamp())


class LexicalIndex:
    """Searches one Tantivy folder as it was when opened. Safe for concurrent searches."""

    def __init__(self, folder: Path) -> None:
        index = open_index(folder)
        self.schema = index.schema
        self._searcher = index.searcher()
        self._analyzer = analyzer()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(self, text: str, among: tantivy.Query | None, depth: int) -> tuple[Floats, Ids]:
        """The at most ``depth`` best (bm25, article ids) of those that meet ``among``, best first, ties by id."""
        scored = self._words(text)
        return self._run(scored if among is None else _both(scored, among), depth)

    def matching(self, query: tantivy.Query) -> Ids:
        """The ids of all articles that meet the query, in no particular order."""
        unscored = tantivy.Query.const_score_query(query, 0.0)
        hits = self._searcher.search(unscored, limit=max(len(self), 1), count=False).hits
        return np.array(self._searcher.fast_field_values("article_id", [address for _, address in hits]), np.int64)

    def titles_with(self, beginning: Sequence[str], limit: int) -> list[int]:
        """The ids of the articles, newest first, whose title has all of these words, the last of which may go on."""
        *whole, last = beginning
        queries = [tantivy.Query.term_query(self.schema, TITLE, word) for word in whole]
        queries.append(tantivy.Query.regex_query(self.schema, TITLE, f"{last}.*"))
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])
        hits = self._searcher.search(query, limit=limit, count=False, order_by_field="published_at").hits
        return [
            int(value) for value in self._searcher.fast_field_values("article_id", [address for _, address in hits]) if value is not None
        ]

    def words_beginning(self, letters: str) -> list[tuple[str, int]]:
        """The words of the bodies that begin so, with the number of articles that have each."""
        return self._searcher.terms_with_prefix(BODY, letters)

    def written(self, word: str) -> int:
        """How many articles have the word in any form: as it is written, or with another ending."""
        exactly = max(self._searcher.doc_freq(field, word) for field in (TITLE, BODY))
        return max([exactly, *(self.frequency(term) for term in self._analyzer.analyze(word))])

    def scores(self, text: str, article_ids: Ids) -> Floats:
        """The BM25 of each given article; 0 where no word of the text matches."""
        found = np.zeros(len(article_ids), np.float32)
        if len(article_ids) == 0:
            return found
        among = tantivy.Query.term_set_query(self.schema, "article_id", [int(i) for i in article_ids])
        bm25, ids = self._run(_both(self._words(text), among), len(article_ids))
        order = np.argsort(article_ids, kind="stable")
        found[order[np.searchsorted(article_ids, ids, sorter=order)]] = bm25
        return found

    def bound(self, text: str) -> float:
        """What no article's BM25 can exceed for this text: every word, unknown ones too, as often as it could count."""
        return sum((_K1 + 1) * count * self._weight(term) for term, count in Counter(query_terms(text)).items())

    def shares(self, text: str) -> tuple[Floats, Ids]:
        """How much of the text's words (0..1, rare ones count more) each article has, with its id; those with none are left out."""
        weights = {term: self._weight(term) for term in dict.fromkeys(query_terms(text))}
        rarest = sorted(weights, key=lambda term: (-weights[term], term))[:_MAX_TERMS]
        should = [
            (tantivy.Occur.Should, tantivy.Query.const_score_query(self._term("content", term, 1.0), weights[term])) for term in rarest
        ]
        if not should:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        found, ids = self._run(tantivy.Query.boolean_query(should), max(len(self), 1))
        return np.minimum(found / np.float32(sum(weights[term] for term in rarest)), np.float32(1.0)), ids

    def frequency(self, term: str) -> int:
        """How many articles have the term, which is a stem."""
        return min(self._searcher.doc_freq("content", term), len(self))

    def commonness(self, words: Sequence[str]) -> Floats:
        """The share (0..1) of the articles in whose body each word stands, as it is written."""
        frequencies = [self._searcher.doc_freq(BODY, word) for word in words]
        return np.minimum(np.array(frequencies, np.float32) / max(len(self), 1), 1.0)

    def _weight(self, term: str) -> float:
        """The inverse document frequency of BM25."""
        frequency = self.frequency(term)
        return math.log(1 + (len(self) - frequency + 0.5) / (frequency + 0.5))

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
        query = tantivy.Query.term_query(self.schema, field, term, index_option="freq")
        return query if boost == 1.0 else tantivy.Query.boost_query(query, boost)


def _both(words: tantivy.Query, condition: tantivy.Query) -> tantivy.Query:
    """Documents that meet both, scored by the words alone."""
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, words), (tantivy.Occur.Must, tantivy.Query.const_score_query(condition, 0.0))])
