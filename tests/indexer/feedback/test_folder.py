"""What is written is what the trainers and the evaluation read."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from ir_measures import Qrel

from indexer.evaluation.collection import Collection
from indexer.feedback.folder import query_id, write_folder
from indexer.feedback.training_set import feedback_labels
from indexer.training.labelled import from_feedback, read_folder
from indexer.training.sources import RELEVANT
from search.errors import BadInput, BroadsheetError
from search.feedback import Event, Reaction
from tests.indexer.feedback.archived import SHOWING, archive_with_feedback

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
    assert f"{STORM}\tkey-8\t1.0\t0\t0.0000\t0\t1\t0" in evidence
    assert json.loads((tmp_path / "set" / "feedback.json").read_text())["labels"] == 5


def test_training_takes_the_labels_from_the_archive_with_their_fractions(tmp_path: Path) -> None:
    with archive_with_feedback(tmp_path / "data") as archive:
        labelled = from_feedback(archive)
    oil, storm = labelled.queries
    keys = {labelled.documents[row].key: value for row, value in oil.relevance.items()}
    assert keys == {"key-1": pytest.approx(2 / 3 * (1 / 3) / (3 / 5)), "key-2": 0.0, "key-3": pytest.approx(2 / 3), "key-4": 0.0}
    assert storm.text == "storm damage"
    assert len(labelled.documents) == 25


@pytest.mark.parametrize("event", [Event.CLICK, Event.RELEVANT])
def test_training_is_the_same_from_the_folder_and_from_the_archive(tmp_path: Path, event: Event) -> None:
    """With clicks alone the largest grade is 2; a weak click must not become a relevant article by that."""
    with archive_with_feedback(tmp_path / "data") as archive:
        weak = [replace(SHOWING, id=f"w{number}", shown=(5, 6)) for number in range(6)]
        archive.feedback().forget(date(2026, 5, 1))
        archive.feedback().store([Reaction(weak[0], 5, Event.CLICK), Reaction(weak[5], 6, event)])
        archive.feedback().store([Reaction(each, 6, Event.CLICK) for each in weak[1:5]])
        write_folder(archive, feedback_labels(archive), tmp_path / "set")
        labelled = from_feedback(archive)
    exported = read_folder(tmp_path / "set")
    assert exported.documents == labelled.documents
    assert {query.text: query.relevance for query in exported.queries} == {query.text: query.relevance for query in labelled.queries}
    assert any(0 < value < RELEVANT for query in exported.queries for value in query.relevance.values())


def test_a_grade_that_was_changed_in_the_folder_counts_as_it_stands(tmp_path: Path) -> None:
    with archive_with_feedback(tmp_path / "data") as archive:
        write_folder(archive, feedback_labels(archive), tmp_path / "set")
    qrels = tmp_path / "set" / "qrels" / "train.tsv"
    changed = qrels.read_text().replace(f"{OIL}\tkey-1\t2", f"{OIL}\tkey-1\t1").replace(f"{OIL}\tkey-2\t0\n", "")
    qrels.write_text(changed.replace(f"{STORM}\tkey-8\t3", f"{STORM}\tkey-8\t2"))
    labelled = read_folder(tmp_path / "set")
    relevance = {labelled.documents[row].key: value for query in labelled.queries for row, value in query.relevance.items()}
    assert relevance == {"key-1": pytest.approx(1 / 3), "key-3": 2 / 3, "key-4": 0.0, "key-8": pytest.approx(2 / 3)}


def test_evidence_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with archive_with_feedback(tmp_path / "data") as archive:
        write_folder(archive, feedback_labels(archive), tmp_path / "set")
    evidence = tmp_path / "set" / "evidence.tsv"
    for line in ("q1\tkey-1", "q1\tkey-1\thigh", "q1\tkey-1\t1.5"):
        evidence.write_text(f"{evidence.read_text().splitlines()[0]}\n{line}\n")
        with pytest.raises(BadInput, match=r"evidence\.tsv:2 is not what `feedback export` wrote: .* remove that file"):
            read_folder(tmp_path / "set")
    evidence.write_text("somebody's own notes\n")
    assert len(read_folder(tmp_path / "set").queries) == 2


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
