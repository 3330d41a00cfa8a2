"""Which articles match, by hand; and what is remembered."""

import numpy as np
import pytest

from search.matches import MatchMemory, in_order, matching
from search.protocols import Evidence
from search.query import Mode


def _evidence(similarity: list[float], words: list[float]) -> Evidence:
    return Evidence(np.array(similarity, np.float32), np.arange(len(words)), np.array(words, np.float32))


def test_an_article_matches_by_both_together_or_by_nearness_alone() -> None:
    #                    best   words  near   near-ish  neither
    found = _evidence([0.80, 0.17, 0.70, 0.60, 0.30], [0.5, 0.5, 0.0, 0.0, 0.1])
    matches = matching(found, Mode.HYBRID)
    # Beside the best: similarity 1, .21, .875, .75, .375 and words 1, 1, 0, 0, .2.
    assert matches.row.tolist() == [0, 1, 2]
    assert matches.evidence.tolist() == pytest.approx([1.0, (0.2125 + 1) / 2, 0.4375])
    assert matching(found, Mode.DENSE).row.tolist() == [0, 2, 3]
    assert matching(found, Mode.BM25).row.tolist() == [0, 1]


def test_the_best_of_nothing_is_not_near() -> None:
    assert matching(_evidence([0.39, 0.1], [0.0, 0.0]), Mode.HYBRID).row.tolist() == []
    assert matching(_evidence([0.41, 0.1], [0.0, 0.0]), Mode.HYBRID).row.tolist() == [0]
    assert matching(_evidence([0.05, 0.04], [0.02, 0.0]), Mode.HYBRID).row.tolist() == []
    assert matching(_evidence([], []), Mode.HYBRID).row.tolist() == []


def test_the_order_is_by_weighted_evidence_then_similarity_then_id() -> None:
    matches = matching(_evidence([0.8, 0.8, 0.79, 0.8], [0.5, 0.5, 0.5, 0.5]), Mode.BM25)
    assert in_order(matches, np.ones(4, np.float32)).tolist() == [0, 1, 3, 2]
    assert in_order(matches, np.array([0.5, 1, 1, 1], np.float32)).tolist() == [1, 3, 2, 0]


def test_the_latest_queries_are_remembered() -> None:
    memory, asked = MatchMemory(), []
    for key in [*range(16), 0, 16, 0, 1]:
        memory.get(key, lambda key=key: asked.append(key) or matching(_evidence([0.5], [1.0]), Mode.HYBRID))  # type: ignore[misc,func-returns-value]
    assert asked == [*range(16), 16, 1], "0 was used again, so 1 made room"
