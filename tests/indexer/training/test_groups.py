"""Groups hold what a query may show and nothing that is reserved."""

import numpy as np
import pytest

from indexer.training.first_stage import Bm25, Passages
from indexer.training.groups import Collection, GroupShape, gather_evidence, make_groups
from indexer.training.mining import MiningRule
from indexer.training.sources import Document, LabelledQuery
from search.ranking import coverage_fusion

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


def test_further_passages_of_the_relevant_document_come_most_similar_first() -> None:
    long = Document("l", "Long", " ".join(f"number{word} w" for word in range(300)))
    passages = Passages.from_documents((long, *DOCUMENTS[1:]), words=150, step=100)
    vectors = np.random.default_rng(0).normal(size=(len(passages.windows), 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    query = np.eye(1, 4, dtype=np.float32)
    own = np.flatnonzero(passages.owner == 0)
    expected = [passages.text(int(row)) for row in own[np.argsort(-vectors[own, 0])]]
    shape = GroupShape(passages=3, title_dropped=0.0)
    (group,) = make_groups(Collection(passages, vectors, Bm25((long, *DOCUMENTS[1:]))), [LabelledQuery("q", {0: 1.0})], query, shape=shape)
    assert group.passages[0] == expected[0]
    assert group.others == {0: tuple(expected[1:3])}


def test_articles_that_were_judged_irrelevant_are_negatives_before_any_mined() -> None:
    query = LabelledQuery("news", {3: 1.0, 8: 0.0, 9: 0.0})
    for seed in range(10):
        (group,) = make_groups(collection(), [query], np.eye(1, 12, dtype=np.float32), shape=GroupShape(size=4), seed=seed)
        assert {8, 9} <= shown(group.passages)


def test_queries_that_the_first_stage_answers_with_certainty_are_left_out_on_request() -> None:
    queries = [LabelledQuery("number3", {3: 1.0}), LabelledQuery("news about text", {4: 1.0})]
    vectors = np.stack([np.eye(12, dtype=np.float32)[3], np.full(12, 12**-0.5, np.float32)])
    groups = make_groups(collection(), queries, vectors, shape=GroupShape(doubtful=0.5))
    assert [group.query for group in groups] == ["news about text"]


def test_evidence_is_fused_as_the_engine_does_it() -> None:
    query = np.random.default_rng(1).normal(size=(1, 12)).astype(np.float32)
    (evidence,) = gather_evidence(collection(), ["number3 news"], query)
    bound = Bm25(DOCUMENTS).bound("number3 news")
    assert evidence.fused == pytest.approx(coverage_fusion(evidence.similarity, evidence.bm25, bound))
    assert evidence.bm25.max() < bound
