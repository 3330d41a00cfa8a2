"""What the first stage says about documents and queries in memory: BM25, cosine of the best passage, and which one it is.

The engine gets the same evidence from its snapshot; here everything is a matrix of queries by documents, small
enough for training sets (10,000 queries by 30,000 documents in slices). Vectors come from outside, so that a caller
can keep them between runs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tantivy

from indexer.training.sources import Document
from search.index.terms import analyzer, query_terms
from search.text import passage_text, windows

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

WINDOW_WORDS, WINDOW_STEP = 150, 100
_ANALYZER = "news"
_K1 = 1.2


@dataclass(frozen=True)
class Passages:
    """Windows of some documents: `owner[p]` is the document row of passage p, ascending, every document at least once."""

    windows: tuple[str, ...]
    titles: tuple[str, ...]
    owner: Rows  # (passages,) int64

    @classmethod
    def from_documents(cls, documents: Sequence[Document], words: int = WINDOW_WORDS, step: int = WINDOW_STEP) -> "Passages":
        texts, titles, owner = [], [], []
        for row, document in enumerate(documents):
            for start, end in windows(document.body, words, step):
                texts.append(document.body[start:end])
                titles.append(document.title)
                owner.append(row)
        return cls(tuple(texts), tuple(titles), np.array(owner, np.int64))

    def text(self, passage: int, *, bare: bool = False) -> str:
        """What a model reads for a passage; `bare` leaves the title out where there is a body."""
        window = self.windows[passage]
        return window if bare and window else passage_text(self.titles[passage], window)

    def texts(self, *, bare: bool = False) -> list[str]:
        return [self.text(passage, bare=bare) for passage in range(len(self.windows))]


def best_passages(queries: Floats, passages: Floats, owner: Rows) -> tuple[Floats, Rows]:
    """Per query and document the cosine of its best passage and the row of that passage.

    queries (q, dimension) and passages (p, dimension) have rows of length 1; owner (p,) ascends.
    Returns similarity (q, documents) float32 and passage rows (q, documents).
    """
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    similarity = queries @ passages.T  # (q, p)
    best = np.maximum.reduceat(similarity, starts, axis=1)  # (q, documents)
    is_best = similarity == np.repeat(best, np.diff(np.r_[starts, len(owner)]), axis=1)
    candidate = np.where(is_best, np.arange(len(owner))[None, :], len(owner))
    return best, np.minimum.reduceat(candidate, starts, axis=1)  # the first of equals


class Bm25:
    """BM25 (k1 1.2, b 0.75; Robertson and Zaragoza 2009) over title and body, with the words of a query as the engine reads them."""

    def __init__(self, documents: Sequence[Document]) -> None:
        builder = tantivy.SchemaBuilder().add_integer_field("row", fast=True)
        self._schema = builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq").build()
        index = tantivy.Index(self._schema)
        index.register_tokenizer(_ANALYZER, analyzer())
        writer = index.writer(heap_size=128_000_000, num_threads=1)
        for row, document in enumerate(documents):
            writer.add_document(tantivy.Document(row=row, text=passage_text(document.title, document.body)))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()
        self._count = len(documents)

    def top(self, query: str, depth: int) -> Floats:
        """BM25 of every document (documents,), 0 for all but the `depth` best."""
        bm25 = np.zeros(self._count, np.float32)
        terms = [tantivy.Query.term_query(self._schema, "text", term, index_option="freq") for term in query_terms(query)]
        if terms:
            either = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
            hits = self._searcher.search(either, limit=min(depth, self._count), count=False).hits
            rows = np.array(self._searcher.fast_field_values("row", [address for _, address in hits]), np.int64)
            bm25[rows] = [value for value, _ in hits]
        return bm25

    def bound(self, query: str) -> float:
        """What no document's BM25 can exceed for this query, as `search.index.lexical` counts it."""
        frequency = [min(self._searcher.doc_freq("text", term), self._count) for term in query_terms(query)]
        return sum((_K1 + 1) * math.log(1 + (self._count - count + 0.5) / (count + 0.5)) for count in frequency)
