"""Groups hold what a query may show and nothing that is reserved."""

import numpy as np

from indexer.training.first_stage import Bm25, Passages
from indexer.training.groups import Collection, GroupShape, make_groups
from indexer.training.mining import MiningRule
from indexer.training.sources import Document, LabelledQuery

DOCUMENTS = tuple(Document(str(row), f"Title {row}", f"text number{row} about news") for row in range(12))


def collection() -> Collection:
    vectors = np.eye(12, 12, dtype=np.float32)
    return Collection(Passages.from_documents(DOCUMENTS), vectors, Bm25(DOCUMENTS))


def shown(passages: tuple[str, ...]) -> set[int]:
    return {int(passage.split("number")[1].split()[0]) for passage in passages}


def test_a_mined_group_has_its_positive_and_no_reserved_or_hidden_document() -> None:
    query = LabelledQuery("news about number3", {3: 1.0, 4: 1.0}, hidden=frozenset({5}))
    vectors = np.full((1, 12), 12**-0.5, np.float32)
    for seed in range(20):
        (group,) = make_groups(collection(), [query], vectors, forbidden=frozenset({6, 4}), seed=seed)
        assert group.relevance[0] == 1.0
        assert sum(group.relevance) == 1.0
        assert 3 in shown(group.passages)
        assert not shown(group.passages) & {4, 5, 6}


def test_a_closed_query_shows_judged_documents_only_the_relevant_first() -> None:
    query = LabelledQuery("news", {1: 0.0, 2: 0.25, 3: 1.0, 7: 0.0}, closed=True)
    (group,) = make_groups(collection(), [query], np.eye(1, 12, dtype=np.float32), shape=GroupShape(size=3, title_dropped=0.0))
    assert group.relevance == (1.0, 0.25, 0.0)
    assert shown(group.passages) < {1, 2, 3, 7}
    assert group.passages[0].startswith("Title 3\n")


def test_a_bare_query_and_a_query_without_anything_relevant() -> None:
    queries = [LabelledQuery("title 2", {2: 1.0}, bare=True), LabelledQuery("qwerty", {})]
    bare, nothing = make_groups(collection(), queries, np.eye(2, 12, dtype=np.float32), shape=GroupShape(title_dropped=0.0))
    assert not any("Title" in passage for passage in bare.passages)
    assert set(nothing.relevance) == {0.0}


def test_a_query_that_the_first_stage_cannot_answer_is_left_out_on_request() -> None:
    query = LabelledQuery("nothing in common", {11: 1.0})
    vectors = np.eye(1, 12, dtype=np.float32)
    assert make_groups(collection(), [query], vectors, shape=GroupShape(positive_within=1)) == []
    assert len(make_groups(collection(), [query], vectors, rule=MiningRule(), shape=GroupShape())) == 1
