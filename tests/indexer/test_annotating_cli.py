from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from indexer.annotating_cli import annotate_missing
from indexer.publication import publish
from search.annotation import Annotation
from search.article import Article
from search.assemble import open_data
from search.cli import application
from search.errors import BadInput, BroadsheetError, NoIndex
from search.heads.card import HeadCard, Kind
from search.index.published import open_current
from search.settings import Settings
from search.store import Archive
from tests.annotators import HEADS, WordAnnotator
from tests.archives import index, record
from tests.fakes import WordEncoder


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with open_data(Settings(data=tmp_path)) as archive:
        index(archive, WordEncoder(), (record(f"a{i}", i) for i in range(5)))
        publish(archive, tmp_path)
        yield archive


class _Interrupted(WordAnnotator):
    def annotate(self, articles: Sequence[Article], tasks: Collection[str]) -> list[list[Annotation]]:
        raise KeyboardInterrupt(len(articles), tasks)


def test_an_interruption_says_how_far_it_came_and_how_to_go_on(archive: Archive) -> None:
    with pytest.raises(BroadsheetError, match="Interrupted: 0 of 5 articles are annotated; run `broadsheet annotate` to go on"):
        annotate_missing(archive, _Interrupted(), Console(quiet=True))
    annotate_missing(archive, WordAnnotator(), Console(quiet=True))
    assert archive.annotating().progress(HEADS) == (5, 5)


def test_annotations_are_removed_and_the_index_says_so(archive: Archive, tmp_path: Path) -> None:
    annotate_missing(archive, WordAnnotator(), Console(quiet=True))
    publish(archive, tmp_path)
    assert open_current(tmp_path).snapshot.annotated
    some = CliRunner().invoke(application(), ["annotate", "--data", str(tmp_path), "--remove", "--task", "ner", "--task", "mood"])
    assert some.exit_code == 0, some.output
    assert set(archive.annotating().tasks()) == set(HEADS) - {"entities", "mood"}
    assert CliRunner().invoke(application(), ["annotate", "--data", str(tmp_path), "--remove"]).exit_code == 0
    assert archive.annotating().tasks() == {}
    assert not open_current(tmp_path).snapshot.annotated


def test_what_is_not_there_cannot_be_removed(archive: Archive, tmp_path: Path) -> None:
    outcome = _run("annotate", "--data", tmp_path, "--remove", "--task", "entites")
    assert str(outcome.exception) == "No article is annotated with 'entites': there is nothing to remove."
    annotate_missing(archive, WordAnnotator(), Console(quiet=True))
    outcome = _run("annotate", "--data", tmp_path, "--remove", "--task", "mood", "--task", "entites")
    assert isinstance(outcome.exception, BadInput)
    assert str(outcome.exception) == "No article is annotated with 'entites': remove some of entities, mood, section, sentiment, topic."
    assert set(archive.annotating().tasks()) == set(HEADS)


def test_a_head_that_cannot_be_opened_takes_no_annotations_away(archive: Archive, tmp_path: Path) -> None:
    annotate_missing(archive, WordAnnotator(), Console(quiet=True))
    before = archive.annotating().tasks()
    _write_without_weights("section", tmp_path)
    outcome = _run("annotate", "--data", tmp_path, "--all-over", "--task", "section")
    assert isinstance(outcome.exception, BadInput), outcome.exception
    assert archive.annotating().tasks() == before


def test_what_is_indexed_is_published_even_if_it_cannot_be_annotated(tmp_path: Path) -> None:
    dump, data = tmp_path / "dump.jsonl", tmp_path / "data"
    dump.write_text('{"id": "a1", "title": "Oil", "text": "Oil fell."}\n')
    _write_without_weights("section", data)
    outcome = _run("index", dump, "--data", data, "--annotate")
    assert "section" in str(outcome.exception)
    assert "1 added" in outcome.output
    assert open_current(data).snapshot.manifest.articles == 1


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(application(), [str(argument) for argument in arguments])


def _write_without_weights(task: str, data: Path) -> None:
    (data / "heads" / task).mkdir(parents=True)
    HeadCard(task, Kind.CLASSIFICATION, labels=("a", "b")).write(data / "heads" / task)


def test_a_folder_without_an_archive_is_refused(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(application(), ["annotate", "--data", str(tmp_path / "none")])
    assert isinstance(outcome.exception, NoIndex)
    assert not (tmp_path / "none").exists()
