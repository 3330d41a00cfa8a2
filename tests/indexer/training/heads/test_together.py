"""Heads that are trained together stand beside a newsroom's other heads, on one body."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from safetensors.torch import load_file
from typer.testing import CliRunner

from indexer.training.cli import train
from indexer.training.heads.shared_body import Recipe, StepReport
from indexer.training.heads.together import Lesson, read_lesson, train_together
from search.errors import BadInput
from search.heads.card import HeadCard
from search.heads.catalogue import Heads
from search.heads.classification import classify
from search.heads.tagging import tag_texts
from tests.families import BAD, GOOD

QUICK = Recipe(dropout=0.0, body_learning_rate=2e-3, top_learning_rate=5e-3)


@pytest.fixture
def lessons(tmp_path: Path) -> list[Lesson]:
    topics = ("film", "match", "story", "budget", "cup", "river", "bridge", "bank")
    rows = [f"{'good' if word in GOOD else 'bad'},a {word} {topic}" for word in GOOD + BAD for topic in topics]
    (tmp_path / "moods.csv").write_text("\n".join(["label,text", *rows]))
    names = [f"the\tO\n{word}\tO\nbank\tB-ORG\nof\tO\n{place}\tB-LOC\n" for word in GOOD + BAD for place in ("london", "york", "spring")]
    (tmp_path / "names.conll").write_text("\n".join(names))
    return [read_lesson("mood", tmp_path / "moods.csv"), read_lesson("names", tmp_path / "names.conll")]


@dataclass
class Heard:
    interrupt_at: int | None = None
    first: int | None = None

    def stage(self, name: str) -> None:
        pass

    def step(self, report: StepReport) -> None:
        self.first = self.first or report.step
        if report.step == self.interrupt_at:
            raise KeyboardInterrupt


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_each_learns_and_is_served_from_the_one_body(lessons: list[Lesson], base_of: Callable[[str], str], tmp_path: Path) -> None:
    folder = tmp_path / "heads"
    cards = {card.task: card for card in train_together(lessons, base_of("bert"), QUICK, 40, folder, device="cpu")}
    assert cards["mood"].figures["accuracy"] >= 0.8
    assert cards["names"].figures["entity_f1"] >= 0.8
    [body] = folder.glob("body-*")
    assert {path.name for path in folder.iterdir()} == {"mood", "names", body.name}
    assert {HeadCard.read(folder / task).body for task in cards} == {f"../{body.name}"}
    heads = Heads([folder])
    assert [answer.label for answer in classify(heads.head("mood"), ["a great film", "a poor match"])] == ["good", "bad"]
    [tagged] = tag_texts(heads.head("names"), ["the good bank of london"])
    assert [(entity.text, entity.type) for entity in tagged.entities] == [("bank", "ORG"), ("london", "LOC")]
    assert json.loads((folder / "mood" / "training.json").read_text())["together"] == ["mood", "names"]
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*.safetensors")} == {0o666 & ~_umask()}
    assert "flatter" not in (folder / "mood" / "README.md").read_text()  # nothing was looked at on the way


def test_an_interrupted_run_goes_on_and_leaves_no_state(lessons: list[Lesson], base_of: Callable[[str], str], tmp_path: Path) -> None:
    base = base_of("bert")
    train_together(lessons, base, QUICK, 2, tmp_path / "whole", device="cpu")
    with pytest.raises(KeyboardInterrupt):
        train_together(lessons, base, QUICK, 2, tmp_path / "parted", device="cpu", listener=Heard(interrupt_at=2))
    assert not [*(tmp_path / "parted").glob("[!.]*")]
    with pytest.raises(BadInput, match="other data or settings"):
        train_together(lessons, base, QUICK, 3, tmp_path / "parted", device="cpu")
    heard = Heard()
    train_together(lessons, base, QUICK, 2, tmp_path / "parted", device="cpu", listener=heard)
    assert heard.first == 3
    assert not [*(tmp_path / "parted").glob(".*")]
    for task in ("mood", "names"):
        whole, parted = (load_file(tmp_path / name / task / "top.safetensors") for name in ("whole", "parted"))
        assert max((whole[name] - parted[name]).abs().max() for name in whole) < 0.02


def test_a_second_training_replaces_the_heads_and_drops_the_old_body(
    lessons: list[Lesson], base_of: Callable[[str], str], tmp_path: Path
) -> None:
    folder, base = tmp_path / "heads", base_of("bert")
    train_together(lessons, base, QUICK, 0.5, folder, device="cpu")
    [old] = folder.glob("body-*")
    train_together(lessons, base, QUICK, 1, folder, device="cpu")
    [new] = folder.glob("body-*")
    assert new != old
    assert classify(Heads([folder]).head("mood"), ["a great film"])[0].label in ("good", "bad")


def test_a_base_that_is_no_bert_is_refused(lessons: list[Lesson], base_of: Callable[[str], str], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a distilbert, and only a BERT can be shared"):
        train_together(lessons, base_of("distilbert"), QUICK, 1, tmp_path / "heads")
    assert not (tmp_path / "heads").exists()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["sections.csv"], "names no head and its file"),
        (["mood=a.csv"], "one head alone"),
        (["mood=a.csv", "mood=b.csv"], "given twice"),
        (["mood=a.csv", "names=b.csv"], "a.csv"),
    ],
)
def test_what_cannot_be_understood_is_named(arguments: list[str], problem: str) -> None:
    result = CliRunner().invoke(train, ["heads", *arguments])
    assert isinstance(result.exception, BadInput)
    assert problem in str(result.exception)
