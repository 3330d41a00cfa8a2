"""Labelled folders and unlabelled archives become the same kind of set, bad ones one sentence, and held-out articles stay unseen."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.training.labelled import FEWEST_ARTICLES, apart, drawn, from_archive, from_documents, hold_out, read_folder
from indexer.training.made_queries import HEADLINE, NEAR_VERBATIM, Recipe
from indexer.training.sources import Document, LabelledQuery, LabelledSet
from search.article import Article
from search.errors import BadInput
from search.store import Identity, Write, open_archive
from search.text import windows


def write_folder(folder: Path, articles: int = 30, qrels: str = "q1\ta1\t3\nq1\ta2\t1\nq2\ta3\t0\nq2\ta4\t2\n") -> Path:
    (folder / "qrels").mkdir(parents=True)
    rows = [json.dumps({"_id": f"a{number}", "title": f"Title {number}", "text": f"Body {number}"}) for number in range(articles)]
    (folder / "corpus.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    asked = [json.dumps({"_id": f"q{number}", "text": f"question {number}"}) for number in range(1, 4)]
    (folder / "queries.jsonl").write_text("\n".join(asked) + "\n", "utf-8")
    (folder / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\n" + qrels, "utf-8")
    return folder


def test_grades_are_shares_of_the_largest_and_judged_zeros_are_kept(tmp_path: Path) -> None:
    labelled = read_folder(write_folder(tmp_path / "set"))
    assert labelled.name == "set"
    assert labelled.documents[3] == Document("a3", "Title 3", "Body 3")
    first, second = labelled.queries
    assert (first.text, first.relevance) == ("question 1", {1: 1.0, 2: pytest.approx(1 / 3)})
    assert second.relevance == {3: 0.0, 4: pytest.approx(2 / 3)}


@pytest.mark.parametrize(
    ("qrels", "sentence"),
    [
        ("", r"train\.tsv holds no judgements"),
        ("q1\ta1\t1\nq1\tzz\t1\nq1\tyy\t1\n", r"train\.tsv:3 names the article 'zz', which corpus\.jsonl does not have \(2 such lines\)"),
        ("q9\ta1\t1\n", r"train\.tsv:2 names the query 'q9', which queries\.jsonl does not have \(1 such lines\)"),
        ("q1\ta1\t1\nq2\ta2\t0\n", r"The query 'q2' has no relevant article in .*\(1 such queries\)"),
        ("q1\ta1\tyes\n", r"train\.tsv:2 is not a judgement"),
        ("q1 a1 1\n", r"train\.tsv:2 is not a judgement"),
    ],
)
def test_judgements_that_cannot_be_used_are_one_sentence(tmp_path: Path, qrels: str, sentence: str) -> None:
    folder = write_folder(tmp_path / "set", qrels=qrels)
    with pytest.raises(BadInput, match=sentence):
        read_folder(folder)


def test_a_corpus_is_read_under_the_names_and_from_the_file_that_it_is_indexed_from(tmp_path: Path) -> None:
    expected = read_folder(write_folder(tmp_path / "set")).documents
    corpus = tmp_path / "set" / "corpus.jsonl"
    rows = [{"_id": each.key, "headline": each.title, "content": each.body, "date": "one day"} for each in expected]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert read_folder(tmp_path / "set").documents == expected
    (tmp_path / "set" / "corpus.jsonl.gz").write_bytes(gzip.compress(corpus.read_bytes()))
    corpus.unlink()
    assert read_folder(tmp_path / "set").documents == expected


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _with(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_without("corpus.jsonl"), r"has no corpus\.jsonl"),
        (_without("queries.jsonl"), r"has no queries\.jsonl"),
        (_without("qrels/train.tsv"), r"has no qrels/train\.tsv: choose another split \(there: none\)"),
        (_with("corpus.jsonl", b'{"_id": "a1", "text": "b"}\n{"_id": "a1", "text": "b"}\n'), "has the article 'a1' twice"),
        (_with("corpus.jsonl", b'{"_id": "a1", "text": "b"}\n[1]\n'), r"corpus\.jsonl:2 cannot be read"),
        (_with("corpus.jsonl", b'{"_id": "a1", "note": "b"}\n'), r"corpus\.jsonl:1 cannot be read \(there is neither a title nor a text"),
        (_with("queries.jsonl", b'{"_id": "q1"}\n'), r"queries\.jsonl:1 cannot be read: expected .*_id.*text"),
        (_with("queries.jsonl", b"\xff\xfe"), r"queries\.jsonl is not UTF-8"),
    ],
)
def test_folders_that_cannot_be_read_are_one_sentence(tmp_path: Path, spoil: Callable[[Path], None], sentence: str) -> None:
    folder = write_folder(tmp_path / "set")
    spoil(folder)
    with pytest.raises(BadInput, match=sentence):
        read_folder(folder)


def test_a_corpus_of_five_articles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=rf"has 5 articles, too few to train on: at least {FEWEST_ARTICLES}"):
        read_folder(write_folder(tmp_path / "set", articles=5))


STORY = (
    "The harbour in Larnaca was closed on Monday after a crane fell into the water. "
    "Georgiou Shipping said it would send its vessels to Limassol for the rest of the week. "
    "Nobody was hurt, and the crane will be lifted when the wind allows it, the port authority wrote."
)


def documents(count: int) -> tuple[Document, ...]:
    return tuple(Document(f"k{number}", f"Crane accident shuts port {number}", f"{STORY} Report {number}.") for number in range(count))


def test_queries_are_made_from_an_archive_and_find_their_article(tmp_path: Path) -> None:
    with open_archive(f"sqlite:///{tmp_path / 'a.db'}") as archive:
        archive.claim(Identity("e", 2, 150, 100))
        archive.save([_write(document) for document in documents(25)])
        labelled = from_archive(archive)
    assert {document.key for document in labelled.documents} == {f"k{number}" for number in range(25)}
    for query in labelled.queries:
        (row,) = query.relevance
        document = labelled.documents[row]
        assert query.bare == (query.kind == HEADLINE)
        made_from = document.title if query.bare else document.body
        assert set(re.findall(r"\w+", query.text.lower())) - {"who"} <= set(re.findall(r"\w+", made_from.lower()))
    assert {query.kind for query in labelled.queries} == {HEADLINE, "question", "keywords", "crop"}


def _write(document: Document) -> Write:
    spans = tuple(windows(document.body, 150, 100))
    digest = document.key.encode().ljust(32, b".")
    vectors = np.full((len(spans), 2), 2**-0.5, np.float16)
    return Write(Article(document.key, document.title, document.body), digest, digest, windows=spans, vectors=vectors)


def test_an_archive_of_five_articles_is_refused(tmp_path: Path) -> None:
    with open_archive(f"sqlite:///{tmp_path / 'a.db'}") as archive, pytest.raises(BadInput, match="The archive has 0 articles"):
        from_archive(archive)


def test_headlines_said_again_in_the_first_sentence_are_marked_or_left_out() -> None:
    again = Document("v", "Harbour in Larnaca closed on Monday", STORY)
    kinds = {query.kind for query in from_documents((again,)).queries}
    assert NEAR_VERBATIM in kinds
    assert HEADLINE not in kinds
    assert NEAR_VERBATIM not in {query.kind for query in from_documents((again,), Recipe(near_verbatim=False)).queries}


def test_articles_of_which_nothing_can_be_made_are_one_sentence() -> None:
    with pytest.raises(BadInput, match="No query can be made"):
        from_documents((Document("a", "Short", "Very short."),))


def labelled_set(relevant: list[list[int]], rows: int = 40) -> LabelledSet:
    queries = tuple(LabelledQuery(f"query {number}", dict.fromkeys(of, 1.0)) for number, of in enumerate(relevant))
    return LabelledSet("set", tuple(Document(f"d{row}", "", f"text {row}") for row in range(rows)), queries)


def keys(labelled: LabelledSet) -> set[str]:
    return {labelled.documents[row].key for query in labelled.queries for row, value in query.relevance.items() if value > 0}


@given(
    st.lists(st.lists(st.integers(0, 39), min_size=1, max_size=3, unique=True), min_size=8, max_size=40),
    st.floats(0.1, 0.5),
    st.integers(0, 1000),
)
def test_no_held_out_article_is_among_those_trained_on(relevant: list[list[int]], share: float, seed: int) -> None:
    whole = labelled_set(relevant)
    try:
        trained, held = hold_out(whole, share, seed)
    except BadInput:
        return  # nothing is left beside the held-out queries
    assert held.documents == whole.documents
    assert 1 <= len(held.queries) <= max(1, round(share * len(relevant)))
    assert not keys(held) & {document.key for document in trained.documents}
    of = {query.text: {whole.documents[row].key for row in query.relevance} for query in whole.queries}
    for query in trained.queries:
        assert {trained.documents[row].key for row in query.relevance} <= of[query.text]


def test_queries_about_the_same_article_are_held_out_together_and_the_same_each_time() -> None:
    whole = labelled_set([[row // 2] for row in range(40)])
    trained, held = hold_out(whole, 0.2, seed=5)
    assert len(held.queries) == 8
    assert len(keys(held)) == 4
    assert len(trained.queries) == 32
    assert hold_out(whole, 0.2, seed=5) == (trained, held)
    assert hold_out(whole, 0.2, seed=6)[1] != held


def test_where_all_queries_share_articles_some_are_drawn_all_the_same() -> None:
    trained, held = hold_out(labelled_set([[number, number + 1] for number in range(30)]), 0.1, seed=1)
    assert len(held.queries) == 3
    assert len(trained.queries) >= 20


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match=r"The share to hold out is 1\.5"):
        hold_out(labelled_set([[1], [2]]), 1.5, 0)


def test_what_dev_asks_for_is_nothing_to_train_on(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "set", qrels="q1\ta1\t3\nq1\ta2\t1\nq2\ta3\t2\n")
    (folder / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq3\ta3\t1\nq3\ta2\t1\nq3\ta9\t0\n", "utf-8")
    trained, measured = apart(read_folder(folder), read_folder(folder, "dev")), read_folder(folder, "dev")
    (query,) = trained.queries
    assert query.text == "question 1"
    assert {trained.documents[row].key: value for row, value in query.relevance.items()} == {"a1": 1.0}
    assert {"a2", "a3"} == {document.key for document in measured.documents} - {document.key for document in trained.documents}
    with pytest.raises(BadInput, match=r"Nothing of set is left to train on: all relevant articles .* relevant in qrels/dev\.tsv"):
        apart(read_folder(folder), read_folder(folder))


def test_queries_are_drawn_by_the_seed_and_keep_their_order() -> None:
    documents = tuple(Document(str(row), "", "body") for row in range(100))
    whole = LabelledSet("set", documents, tuple(LabelledQuery(str(row), {row: 1.0}) for row in range(100)))
    first, again, other = (drawn(whole, 10, seed).queries for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 10
    assert list(first) == sorted(first, key=lambda query: int(query.text))
    assert drawn(whole, 100, 1) == whole
