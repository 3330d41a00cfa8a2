"""Each system asks the engine for what its name says."""

import pytest

from indexer.evaluation import System
from search.query import Mode


@pytest.mark.parametrize(
    ("system", "mode", "rerank"),
    [
        (System.BM25, Mode.BM25, False),
        (System.DENSE, Mode.DENSE, False),
        (System.HYBRID, Mode.HYBRID, False),
        (System.RERANK, Mode.HYBRID, True),
    ],
)
def test_only_rerank_reranks_and_it_reranks_the_hybrid(system: System, mode: Mode, rerank: bool) -> None:
    query = system.query("oil")
    assert (query.mode, query.rerank, query.top_k) == (mode, rerank, 100)
