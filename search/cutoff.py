"""When nothing relevant was found: which candidates are too far from the query, and when the whole list is.

The limits were chosen by measurement; ``docs/reranker.md`` has the tables. A single hit's relevance is not fit for a limit (one right
article in twenty is below 0.05), so what the reranker says decides about the list as a whole.
"""

import numpy as np
import numpy.typing as npt

from search.protocols import Floats

SIMILARITY_CUTOFF = 0.25
"""An article that shares no word with the query is a candidate only if its best passage is at least this similar."""
WORDLESS_CUTOFF = 0.4
"""Where no article shares a word with the query, the best one must be at least this similar, or there is none."""
RELEVANCE_CUTOFF = 0.03
"""The most relevant of the reranked articles must reach this, or there is none, unless one is near:"""
NEAR = 0.35
"""An article that is at least this similar speaks for the list where the query's words are known to the archive."""

COVERED = 0.25
"""A share of the largest possible BM25 that only an article with most of the query's words reaches."""


def worth_ranking(similarity: Floats, bm25: Floats) -> npt.NDArray[np.bool_]:
    """Which candidates of the first stage are near enough to be ranked at all."""
    if not (bm25 > 0).any() and similarity.max(initial=-1.0) < WORDLESS_CUTOFF:
        return np.zeros(len(similarity), np.bool_)
    return (bm25 > 0) | (similarity >= SIMILARITY_CUTOFF)


def worth_showing(similarity: Floats, coverage: float, relevance: Floats) -> bool:
    """Whether a ranking is shown.

    ``coverage`` is the best BM25 as a share of what the query's words could reach; ``relevance`` is not-a-number where the
    reranker did not look. The reranker reads the best candidates of the first stage, so when it finds nothing relevant among them,
    there is nothing in the rest either. It errs on queries that share few words with the answer and on rare names, so an article
    that is near, or that has the very words, speaks against it.
    """
    read = relevance[~np.isnan(relevance)]
    if len(read) == 0 or read.max() >= RELEVANCE_CUTOFF or coverage >= COVERED:
        return True
    return coverage > 0 and bool(similarity.max() >= NEAR)
