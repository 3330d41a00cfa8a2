"""When nothing relevant was found: which candidates are too far from the query to be shown.

The two limits were chosen by measurement; ``docs/reranker.md`` has the table.
"""

import numpy as np
import numpy.typing as npt

from search.protocols import Floats

SIMILARITY_CUTOFF = 0.25
"""An article that shares no word with the query is shown only if its best passage is at least this similar."""
RELEVANCE_CUTOFF = 0.05
"""A reranked article is shown only if the cross-encoder gives it at least this relevance."""


def worth_ranking(similarity: Floats, bm25: Floats) -> npt.NDArray[np.bool_]:
    """Which candidates of the first stage are near enough to be ranked at all."""
    return (bm25 > 0) | (similarity >= SIMILARITY_CUTOFF)


def worth_showing(relevance: Floats) -> npt.NDArray[np.bool_]:
    """Which candidates are shown; ``relevance`` is in ranking order, not-a-number where the reranker did not look.

    The reranker reads the best candidates of the first stage, so when it finds nothing relevant among them,
    there is nothing in the rest either.
    """
    read = ~np.isnan(relevance)
    if not read.any():
        return np.ones(len(relevance), np.bool_)
    relevant = relevance >= RELEVANCE_CUTOFF  # false where it is not a number
    return relevant | ~read if relevant.any() else np.zeros(len(relevance), np.bool_)
