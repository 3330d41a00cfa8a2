"""What is written is what the trainers and the evaluation read."""

import json
from pathlib import Path

import pytest
from ir_measures import Qrel

from indexer.evaluation.collection import Collection
from indexer.feedback.folder import query_id, write_folder
from indexer.feedback.training_set import feedback_labels
from indexer.training.labelled import from_feedback, read_folder
from search.errors import BadInput, BroadsheetError
from tests.indexer.feedback.archived import archive_with_feedback

OIL, STORM = query_id("oil price"), query_id("storm damage")


def test_the_folder_is_read_by_the_evaluation_and_the_trainers(tmp_path: Path) -> None:
    with archive_with_feedback(tmp_path / "data") as archive:
        labels = feedback_labels(archive)
        assert write_folder(archive, labels, tmp_path / "set") == 5
    assert (labels.eta, labels.estimated, labels.showings, labels.unusable) == (1.0, False, 4, 1)
    collection = Collection.open(tmp_path / "set")
    assert collection.split == "train"
    assert collection.judged.queries == {OIL: "Oil price", STORM: "storm damage"}
    # Article 3 has 1 click at the third place of two pages, article 1 has 1 at the first: 1 / (2/3 + 1) against 1 / (2 + 1).
    assert set(collection.judged.qrels) == {
        Qrel(OIL, "key-1", 2),
        Qrel(OIL, "key-2", 0),
        Qrel(OIL, "key-3", 2),
        Qrel(OIL, "key-4", 0),
        Qrel(STORM, "key-8", 3),
    }
    labelled = read_folder(tmp_path / "set")
    assert len(labelled.documents) == 25
    assert {query.text for query in labelled.queries} == {"Oil price", "storm damage"}
    evidence = (tmp_path / "set" / "evidence.tsv").read_text().splitlines()
    assert evidence[0].split("\t")[:4] == ["query-id", "corpus-id", "relevance", "clicks"]
    assert f"{STORM}\tkey-8\t1.0000\t0\t0.0000\t0\t1\t0" in evidence
    assert json.loads((tmp_path / "set" / "feedback.json").read_text())["labels"] == 5


def test_training_takes_the_labels_from_the_archive_with_their_fractions(tmp_path: Path) -> None:
    with archive_with_feedback(tmp_path / "data") as archive:
        labelled = from_feedback(archive)
    oil, storm = labelled.queries
    keys = {labelled.documents[row].key: value for row, value in oil.relevance.items()}
    assert keys == {"key-1": pytest.approx(2 / 3 * (1 / 3) / (3 / 5)), "key-2": 0.0, "key-3": pytest.approx(2 / 3), "key-4": 0.0}
    assert storm.text == "storm damage"
    assert len(labelled.documents) == 25


def test_articles_that_were_deleted_since_are_left_out(tmp_path: Path) -> None:
    with archive_with_feedback(tmp_path / "data") as archive:
        archive.delete(["key-2", "key-8"])
        labels = feedback_labels(archive)
        write_folder(archive, labels, tmp_path / "set")
    assert [one.text for one in labels.queries] == ["Oil price"]
    assert "key-2\t" not in (tmp_path / "set" / "qrels" / "train.tsv").read_text()


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine.txt").write_text("mine")
    with archive_with_feedback(tmp_path / "data") as archive:
        labels = feedback_labels(archive)
        with pytest.raises(BadInput, match="set is there already: give a new folder"):
            write_folder(archive, labels, tmp_path / "set")
        with pytest.raises(BroadsheetError, match="cannot be written"):
            write_folder(archive, labels, tmp_path / "set" / "mine.txt" / "set")
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["mine.txt"]
