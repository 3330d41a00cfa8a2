"""A head of any kind can be trained on any BERT-family body and answers what it was taught."""

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from indexer.training.heads.evaluation import evaluate_head
from indexer.training.heads.examples import Example, Labelled
from indexer.training.heads.own_body import SingleRecipe, Tuning
from indexer.training.heads.single import StepReport, train_single
from indexer.training.model_folder import state_folder
from search.errors import BadInput, WriterBusy
from search.heads.classification import classify, rate_pairs
from search.heads.network import Network
from search.models.device import placement
from tests.families import BAD, CASES, GOOD

CLASSIFIER = CASES["classification"][0]
QUICK = SingleRecipe("", epochs=1, batch_size=4, learning_rate=2e-3, looks=1)


@dataclass
class Heard:
    """A listener that remembers, and interrupts, as Ctrl-C does, when it has seen so many steps."""

    interrupt_at: int | None = None
    steps: list[StepReport] = field(default_factory=list)

    def stage(self, name: str) -> None:
        pass

    def step(self, report: StepReport) -> None:
        self.steps.append(report)
        if report.quality is None and report.step == self.interrupt_at:
            raise KeyboardInterrupt


def _reviews(count: int, seed: int) -> list[Example]:
    rng = random.Random(seed)
    words = [rng.choice((GOOD, BAD)[number % 2]) for number in range(count)]
    topics = [rng.choice(("film", "match", "story", "budget")) for _ in words]
    return [Labelled((f"a {word} {topic}",), "positive" if word in GOOD else "negative") for word, topic in zip(words, topics, strict=True)]


@pytest.mark.parametrize(("family", "kind"), [("roberta", "pairs"), ("bert", "tagging"), ("distilbert", "choice"), ("bert", "mask")])
def test_what_was_measured_is_what_is_served(family: str, kind: str, base_of: Callable[[str], str], tmp_path: Path) -> None:
    card, examples = CASES[kind]
    written = train_single(card, examples, examples, replace(QUICK, base=base_of(family)), tmp_path / "head", device="cpu")
    served = Network.load(tmp_path / "head", placement("cpu", "auto"))
    assert served.card == written
    assert evaluate_head(served, examples) == pytest.approx(written.figures, abs=1e-3)


@pytest.mark.parametrize("tuning", Tuning)
def test_a_head_learns_whatever_of_the_body_is_tuned(tuning: Tuning, base_of: Callable[[str], str], tmp_path: Path) -> None:
    base = base_of("bert")
    rate = 2e-3 if tuning is Tuning.FULL else 1e-2
    recipe = replace(QUICK, base=base, tuning=tuning, epochs=12, batch_size=16, learning_rate=rate, looks=2)
    heard = Heard()
    card = train_single(CLASSIFIER, _reviews(64, 1), _reviews(24, 2), recipe, tmp_path / "head", device="cpu", listener=heard)
    if tuning is Tuning.FULL:  # in the states of a random body there is little to read
        assert card.figures["accuracy"] >= 0.9
        answers = classify(Network.load(tmp_path / "head", placement("cpu", "fp32")), ["a great film", "a poor match"])
        assert [answer.label for answer in answers] == ["positive", "negative"]
        assert sum(answers[0].probabilities.values()) == pytest.approx(1.0, abs=1e-5)
    losses = [report.loss for report in heard.steps if report.loss is not None]
    assert losses[-1] < losses[0] or tuning is Tuning.NONE
    before, after = load_file(Path(base) / "model.safetensors"), load_file(tmp_path / "head" / "model.safetensors")
    body = {name: tensor for name, tensor in before.items() if not name.startswith("pooler.")}
    kept = all(torch.equal(after[f"bert.{name}"], tensor) for name, tensor in body.items())
    assert kept == (tuning is Tuning.NONE)
    assert torch.equal(after["bert.embeddings.word_embeddings.weight"], body["embeddings.word_embeddings.weight"]) == (
        tuning is not Tuning.FULL
    )


@pytest.mark.parametrize("tuning", [Tuning.FULL, Tuning.ADAPTERS])
def test_an_interrupted_run_goes_on_to_the_same_head(tuning: Tuning, base_of: Callable[[str], str], tmp_path: Path) -> None:
    recipe = replace(QUICK, base=base_of("bert"), tuning=tuning, epochs=2, batch_size=8, looks=4)
    train, dev = _reviews(32, 1), _reviews(12, 2)
    train_single(CLASSIFIER, train, dev, recipe, tmp_path / "whole", device="cpu")
    with pytest.raises(KeyboardInterrupt):
        train_single(CLASSIFIER, train, dev, recipe, tmp_path / "parted", device="cpu", listener=Heard(interrupt_at=5))
    assert not (tmp_path / "parted").exists()
    heard = Heard()
    train_single(CLASSIFIER, train, dev, recipe, tmp_path / "parted", device="cpu", listener=heard)
    assert heard.steps[0].step == 5
    whole, parted = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parted"))
    assert max((whole[name] - parted[name]).abs().max() for name in whole) < 1e-5
    assert not (tmp_path / ".parted.training").exists()


def test_another_run_in_the_same_place_is_refused(base_of: Callable[[str], str], tmp_path: Path) -> None:
    recipe = replace(QUICK, base=base_of("bert"), looks=4)
    with pytest.raises(KeyboardInterrupt):
        train_single(CLASSIFIER, _reviews(32, 1), _reviews(4, 2), recipe, tmp_path / "head", device="cpu", listener=Heard(interrupt_at=4))
    with pytest.raises(BadInput, match="other data or settings"):
        train_single(CLASSIFIER, _reviews(32, 3), _reviews(4, 2), recipe, tmp_path / "head", device="cpu")


def test_two_trainings_cannot_write_one_head(base_of: Callable[[str], str], tmp_path: Path) -> None:
    with state_folder(tmp_path / "head"), pytest.raises(WriterBusy, match=f"Process {os.getpid()} is training"):
        train_single(CLASSIFIER, _reviews(8, 1), _reviews(4, 2), replace(QUICK, base=base_of("bert")), tmp_path / "head", device="cpu")
    assert not [*tmp_path.iterdir()]


def test_the_folder_says_what_the_head_is_and_how_it_was_trained(base_of: Callable[[str], str], tmp_path: Path) -> None:
    examples = _reviews(16, 1)
    card = replace(CLASSIFIER, description="The mood of a text.", trained_on="16 examples of moods.csv")
    train_single(card, examples, examples, replace(QUICK, base=base_of("distilbert")), tmp_path / "head", device="cpu")
    written = (tmp_path / "head" / "README.md").read_text()
    assert "The mood of a text." in written
    assert "16 examples of moods.csv" in written
    assert "flatter" in written
    assert json.loads((tmp_path / "head" / "training.json").read_text())["epochs"] == 1
    losses = [entry["loss"] for entry in map(json.loads, (tmp_path / "head" / "log.jsonl").read_text().splitlines()) if "loss" in entry]
    assert len(losses) == 4


def test_a_base_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no-such-model"):
        train_single(CLASSIFIER, _reviews(8, 1), _reviews(4, 2), replace(QUICK, base=str(tmp_path / "no-such-model")), tmp_path / "head")
    assert not (tmp_path / "head").exists()


def test_a_folder_that_is_no_model_is_not_replaced(base_of: Callable[[str], str], tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("…")
    with pytest.raises(BadInput, match="letters exists"):
        train_single(CLASSIFIER, _reviews(8, 1), _reviews(4, 2), replace(QUICK, base=base_of("bert")), tmp_path / "letters")


def test_a_rating_stays_within_its_range(base_of: Callable[[str], str], tmp_path: Path) -> None:
    card, examples = CASES["regression"]
    train_single(card, examples, examples, replace(QUICK, base=base_of("distilbert")), tmp_path / "head", device="cpu")
    values = rate_pairs(Network.load(tmp_path / "head", placement("cpu", "fp32")), [("good film", "good film"), ("oil", "")])
    assert all(0.0 <= value <= 5.0 for value in values)
