"""The ways to search that are measured side by side."""

from enum import StrEnum

from search.query import Mode, Query

DEPTH = 100
"""Articles that are looked at for each query, and so the depth of MAP and recall."""


class System(StrEnum):
    """A way to search: the first stage alone, or the hybrid reranked."""

    BM25 = "bm25"
    DENSE = "dense"
    HYBRID = "hybrid"
    RERANK = "rerank"

    def query(self, text: str) -> Query:
        """The request that a judged query makes of the engine. What looks like an operator in it was not meant as one."""
        mode = Mode.HYBRID if self is System.RERANK else Mode(self.value)
        return Query(text, top_k=DEPTH, mode=mode, rerank=self is System.RERANK, plain=True)
