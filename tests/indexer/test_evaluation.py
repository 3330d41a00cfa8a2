"""Figures of an evaluation follow their definitions, over an archive small enough to work them out by hand."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from ir_measures import Qrel

from indexer.evaluation import System, evaluate, write_run
from indexer.judgements import read_qrels, read_queries
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
        yield SearchEngine(encoder, TableReranker({"oil price": 0.99}), LiveSnapshot(tmp_path, encoder.fingerprint), archive, Depths())


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


def test_the_run_is_written_in_trec_format(engine: SearchEngine, tmp_path: Path) -> None:
    result = evaluate(engine, {"q1": "oil price"}, [Qrel("q1", "a", 1)], System.RERANK, lambda _: None)
    write_run(tmp_path / "run.trec", [result])
    lines = [line.split() for line in (tmp_path / "run.trec").read_text().splitlines()]
    assert lines[0] == ["q1", "Q0", "a", "1", "100", "rerank"]
    assert [line[3] for line in lines] == [str(i + 1) for i in range(len(lines))]


def test_judgements_that_do_not_fit_are_refused(engine: SearchEngine) -> None:
    with pytest.raises(BadInput, match="'q9'"):
        evaluate(engine, {}, [Qrel("q9", "a", 1)], System.BM25, lambda _: None)
    with pytest.raises(BadInput, match="above 0"):
        evaluate(engine, {"q1": "oil"}, [Qrel("q1", "a", 0)], System.BM25, lambda _: None)


def test_broken_files_are_named_with_their_line(tmp_path: Path) -> None:
    queries, qrels = tmp_path / "queries.jsonl", tmp_path / "qrels.tsv"
    queries.write_text('{"_id": "1", "text": "oil"}\n{"_id": "2"}\n')
    qrels.write_text("query-id\tcorpus-id\tscore\n1\ta\t2\n1\tb\tgood\n")
    with pytest.raises(BadInput, match=r"queries\.jsonl:2"):
        read_queries(queries)
    with pytest.raises(BadInput, match=r"qrels\.tsv:3"):
        read_qrels(qrels)
    with pytest.raises(BadInput, match="cannot be read"):
        read_queries(tmp_path / "missing.jsonl")
