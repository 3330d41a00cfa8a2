"""Every source is read as labelled queries, and what is reserved for measuring is known by name."""

import json
import random
from pathlib import Path

import pytest

from indexer.training import sources
from indexer.training.sources import Document, LabelledQuery


def write_set(folder: Path, corpus: dict[str, str], queries: dict[str, str], qrels: dict[str, list[tuple[str, str, int]]]) -> None:
    (folder / "qrels").mkdir(parents=True)
    documents = [json.dumps({"_id": key, "title": f"About {key}", "text": text}) for key, text in corpus.items()]
    (folder / "corpus.jsonl").write_text("\n".join(documents), encoding="utf-8")
    asked = [json.dumps({"_id": key, "text": text}) for key, text in queries.items()]
    (folder / "queries.jsonl").write_text("\n".join(asked), encoding="utf-8")
    for split, rows in qrels.items():
        lines = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in rows)]
        (folder / "qrels" / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Data folders in miniature: five articles, three of them of one story."""
    corpus = {f"fnc1:{number}": "word " * (30 + number) for number in range(3)} | {"bbc:1": "oil " * 40, "bbc:2": "short"}
    write_set(
        tmp_path / "newsqueries",
        corpus,
        {"k": "known", "g": "graded", "d": 'a "quoted" dev query'},
        {
            "train": [("k", "bbc:1", 1)],
            "train_graded": [("g", "bbc:1", 3), ("g", "bbc:2", 1), ("g", "fnc1:0", 0)],
            "dev": [("d", "bbc:2", 2), ("d", "bbc:1", 0)],
            "dev_known_item": [("d", "fnc1:2", 1)],
        },
    )
    write_set(
        tmp_path / "fnc1",
        {"0": "word", "1": "word", "2": "word"},
        {"h": "headline"},
        {"train": [("h", "0", 1), ("h", "1", 1)], "dev": [("h", "2", 1)]},
    )
    return tmp_path


def test_reserved_articles_are_those_of_every_measuring_split(data: Path) -> None:
    assert sources.reserved_articles(data, lowest_grade=1) == {"bbc:2", "fnc1:2"}
    assert sources.reserved_articles(data, lowest_grade=0) == {"bbc:1", "bbc:2", "fnc1:2"}


def test_grades_become_relevance_and_rows(data: Path) -> None:
    documents = sources.read_documents(data / "newsqueries")
    (known,) = sources.newsqueries_known_item(data, documents)
    (graded,) = sources.newsqueries_graded(data, documents)
    assert (known.text, known.relevance, known.closed) == ("known", {3: 1.0}, False)
    assert (graded.relevance, graded.closed) == ({3: 1.0, 4: 0.25, 0: 0.0}, True)


def test_a_lead_looks_for_the_rest_of_its_story_and_hides_its_own_article(data: Path) -> None:
    documents = sources.read_documents(data / "newsqueries")
    (headline,) = sources.fnc1_headlines(data, documents)
    leads = sources.fnc1_leads(data, documents, 10, random.Random(0))
    assert headline.relevance == {0: 1.0, 1: 1.0}
    assert sorted((tuple(lead.relevance), *lead.hidden) for lead in leads) == [((0,), 1), ((1,), 0)]
    assert all(20 <= len(lead.text.split()) <= 60 for lead in leads)


def test_headlines_ask_for_their_own_bare_body() -> None:
    body = "word " * 40
    documents = (
        Document("a", "OIL PRICES RISE AGAIN <XYZ.N>", body),
        Document("b", "Too short", body),
        Document("c", "A title with many words", "no body"),
        Document("d", "This one is not allowed", body),
    )
    (query,) = sources.headlines(documents, [0, 1, 2], 5, random.Random(0))
    assert (query.text, query.relevance, query.bare) == ("oil prices rise again", {0: 1.0}, True)


def test_questions_with_one_text_share_a_document(tmp_path: Path) -> None:
    paragraphs = [{"context": "One text.", "qas": [{"question": "Who?"}, {"question": "What? "}]}, {"context": "Another.", "qas": []}]
    path = tmp_path / "wiki.json"
    path.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), encoding="utf-8")
    labelled = sources.squad_paragraphs(path)
    assert labelled.name == "wiki"
    assert [(query.text, query.relevance) for query in labelled.queries] == [("Who?", {0: 1.0}), ("What?", {0: 1.0})]
    assert [document.body for document in labelled.documents] == ["One text."]


def test_nonsense_is_repeatable_and_never_empty() -> None:
    vocabulary = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]
    first = sources.nonsense_queries(60, vocabulary, random.Random(1))
    assert first == sources.nonsense_queries(60, vocabulary, random.Random(1))
    assert all(query.strip() for query in first)


def test_paraphrases_are_relevant_and_sentences_that_nearly_say_the_same_are_not(tmp_path: Path) -> None:
    (tmp_path / "msrp").mkdir()
    rows = ["sentence1\tsentence2\tlabel", "A rose.\tUp went A.\t1", "A rose.\tB rose.\t0", 'C "fell".\tD fell.\t0']
    (tmp_path / "msrp" / "train.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    labelled = sources.paraphrases(tmp_path)
    (query,) = labelled.queries  # the third has nothing relevant
    assert query.text == "A rose."
    assert {labelled.documents[row].body: value for row, value in query.relevance.items()} == {"Up went A.": 1.0, "B rose.": 0.0}


def test_a_post_says_what_several_queries_ask_about_one_article() -> None:
    queries = [LabelledQuery(f"about storm {number} in town", {number // 3: 1.0}) for number in range(30)]
    made = sources.posts([*queries, LabelledQuery("only one", {99: 1.0})], 8, random.Random(3))
    assert len(made) == 8
    for post in made:
        (row,) = post.relevance
        said, signed = post.text.split(" — ")
        own = {query.text for query in queries if row in query.relevance}
        parts = said.split(" #")[0].split(". ")
        assert 2 <= len(parts) <= 3
        assert set(parts) <= own
        assert "(@" in signed
    assert made == sources.posts([*queries, LabelledQuery("only one", {99: 1.0})], 8, random.Random(3))
