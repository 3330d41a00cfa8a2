"""Heads trained together on one body answer, when they are loaded again, what they were taught."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import AutoTokenizer

from indexer.training.checkpoint import Checkpoint
from indexer.training.heads.evaluation import evaluate_head
from indexer.training.heads.examples import Example, MultipleChoice, Sentence
from indexer.training.heads.features import features_of
from indexer.training.heads.shared_body import Recipe, StepReport, Task, Trainee, make_trainee, plan, save_shared, task_loss, train_shared
from indexer.training.heads.shipped import build
from indexer.training.heads.shipped.head import Shipped
from search.heads.card import HeadCard, Kind
from search.heads.network import Network
from search.heads.tagging import tag_texts
from search.heads.tokens import Tokens
from search.models.device import placement
from tests.families import CASES

QUICK = Recipe(dropout=0.0, body_learning_rate=2e-3, top_learning_rate=5e-3)
NAMES = HeadCard("names", Kind.TAGGING, labels=("O", "B-ORG"), max_tokens=32, casing=True)
CAPITALS: list[Example] = [
    Sentence(("the", "Bank", "of", "the", "river"), ("O", "B-ORG", "O", "O", "O")),
    Sentence(("the", "bank", "of", "the", "River"), ("O", "O", "O", "O", "B-ORG")),
]


def _tasks(trainee: Trainee, epochs: float = 2, kinds: tuple[str, ...] = tuple(CASES)) -> list[Task]:
    return [
        Task(card, features_of(card, Tokens(trainee.tokenizer, card.max_tokens, card.casing), examples), epochs, tokens_per_step=64)
        for card, examples in (CASES[kind] for kind in kinds)
    ]


def _trained(base: str, folder: Path, checkpoint: Path | None = None, interrupt_at: int | None = None) -> list[StepReport]:
    """All kinds of heads, trained on one body and written to the folder, unless Ctrl-C comes between."""
    steps: list[StepReport] = []

    def heard(report: StepReport) -> None:
        steps.append(report)
        if report.step == interrupt_at:
            raise KeyboardInterrupt

    trainee = make_trainee(base, [card for card, _ in CASES.values()], QUICK)
    train_shared(trainee, _tasks(trainee), QUICK, checkpoint=checkpoint and Checkpoint(checkpoint, every=3), on_step=heard)
    save_shared(trainee, Path(base), folder)
    return steps


def test_each_task_gets_its_passes_spread_over_the_run(base_of: Callable[[str], str]) -> None:
    trainee = make_trainee(base_of("bert"), [card for card, _ in CASES.values()], QUICK)
    once, twice = plan(_tasks(trainee, 1), QUICK), plan(_tasks(trainee, 2), QUICK)
    assert {task: twice.count(task) for task in set(twice)} == {task: 2 * once.count(task) for task in set(once)}
    assert twice != sorted(twice)


def test_an_interrupted_run_goes_on_to_the_same_heads(base_of: Callable[[str], str], tmp_path: Path) -> None:
    base = base_of("bert")
    _trained(base, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        _trained(base, tmp_path / "parted", tmp_path / "work", interrupt_at=7)
    assert not (tmp_path / "parted").exists()
    steps = _trained(base, tmp_path / "parted", tmp_path / "work")
    assert steps[0].step == 8
    for path in sorted((tmp_path / "whole").rglob("*.safetensors")):
        whole, parted = load_file(path), load_file(tmp_path / "parted" / path.relative_to(tmp_path / "whole"))
        for name, tensor in whole.items():
            torch.testing.assert_close(parted[name], tensor, atol=1e-3, rtol=1e-2)


def test_the_loss_falls_for_every_kind_of_head_and_frozen_parts_stay(base_of: Callable[[str], str]) -> None:
    trainee = make_trainee(base_of("bert"), [card for card, _ in CASES.values()], QUICK)
    # The questions of CASES with the same choices have different answers, which nobody can learn.
    answerable = [one for one in CASES["choice"][1] if isinstance(one, MultipleChoice) and one.answer == 0]
    before = {name: tensor.clone() for name, tensor in trainee.body.state_dict().items()}
    tasks = [
        replace(task, features=features_of(task.card, Tokens(trainee.tokenizer, task.card.max_tokens), answerable))
        if task.card.kind is Kind.CHOICE
        else task
        for task in _tasks(trainee, 60)
    ]

    def losses() -> dict[str, float]:
        trainee.body.eval()
        trainee.tops.eval()
        return {task.card.task: float(task_loss(trainee, task.card, task.features).detach()) for task in tasks}

    first = losses()
    train_shared(trainee, tasks, replace(QUICK, body_learning_rate=5e-4, top_learning_rate=2e-3))  # gently: these bodies are random
    last = losses()
    assert all(last[task] < 0.9 * first[task] for task in first), last
    for name, tensor in trainee.body.state_dict().items():
        frozen = name.startswith(("embeddings.", "encoder.layer.0.", "pooler."))
        assert torch.equal(tensor, before[name]) == frozen, name


@pytest.mark.parametrize("kind", CASES)
def test_what_was_trained_is_what_is_served(kind: str, base_of: Callable[[str], str], tmp_path: Path) -> None:
    card, examples = CASES[kind]
    base = base_of("bert")
    trainee = make_trainee(base, [card], QUICK)
    train_shared(trainee, _tasks(trainee, kinds=(kind,)), QUICK)
    save_shared(trainee, Path(base), tmp_path)
    config = tmp_path / "body" / "config.json"
    config.write_text(config.read_text().replace("{", f'{{"base": "{base}",', 1))
    network = Network.load(tmp_path / card.task, placement("cpu", "fp32"))
    features = features_of(card, network.tokens, examples)
    served = network.logits([encoding for feature in features for encoding in feature.encodings])
    trainee.body.eval()
    for logits, encoding in zip(served, (encoding for feature in features for encoding in feature.encodings), strict=True):
        states = trainee.body(**{name: torch.tensor([row]) for name, row in encoding.items()}).last_hidden_state
        top = trainee.tops[card.task].eval()
        own = (
            top(states, trainee.body.get_input_embeddings().weight)
            if kind == "mask"
            else top(states if top.first_only is False else states[:, 0])
        )
        np.testing.assert_allclose(logits, own[0].detach().numpy(), atol=0.05)  # written in fp16


def test_a_tagger_learns_what_capitals_mean_though_its_words_have_none(base_of: Callable[[str], str], tmp_path: Path) -> None:
    base = base_of("bert")
    assert AutoTokenizer.from_pretrained(base).tokenize("River") == AutoTokenizer.from_pretrained(base).tokenize("river")
    for casing, right in ((True, {(4,), (16,)}), (False, None)):
        card = replace(NAMES, casing=casing)
        trainee = make_trainee(base, [card], QUICK)
        tokens = Tokens(trainee.tokenizer, 32, casing)
        train_shared(trainee, [Task(card, features_of(card, tokens, CAPITALS), epochs=60, tokens_per_step=64)], QUICK)
        save_shared(trainee, Path(base), tmp_path / str(casing))
        config = tmp_path / str(casing) / "body" / "config.json"
        config.write_text(config.read_text().replace("{", f'{{"base": "{base}",', 1))
        network = Network.load(tmp_path / str(casing) / "names", placement("cpu", "fp32"))
        tagged = tag_texts(network, ["the Bank of the river", "the bank of the River"])
        found = {tuple(entity.start for entity in text.entities) for text in tagged}
        assert found == right if casing else len(found) == 1, found


def test_the_package_is_built_in_stages_and_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    card, examples = CASES["classification"]
    heads = [
        Shipped(card, examples, {"films": examples}, (1, 2, 1), 64, "none stated", "Six films.", lambda: examples[:2]),
        Shipped(NAMES, CAPITALS, {"banks": CAPITALS}, (1, 1, 3), 64, "none stated", "Two banks."),
    ]
    monkeypatch.setattr(build, "shipped_heads", lambda _: heads)
    build.build(tmp_path, tmp_path / "work", tmp_path / "out", Recipe())
    counts = [len((tmp_path / "work" / stage / "log.jsonl").read_text().splitlines()) for stage in ("1", "2", "3")]
    assert counts == [2, 3, 5]  # the last has the silver examples as well
    with safe_open(tmp_path / "out" / "body" / "delta.safetensors", "pt") as delta:
        assert any(".layer.0." in name for name in delta.keys())  # noqa: SIM118
    network = Network.load(tmp_path / "out" / "mood", placement("auto", "auto"))
    assert {name: round(value, 4) for name, value in network.card.figures.items()} == {
        f"films: {name}": round(value, 4) for name, value in evaluate_head(network, examples).items()
    }
    assert network.card.body == "../body"
    assert "Six films." in (tmp_path / "out" / "mood" / "README.md").read_text()


def test_a_task_can_have_all_its_steps_in_the_first_part_of_a_run(base_of: Callable[[str], str]) -> None:
    trainee = make_trainee(base_of("bert"), [card for card, _ in CASES.values()], QUICK)
    early, late = (replace(task, epochs=40) for task in _tasks(trainee)[:2])
    turns = plan([replace(early, until=0.5), late], QUICK)
    last = len(turns) - turns[::-1].index(0)
    share_before = turns[:last].count(1) / turns.count(1)
    assert 0.4 < share_before < 0.6
