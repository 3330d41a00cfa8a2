"""The commands of training take their queries from where they are told to, and no more of them than were asked for."""

from pathlib import Path

import pytest

from indexer.training.cli import Given, asked, labelled_sets
from search.errors import BadInput
from tests.beir import write_folder

ARTICLES = {f"a{row}": (f"Title {row}", f"Body {row}") for row in range(40)}
QUERIES = {f"q{row}": f"question {row}" for row in range(40)}


def judged(rows: range, split: str, folder: Path) -> Path:
    return write_folder(folder, ARTICLES, QUERIES, [(f"q{row}", f"a{row}", 1) for row in rows], split)


def test_no_article_that_dev_asks_for_is_trained_on(tmp_path: Path) -> None:
    folder = judged(range(30), "train", judged(range(20, 40), "dev", tmp_path / "set"))
    trained, measured = labelled_sets(Given(folder), 1000, 0.1, seed=17)
    assert {query.text for query in trained.queries} == {f"question {row}" for row in range(20)}
    assert {document.key for document in trained.documents} == {f"a{row}" for row in range(20)}
    assert len(measured.queries) == 20
    judged(range(40), "dev", folder)
    with pytest.raises(BadInput, match="Nothing of set is left to train on"):
        labelled_sets(Given(folder), 1000, 0.1, seed=17)


def test_what_was_asked_for_can_be_kept(tmp_path: Path) -> None:
    assert asked(Given(data=tmp_path, feedback=True), 20, 0.25).labels == {
        "source": str(tmp_path.resolve()),
        "feedback": True,
        "queries": 20,
        "held_out": 0.25,
    }
    assert asked(Given(tmp_path / "set"), 20, 0.1).labels["source"] == str(tmp_path.resolve() / "set")


def test_so_many_queries_are_drawn_before_any_is_held_out(tmp_path: Path) -> None:
    folder = judged(range(40), "train", tmp_path / "set")
    trained, measured = labelled_sets(Given(folder), 20, 0.25, seed=17)
    assert (len(trained.queries), len(measured.queries)) == (15, 5)
    assert len(measured.documents) == 40
    judged(range(35, 40), "dev", folder)
    trained, measured = labelled_sets(Given(folder), 20, 0.25, seed=17)
    assert (len(trained.queries), len(measured.queries)) == (20, 5)
