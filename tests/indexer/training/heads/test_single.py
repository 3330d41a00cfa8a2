"""A head can be trained on any BERT-family body and answers what it was taught."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.training.heads.examples import Example, Labelled, MultipleChoice, Question, Sentence
from indexer.training.heads.single import SingleRecipe, train_single
from search.errors import BadInput
from search.heads.card import HeadCard, Kind, Reads
from search.heads.classification import classify, classify_pairs, rate_pairs
from search.heads.masking import fill_masks
from search.heads.network import Network
from search.models.device import placement
from tests.families import FAMILIES, make_family

GOOD, BAD = ("good", "fine", "great"), ("bad", "poor", "awful")


def _reviews(count: int, seed: int) -> list[Example]:
    rng = random.Random(seed)
    found: list[Example] = []
    for number in range(count):
        word = rng.choice((GOOD, BAD)[number % 2])
        found.append(Labelled((f"a {word} {rng.choice(('film', 'match', 'story', 'budget'))}",), ("positive", "negative")[number % 2]))
    return found


CLASSIFIER = HeadCard("mood", Kind.CLASSIFICATION, labels=("negative", "positive"), max_tokens=32)
QUICK = SingleRecipe("", epochs=10, batch_size=16, learning_rate=2e-3, patience=10)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_to_classify(family: str, tmp_path: Path) -> None:
    base = make_family(family, tmp_path / "base")
    figures = train_single(CLASSIFIER, _reviews(96, 1), _reviews(24, 2), replace(QUICK, base=str(base)), tmp_path / "head", device="cpu")
    assert figures["accuracy"] == 1.0
    network = Network.load(tmp_path / "head", placement("cpu", "fp32"))
    answers = classify(network, ["a great film", "a poor match"])
    assert [answer.label for answer in answers] == ["positive", "negative"]
    assert sum(answers[0].probabilities.values()) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
@pytest.mark.parametrize("kind", [Kind.REGRESSION, Kind.TAGGING, Kind.SPAN, Kind.CHOICE])
def test_every_kind_trains_and_loads_on_every_family(kind: Kind, family: str, tmp_path: Path) -> None:
    examples: dict[Kind, list[Example]] = {
        Kind.REGRESSION: [
            Labelled((f"oil {word}", "prices fell"), str(number)) for number, word in enumerate(("good", "bad", "fine", "poor"))
        ],
        Kind.TAGGING: [Sentence(("the", "bank", "rose"), ("O", "B-ORG", "O")), Sentence(("london",), ("B-LOC",))],
        Kind.SPAN: [Question("what fell", "oil prices fell after", ((0, 10),)), Question("who", "the bank rose", ())],
        Kind.CHOICE: [MultipleChoice("what fell", "oil prices fell", ("oil", "cup", "bank"), 0)],
    }
    labels = ("O", "B-LOC", "B-ORG") if kind is Kind.TAGGING else ()
    reads = Reads.TEXT if kind is Kind.TAGGING else Reads.PAIR
    card = HeadCard("try", kind, reads, labels=labels, highest=5.0, max_tokens=48)
    base = make_family(family, tmp_path / "base")
    figures = train_single(
        card, examples[kind] * 4, examples[kind], replace(QUICK, base=str(base), epochs=1), tmp_path / "head", device="cpu"
    )
    assert figures == Network.load(tmp_path / "head", placement("cpu", "fp32")).card.figures


def test_a_frozen_body_stays_as_it_was(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    base = make_family("bert", tmp_path / "base")
    train_single(CLASSIFIER, _reviews(32, 1), _reviews(8, 2), replace(QUICK, base=str(base), epochs=1, freeze_body=True), tmp_path / "head")
    before, after = load_file(base / "model.safetensors"), load_file(tmp_path / "head" / "model.safetensors")
    assert all((after[f"bert.{name}"] == tensor).all() for name, tensor in before.items())


def test_the_dev_figures_of_the_card_are_those_of_the_head(tmp_path: Path) -> None:
    base = make_family("bert", tmp_path / "base")
    card = HeadCard("pairs", Kind.CLASSIFICATION, Reads.PAIR, labels=("no", "yes"), max_tokens=32, truncation="proportional")
    pairs: list[Example] = [Labelled((f"a {one} film", f"a {two} film"), "yes" if one == two else "no") for one in GOOD for two in GOOD]
    figures = train_single(card, pairs * 4, pairs, replace(QUICK, base=str(base), epochs=2), tmp_path / "head")
    network = Network.load(tmp_path / "head", placement("cpu", "fp32"))
    answers = classify_pairs(network, [(one.texts[0], one.texts[1]) for one in pairs if isinstance(one, Labelled)])
    right = [answer.label == one.target for answer, one in zip(answers, pairs, strict=True) if isinstance(one, Labelled)]
    assert figures["accuracy"] == pytest.approx(sum(right) / len(right))
    assert json.loads((tmp_path / "head" / "head.json").read_text())["figures"]["accuracy"] == figures["accuracy"]


def test_a_base_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no-such-model"):
        train_single(CLASSIFIER, _reviews(8, 1), _reviews(4, 2), replace(QUICK, base=str(tmp_path / "no-such-model")), tmp_path / "head")
    assert not (tmp_path / "head").exists()


def test_a_rating_stays_within_its_range(tmp_path: Path) -> None:
    base = make_family("distilbert", tmp_path / "base")
    card = HeadCard("alike", Kind.REGRESSION, Reads.PAIR, highest=5.0, max_tokens=32)
    pairs: list[Example] = [Labelled(("good film", "good film"), "5"), Labelled(("good film", "oil prices"), "0")]
    train_single(card, pairs * 8, pairs, replace(QUICK, base=str(base), epochs=3), tmp_path / "head")
    values = rate_pairs(Network.load(tmp_path / "head", placement("cpu", "fp32")), [("good film", "good film"), ("oil", "")])
    assert all(0.0 <= value <= 5.0 for value in values)


def test_any_text_is_a_training_text_of_the_language_model(tmp_path: Path) -> None:
    from transformers import BertForMaskedLM

    base = make_family("bert", tmp_path / "base")
    BertForMaskedLM.from_pretrained(base).save_pretrained(base)
    HeadCard("words", Kind.MASK, max_tokens=32).write(base)
    network = Network.load(base, placement("cpu", "fp32"))
    [[fillings]] = fill_masks(network, ["oil [MASK] fell"], 3)
    assert len(fillings) == 3
    assert fillings[0].probability >= fillings[1].probability > 0
    with pytest.raises(BadInput, match=r"\[MASK\]"):
        fill_masks(network, ["no mask here"], 3)
