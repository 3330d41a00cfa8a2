"""Figures of an evaluation follow their definitions, over an archive small enough to work them out by hand."""

import math
from collections.abc import Iterator
from pathlib import Path

import ir_measures
import pytest
from ir_measures import Qrel, ScoredDoc

from indexer.evaluation import MEASURES, System, evaluate, figures, means
from indexer.publication import publish
from search.engine import Depths, SearchEngine
from search.errors import BadInput
from search.index.live import LiveSnapshot
from search.store import open_archive
from tests.archives import index, record
from tests.fakes import TableReranker, WordEncoder


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SearchEngine]:
    texts = {"a": "oil price", "b": "oil", "c": "storm", "d": "election"}
    with open_archive(f"sqlite:///{tmp_path / 'a.db'}") as archive:
        index(archive, WordEncoder(), [record(key, i, title="", text=text) for i, (key, text) in enumerate(texts.items())])
        publish(archive, tmp_path)
        encoder = WordEncoder()
        yield SearchEngine(LiveSnapshot(tmp_path, lambda _: encoder), TableReranker({"oil price": 0.99}), archive, Depths())


def test_figures_are_those_of_the_definitions(engine: SearchEngine) -> None:
    qrels = [Qrel("q1", "b", 3), Qrel("q1", "a", 1), Qrel("q2", "c", 1), Qrel("q3", "d", 2)]
    queries = {"q1": "oil price", "q2": "storm", "q3": "zxcvbnm", "unjudged": "oil"}
    answered: list[int] = []
    result = evaluate(engine, queries, qrels, System.BM25, answered.append)
    # q1 ranks a before b; q2 is right; q3 finds nothing and counts 0.
    ndcg = (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))
    assert result.per_query["q1"]["nDCG@10"] == pytest.approx(ndcg)
    assert result.per_query["q3"] == {"nDCG@10": 0, "RR@10": 0, "AP@100": 0, "R@100": 0}
    assert result.means == pytest.approx({"nDCG@10": (ndcg + 1) / 3, "RR@10": 2 / 3, "AP@100": 2 / 3, "R@100": 2 / 3})
    assert sum(answered) == 3


def test_a_judged_query_without_hits_is_not_left_out(engine: SearchEngine) -> None:
    qrels = [Qrel("found", "c", 1), Qrel("nothing", "d", 1), Qrel("unanswerable", "d", 0)]
    result = evaluate(engine, {"found": "storm", "nothing": "zxcvbnm", "unanswerable": "storm"}, qrels, System.BM25, lambda _: None)
    assert {hit.query_id for hit in result.run} == {"found", "unanswerable"}
    oracle = ir_measures.calc_aggregate(MEASURES, qrels, result.run)
    assert result.means == pytest.approx({str(measure): value for measure, value in oracle.items()})
    assert result.means["nDCG@10"] == pytest.approx(1 / 3)


def test_each_query_gets_its_own_ranking_whatever_the_batches(engine: SearchEngine) -> None:
    words = ["oil", "oil price", "storm", "election", "storm and election"]
    queries = {f"q{number}": " ".join([words[number % 5]] * (1 + number % 3)) for number in range(40)}
    qrels = [Qrel(query_id, "a", 1) for query_id in queries]
    result = evaluate(engine, queries, qrels, System.DENSE, lambda _: None)
    for query_id, text in queries.items():
        alone = engine.search(System.DENSE.query(text))
        assert [hit.doc_id for hit in result.run if hit.query_id == query_id] == [hit.article.key for hit in alone.hits]


def test_a_query_that_cannot_be_searched_for_is_named(engine: SearchEngine) -> None:
    with pytest.raises(BadInput, match=r"'q7' cannot be searched for.*empty"):
        evaluate(engine, {"q7": "  "}, [Qrel("q7", "a", 1)], System.BM25, lambda _: None)


def test_judgements_that_do_not_fit_are_refused(engine: SearchEngine) -> None:
    with pytest.raises(BadInput, match="'q9'"):
        evaluate(engine, {}, [Qrel("q9", "a", 1)], System.BM25, lambda _: None)
    with pytest.raises(BadInput, match="above 0"):
        evaluate(engine, {"q1": "oil"}, [Qrel("q1", "a", 0)], System.BM25, lambda _: None)


def test_a_ranking_of_any_origin_is_measured() -> None:
    qrels = [Qrel("q1", "a", 1), Qrel("q1", "b", 1), Qrel("q2", "c", 1)]
    per_query = figures(qrels, [ScoredDoc("q1", "x", 9.0), ScoredDoc("q1", "a", 8.0), ScoredDoc("unjudged", "a", 1.0)])
    assert per_query["q1"]["RR@10"] == 0.5
    assert per_query["q1"]["AP@100"] == pytest.approx(0.25)
    assert per_query["q2"] == dict.fromkeys(per_query["q1"], 0.0)
    assert means(per_query)["R@100"] == pytest.approx(0.25)


def test_a_judged_text_is_plain_text_even_where_it_looks_like_an_operator(engine: SearchEngine) -> None:
    queries = {"q1": '"storm election" -oil', "q2": "storm election oil"}
    result = evaluate(engine, queries, [Qrel("q1", "c", 1), Qrel("q2", "c", 1)], System.BM25, lambda _: None)
    found = [{hit.doc_id for hit in result.run if hit.query_id == query_id} for query_id in queries]
    assert found[0] == found[1] == {"a", "b", "c", "d"}
