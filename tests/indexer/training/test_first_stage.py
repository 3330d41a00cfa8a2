"""First-stage evidence against brute force."""

import numpy as np
import pytest

from indexer.training.first_stage import Bm25, Passages, best_passages
from indexer.training.sources import Document

DOCUMENTS = (
    Document("a", "Oil prices", "Prices of oil are rising"),
    Document("b", "", "The cup final was lost on penalties"),
    Document("c", "Harvest", ""),
)


def test_best_passages_agree_with_a_loop() -> None:
    rng = np.random.default_rng(1)
    owner = np.array([0, 0, 1, 2, 2, 2])
    passages = rng.normal(size=(6, 4)).astype(np.float32)
    queries = rng.normal(size=(3, 4)).astype(np.float32)
    similarity, rows = best_passages(queries, passages, owner)
    for query in range(3):
        for document in range(3):
            own = np.flatnonzero(owner == document)
            expected = passages[own] @ queries[query]
            assert similarity[query, document] == pytest.approx(expected.max())
            assert rows[query, document] == own[expected.argmax()]


def test_the_first_of_equal_passages_is_the_best() -> None:
    passages = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    _, rows = best_passages(np.array([[1, 0]], np.float32), passages, np.array([0, 0, 1]))
    assert rows.tolist() == [[0, 2]]


def test_passages_carry_the_title_unless_bare() -> None:
    passages = Passages.from_documents(DOCUMENTS, words=3, step=2)
    assert passages.owner.tolist() == [0, 0, 1, 1, 1, 2]
    assert passages.text(0) == "Oil prices\nPrices of oil"
    assert passages.text(0, bare=True) == "Prices of oil"
    assert passages.text(5, bare=True) == "Harvest"


def test_bm25_stems_counts_titles_and_leaves_the_rest_at_zero() -> None:
    bm25 = Bm25(DOCUMENTS)
    assert (bm25.top("penalty rise harvests", 10) > 0).tolist() == [True, True, True]
    assert (bm25.top("oil AND (price", 10) > 0).tolist() == [True, False, False]
    assert (bm25.top("the rising of", 1) > 0).sum() == 1
    assert bm25.top("?!", 10).tolist() == [0, 0, 0]
