"""Judged queries are read as they are written, and what does not fit together is refused with its place."""

from pathlib import Path

import pytest
from ir_measures import Qrel

from indexer.judgements import Judged, read_qrels, read_queries
from search.errors import BadInput


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


@pytest.mark.parametrize("content", ["", "query-id\tcorpus-id\tscore\n", "\n\n"])
def test_an_empty_file_of_judgements_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "test.tsv"
    path.write_text(content)
    with pytest.raises(BadInput, match=r"test\.tsv holds no judgements"):
        read_qrels(path)


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_text('{"_id": "1", "text": "oil\u2028price"}\n', "utf-8")
    assert read_queries(path) == {"1": "oil\u2028price"}


def test_quotes_in_ids_are_plain_characters(tmp_path: Path) -> None:
    path = tmp_path / "test.tsv"
    path.write_text('1\t"a\t2\n')
    assert read_qrels(path) == [Qrel("1", '"a', 2)]


@pytest.mark.parametrize(
    ("queries", "qrels", "message"),
    [
        ({"q1": "oil"}, [], "no judgements"),
        ({"q1": "oil"}, [Qrel("q1", "a", 0)], "above 0"),
        ({"q1": "oil"}, [Qrel("q1", "a", 1), Qrel("q8", "a", 1), Qrel("q9", "a", 1)], r"2 of 3 judged queries have no text.*'q8'"),
    ],
)
def test_judgements_that_do_not_fit_are_refused(queries: dict[str, str], qrels: list[Qrel], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Judged(queries, tuple(qrels))


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    queries, qrels = tmp_path / "queries.jsonl", tmp_path / "dev.tsv"
    queries.write_text('{"_id": "1", "text": "oil"}\n')
    qrels.write_text("2\ta\t1\n")
    with pytest.raises(BadInput, match=r"dev\.tsv with .*queries\.jsonl: 1 of 1 judged queries"):
        Judged.read(queries, qrels)


def test_queries_without_a_relevant_article_are_told_apart() -> None:
    judged = Judged({"q1": "oil", "q2": "storm", "unjudged": "wind"}, (Qrel("q1", "a", 2), Qrel("q2", "b", 0), Qrel("q2", "c", -1)))
    assert judged.unanswerable == ["q2"]
    assert judged.relevant == {"a"}
    assert judged.query_ids == ["q1", "q2"]


def test_a_digest_is_that_of_the_contents() -> None:
    one = Judged({"q1": "oil", "q2": "storm"}, (Qrel("q1", "a", 2), Qrel("q2", "b", 1)))
    turned = Judged({"q2": "storm", "q3": "unjudged", "q1": "oil"}, (Qrel("q2", "b", 1), Qrel("q1", "a", 2)))
    other = Judged({"q1": "oil!", "q2": "storm"}, (Qrel("q1", "a", 1), Qrel("q2", "b", 1)))
    assert (one.qrels_sha256, one.queries_sha256) == (turned.qrels_sha256, turned.queries_sha256)
    assert one.qrels_sha256 != other.qrels_sha256
    assert one.queries_sha256 != other.queries_sha256
