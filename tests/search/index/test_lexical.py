"""Tantivy scores by the BM25 formula and honours filters inside the query."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import tantivy

from search.article import Article
from search.index.lexical import LexicalIndex, create_index, document
from search.index.terms import analyzer, query_terms


@dataclass(frozen=True)
class Doc:
    id: int
    text: str
    source: str = "Gazette"
    topic: tuple[str, ...] = ()
    published_at: datetime | None = None


DOCS = [
    Doc(3, "Oil prices fell as storage filled", "Gazette", ("Energy", "Markets"), datetime(2020, 4, 21, tzinfo=UTC)),
    Doc(7, "Olive oil prices rose in Spain", "Courier", ("Food",), datetime(2021, 1, 1, tzinfo=UTC)),
    Doc(8, "The refinery closed", "Gazette", ("Energy",), datetime(2020, 5, 1, tzinfo=UTC)),
    Doc(9, "Oil oil oil: a short history of oil", "Courier", (), None),
]


def _index(folder: Path, docs: Sequence[Doc]) -> LexicalIndex:
    writer = create_index(folder).writer(num_threads=1)
    for doc in docs:
        article = Article(str(doc.id), "", doc.text, source=doc.source, published_at=doc.published_at, topics=doc.topic)
        writer.add_document(document(doc.id, article))
    writer.commit()
    writer.wait_merging_threads()
    return LexicalIndex(folder)


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    return _index(tmp_path, DOCS)


def _bm25(docs: Sequence[Doc], query: str, k1: float = 1.2, b: float = 0.75) -> dict[int, float]:
    """Robertson and Zaragoza's BM25 with Lucene's idf; exact for documents of up to 40 words, whose lengths Tantivy keeps exactly."""
    words = {doc.id: analyzer().analyze(doc.text) for doc in docs}
    average = sum(map(len, words.values())) / len(words)
    scores: dict[int, float] = {}
    for term in query_terms(query):
        containing = sum(term in own for own in words.values())
        idf = math.log(1 + (len(docs) - containing + 0.5) / (containing + 0.5))
        for doc_id, own in words.items():
            if frequency := own.count(term):
                norm = k1 * (1 - b + b * len(own) / average)
                scores[doc_id] = scores.get(doc_id, 0.0) + idf * frequency * (k1 + 1) / (frequency + norm)
    return scores


@pytest.mark.parametrize("query", ["oil prices", "OIL", "refineries", "price of oil in spain", "oil oil spain"])
def test_scores_follow_the_formula(index: LexicalIndex, query: str) -> None:
    bm25, ids = index.search(query, None, 10)
    expected = _bm25(DOCS, query)
    assert set(ids.tolist()) == set(expected)
    np.testing.assert_allclose(bm25, [expected[i] for i in ids.tolist()], rtol=1e-5)
    assert ids.tolist() == sorted(expected, key=lambda i: (-expected[i], i))


def test_scores_of_given_articles_are_those_of_the_search(index: LexicalIndex) -> None:
    bm25, ids = index.search("oil prices", None, 10)
    asked = np.array([9, 8, 3, 7], np.int64)
    expected = dict(zip(ids.tolist(), bm25.tolist(), strict=True))
    np.testing.assert_allclose(index.scores("oil prices", asked), [expected.get(i, 0.0) for i in asked.tolist()], rtol=1e-6)


def _source(index: LexicalIndex, name: str) -> tantivy.Query:
    return tantivy.Query.term_query(index.schema, "source", name)


def test_a_restriction_chooses_without_changing_the_scores(index: LexicalIndex) -> None:
    bm25, ids = index.search("oil", _source(index, "courier"), 10)
    assert set(ids.tolist()) == {7, 9}
    everywhere = dict(zip(*(array.tolist() for array in index.search("oil", None, 10)[::-1]), strict=True))
    assert bm25.tolist() == pytest.approx([everywhere[i] for i in ids.tolist()])


def test_the_restriction_holds_before_the_best_are_taken(tmp_path: Path) -> None:
    docs = [replace(DOCS[9 % 4], id=i, source="Gazette" if i % 50 else "Courier") for i in range(1, 1001)]
    index = _index(tmp_path, docs)
    _, ids = index.search("oil", _source(index, "courier"), 10)
    assert len(ids) == 10
    assert all(i % 50 == 0 for i in ids.tolist())


@pytest.mark.parametrize("query", ["oil", "oil prices", "oil oil spain", "olive zxcvbnm"])
def test_the_bound_is_what_the_formula_tends_to_for_endless_repetition(index: LexicalIndex, query: str) -> None:
    expected = 0.0
    for term in query_terms(query):
        containing = sum(term in analyzer().analyze(doc.text) for doc in DOCS)
        expected += 2.2 * math.log(1 + (len(DOCS) - containing + 0.5) / (containing + 0.5))
    assert index.bound(query) == pytest.approx(expected)
    assert all(score < index.bound(query) for score in index.search(query, None, 10)[0])


@pytest.mark.parametrize("query", ["", "   ", "!!! ???", "zxcvbnm"])
def test_a_query_without_known_words_finds_nothing(index: LexicalIndex, query: str) -> None:
    assert len(index.search(query, None, 10)[1]) == 0
    assert index.scores(query, np.array([3, 7], np.int64)).tolist() == [0.0, 0.0]


def test_stop_words_count_only_when_there_is_nothing_else() -> None:
    assert query_terms("the price of the oil") == ["price", "oil"]
    assert query_terms("to be or not to be") == ["to", "be", "or", "not", "to", "be"]


def test_a_pasted_text_is_searched_by_its_rarest_words(index: LexicalIndex) -> None:
    _, ids = index.search(" ".join(f"word{i}" for i in range(500)) + " spain oil", None, 10)
    assert 7 in ids.tolist()
