"""Tantivy scores by the BM25 formula and honours filters inside the query."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import tantivy

from search.index.lexical import LexicalIndex, analyzer, create_index, query_terms, timestamp
from search.query import Filters


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
        writer.add_document(
            tantivy.Document(
                article_id=doc.id,
                published_at=timestamp(doc.published_at),
                content=doc.text,
                source=[doc.source.casefold()],
                topic=[name.casefold() for name in doc.topic],
            )
        )
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
    bm25, ids = index.search(query, Filters(), 10)
    expected = _bm25(DOCS, query)
    assert set(ids.tolist()) == set(expected)
    np.testing.assert_allclose(bm25, [expected[i] for i in ids.tolist()], rtol=1e-5)
    assert ids.tolist() == sorted(expected, key=lambda i: (-expected[i], i))


def test_scores_of_given_articles_are_those_of_the_search(index: LexicalIndex) -> None:
    bm25, ids = index.search("oil prices", Filters(), 10)
    asked = np.array([9, 8, 3, 7], np.int64)
    expected = dict(zip(ids.tolist(), bm25.tolist(), strict=True))
    np.testing.assert_allclose(index.scores("oil prices", asked), [expected.get(i, 0.0) for i in asked.tolist()], rtol=1e-6)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(sources=("gazette",)), {3}),
        (Filters(sources=("Gazette", "COURIER")), {3, 7, 9}),
        (Filters(topics=("energy",)), {3}),
        (Filters(topics=("Food", "Markets")), {3, 7}),
        (Filters(after=datetime(2020, 4, 21, tzinfo=UTC)), {3, 7}),
        (Filters(after=datetime(2020, 4, 21, 1, tzinfo=UTC)), {7}),
        (Filters(before=datetime(2020, 12, 31, tzinfo=UTC)), {3}),
        (Filters(before=datetime(2021, 1, 1, tzinfo=UTC), sources=("Courier",)), {7}),
        (Filters(languages=("de",)), set()),
        (Filters(sources=("Nobody",)), set()),
    ],
)
def test_filters_choose_without_changing_the_scores(index: LexicalIndex, filters: Filters, expected: set[int]) -> None:
    bm25, ids = index.search("oil", filters, 10)
    assert set(ids.tolist()) == expected
    unfiltered = dict(zip(*(array.tolist() for array in index.search("oil", Filters(), 10)[::-1]), strict=True))
    for article_id, score in zip(ids.tolist(), bm25.tolist(), strict=True):
        assert score == pytest.approx(unfiltered[article_id])


def test_the_filter_holds_before_the_best_are_taken(tmp_path: Path) -> None:
    docs = [replace(DOCS[9 % 4], id=i, source="Gazette" if i % 50 else "Courier") for i in range(1, 1001)]
    _, ids = _index(tmp_path, docs).search("oil", Filters(sources=("Courier",)), 10)
    assert len(ids) == 10
    assert all(i % 50 == 0 for i in ids.tolist())


@pytest.mark.parametrize("query", ["oil", "oil prices", "oil oil spain", "olive zxcvbnm"])
def test_the_bound_is_what_the_formula_tends_to_for_endless_repetition(index: LexicalIndex, query: str) -> None:
    expected = 0.0
    for term in query_terms(query):
        containing = sum(term in analyzer().analyze(doc.text) for doc in DOCS)
        expected += 2.2 * math.log(1 + (len(DOCS) - containing + 0.5) / (containing + 0.5))
    assert index.bound(query) == pytest.approx(expected)
    assert all(score < index.bound(query) for score in index.search(query, Filters(), 10)[0])


@pytest.mark.parametrize("query", ["", "   ", "!!! ???", "zxcvbnm"])
def test_a_query_without_known_words_finds_nothing(index: LexicalIndex, query: str) -> None:
    assert len(index.search(query, Filters(), 10)[1]) == 0
    assert index.scores(query, np.array([3, 7], np.int64)).tolist() == [0.0, 0.0]


def test_stop_words_count_only_when_there_is_nothing_else() -> None:
    assert query_terms("the price of the oil") == ["price", "oil"]
    assert query_terms("to be or not to be") == ["to", "be", "or", "not", "to", "be"]


def test_a_pasted_text_is_searched_by_its_rarest_words(index: LexicalIndex) -> None:
    _, ids = index.search(" ".join(f"word{i}" for i in range(500)) + " spain oil", Filters(), 10)
    assert 7 in ids.tolist()
