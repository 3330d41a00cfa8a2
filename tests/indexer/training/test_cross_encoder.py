"""Two steps on a tiny random BERT: the loss falls, and what is saved scores like what was trained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizer

from indexer.training.checkpoint import Checkpoint, Validation
from indexer.training.cross_encoder import Group, Recipe, StepReport, listwise_loss, predict, tokenize_pairs, train
from indexer.training.pair_model import load_base

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "oil", "price", "rises", "football", "final", "lost", "who", "won", "the"]
RECIPE = Recipe(
    groups_per_step=2, max_query_tokens=4, max_tokens=12, frozen_layers=1, learning_rate=3e-3, warm_up_steps=1, cool_down_steps=1
)
GROUPS = [
    Group("oil price", ("the oil price rises", "football final lost"), (1.0, 0.0), (0.5, 0.4)),
    Group("who won the final", ("oil price", "the football final lost", "price rises"), (0.0, 1.0, 0.25), (0.1, 0.3, 0.2)),
]


@pytest.fixture
def base(tmp_path: Path) -> str:
    """A BERT of two layers with random weights, in a folder."""
    folder = tmp_path / "base"
    torch.manual_seed(0)
    folder.mkdir()
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=32
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizer(vocab={word: number for number, word in enumerate(WORDS)}).save_pretrained(folder)
    return str(folder)


def test_the_loss_of_one_batch_falls(base: str) -> None:
    model, tokenizer = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    reports: list[StepReport] = []
    train(model, tokenizer, GROUPS[1:] * 10, RECIPE, on_step=reports.append)
    assert [report.step for report in reports] == [1, 2, 3, 4, 5]
    assert reports[-1].loss < reports[0].loss


def test_embeddings_and_lower_layers_stay_as_they_were(base: str) -> None:
    model, tokenizer = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    train(model, tokenizer, GROUPS, RECIPE)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert any(name.startswith("bert.encoder.layer.1") for name in changed)
    assert "classifier.weight" in changed
    assert not any(".embeddings." in name or ".layer.0." in name for name in changed)


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(base: str, tmp_path: Path) -> None:
    whole, tokenizer = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    train(whole, tokenizer, GROUPS * 4, RECIPE)

    class Interruption(Exception):
        """Stands for Ctrl-C between two steps."""

    def interrupt(report: StepReport) -> None:
        if report.step == 2:
            raise Interruption

    first, _ = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    with pytest.raises(Interruption):
        train(first, tokenizer, GROUPS * 4, RECIPE, checkpoint=Checkpoint(tmp_path / "kept", every=1), on_step=interrupt)
    resumed, _ = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    steps: list[int] = []
    train(
        resumed, tokenizer, GROUPS * 4, RECIPE, checkpoint=Checkpoint(tmp_path / "kept"), on_step=lambda report: steps.append(report.step)
    )
    assert steps == [3, 4]
    pairs = [("oil price", "the oil price rises"), ("who won", "football")]
    assert predict(resumed, tokenizer, pairs, RECIPE) == pytest.approx(predict(whole, tokenizer, pairs, RECIPE), abs=1e-3)


def test_listwise_loss_by_hand() -> None:
    logits = torch.tensor([2.0, 0.0, 1.0, 5.0])
    loss = listwise_loss(logits, torch.tensor([1.0, 0.5, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0, 0.0]), torch.tensor([0, 0, 0, 1]))
    shares = np.exp([2.0, 1.0, 1.0]) / np.exp([2.0, 1.0, 1.0]).sum()
    assert float(loss) == pytest.approx(-(0.8 * np.log(shares[0]) + 0.2 * np.log(shares[1])), rel=1e-5)


def test_parts_of_a_step_sum_to_the_whole_step(base: str) -> None:
    once = replace(RECIPE, groups_per_step=4, gradient_norm=1e9)
    whole, tokenizer = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    train(whole, tokenizer, GROUPS * 2, once)
    parts, _ = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    # Binary cross-entropy is a mean over pairs, so the parts must be alike for the sum to be exact.
    train(parts, tokenizer, GROUPS * 2, replace(once, accumulate=2))
    pairs = [("oil price", "the oil price rises"), ("who won", "football")]
    assert predict(parts, tokenizer, pairs, RECIPE) == pytest.approx(predict(whole, tokenizer, pairs, RECIPE), abs=0.05)


def test_an_article_is_shown_by_the_passage_that_the_model_finds_best(base: str) -> None:
    model, tokenizer = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    passages = ("the oil price rises", "football final lost", "who won", "price")
    logits = predict(model, tokenizer, [("oil price", passage) for passage in passages], RECIPE)
    best = passages[int(logits.argmax())]
    for first in range(4):
        others = tuple(passage for passage in passages if passage != passages[first])
        group = Group("oil price", ("the final", passages[first]), (0.0, 1.0), (0.1, 0.2), {1: others})
        alone = Group("oil price", ("the final", best), (0.0, 1.0), (0.1, 0.2))
        losses = []
        for shown in (group, alone):
            fresh, _ = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
            train(fresh, tokenizer, [shown], RECIPE, on_step=lambda report, into=losses: into.append(report.loss))
        assert losses[0] == pytest.approx(losses[1], abs=1e-4)


def test_the_best_weights_are_kept_and_training_ends_when_they_get_no_better(base: str) -> None:
    model, tokenizer = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    found = iter([0.5, 0.9, 0.8, 0.7, 1.0])
    seen: list[torch.Tensor] = []

    def measure() -> float:
        seen.append(model.classifier.weight.detach().clone())
        return next(found)

    reports: list[StepReport] = []
    train(model, tokenizer, GROUPS * 8, RECIPE, validation=Validation(measure, every=1, patience=2), on_step=reports.append)
    assert [report.quality for report in reports] == [0.5, 0.9, 0.8, 0.7]
    assert torch.equal(model.classifier.weight, seen[1])
    assert not torch.equal(seen[1], seen[3])


@pytest.mark.parametrize("stopped_at", [3, 4])
def test_the_best_weights_outlive_an_interruption(base: str, tmp_path: Path, stopped_at: int) -> None:
    """Of five measurements the second is the best and comes before the interruption; the fourth uses up the patience."""
    qualities = {1: 0.5, 2: 0.9, 3: 0.8, 4: 0.7, 5: 1.0}
    measured: list[int] = []
    seen: list[torch.Tensor] = []
    reports: list[StepReport] = []

    def run(interrupted: bool) -> torch.Tensor:
        model, tokenizer = load_base(base, RECIPE.seed, RECIPE.frozen_layers)

        def measure() -> float:
            measured.append(len(measured) + 1)
            seen.append(model.classifier.weight.detach().clone())
            return qualities[measured[-1]]

        def interrupt(report: StepReport) -> None:
            reports.append(report)
            if interrupted and report.step == stopped_at:
                raise KeyboardInterrupt

        checked = Validation(measure, every=1, patience=2)
        train(
            model, tokenizer, GROUPS * 8, RECIPE, checkpoint=Checkpoint(tmp_path / "kept", every=1), validation=checked, on_step=interrupt
        )
        return model.classifier.weight.detach()

    with pytest.raises(KeyboardInterrupt):
        run(interrupted=True)
    assert torch.equal(run(interrupted=False), seen[1])
    assert measured == [1, 2, 3, 4]
    assert [report.seconds for report in reports] == sorted(report.seconds for report in reports)
    assert [report.pairs for report in reports] == sorted({report.pairs for report in reports})


def test_only_the_passage_is_truncated_beside_a_short_query_and_a_long_query_is_cut(base: str) -> None:
    _, tokenizer = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    (ids, query_length), (_, cut_length) = tokenize_pairs(
        tokenizer, ["oil price", "oil " * 50], ["football " * 50, "football " * 50], RECIPE
    )
    assert tokenizer.convert_ids_to_tokens(ids) == ["[CLS]", "oil", "price", "[SEP]", *["football"] * 7, "[SEP]"]
    assert query_length == 4
    assert cut_length == RECIPE.max_query_tokens + 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_training_runs_on_a_cuda_device_and_goes_on_there(base: str, tmp_path: Path) -> None:
    first, tokenizer = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    assert first.device.type == "cuda"
    checkpoint, look = Checkpoint(tmp_path / "kept", every=1), Validation(lambda: 0.5, every=1)
    train(first, tokenizer, GROUPS * 2, replace(RECIPE, steps=1), checkpoint=checkpoint, validation=look)
    model, _ = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    losses: list[float] = []
    train(model, tokenizer, GROUPS * 2, RECIPE, checkpoint=checkpoint, validation=look, on_step=lambda report: losses.append(report.loss))
    assert len(losses) == 1
    assert np.isfinite([*losses, *predict(model, tokenizer, [("oil", "price")], RECIPE)]).all()


def test_logits_keep_the_order_of_the_pairs(base: str) -> None:
    model, tokenizer = load_base(base, RECIPE.seed, RECIPE.frozen_layers)
    pairs = [("oil", "price"), ("who won the final", "the football final lost"), ("oil price", "rises")]
    together = predict(model, tokenizer, pairs, Recipe(max_tokens=12, tokens_per_micro_batch=12))
    alone = [float(predict(model, tokenizer, [pair], RECIPE)[0]) for pair in pairs]
    assert together == pytest.approx(alone, abs=1e-2)
