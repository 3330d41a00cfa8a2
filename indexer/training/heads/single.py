"""One head on a body of its own, by transformers' Trainer: any BERT-family checkpoint, any task of `search.heads`.

Checkpoints are kept, so that an interrupted run goes on; the state that is best on dev is what is written.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments, set_seed

from indexer.training.checkpoint import Checkpoint
from indexer.training.heads.batches import ByLength, collate
from indexer.training.heads.description import describe
from indexer.training.heads.evaluation import evaluate_head, main_measure
from indexer.training.heads.examples import Example
from indexer.training.heads.features import features_of
from indexer.training.heads.own_body import SingleRecipe, learning_rate, longest_input, open_base, prepare, tells_casing
from indexer.training.model_folder import publish_folder, require_replaceable, state_folder
from indexer.training.run_key import run_key
from indexer.training.trainer_state import last_whole, saving
from search.heads.card import HeadCard, Kind
from search.heads.network import Network, plain_forward
from search.heads.tokens import Tokens
from search.models.delta import read_config
from search.models.device import DeviceName, Placement, cpu_multiplies_bf16, placement
from search.models.loading import fingerprint, model_folder, quietly


@dataclass(frozen=True)
class StepReport:
    """What a step did; ``quality`` is the measure on dev where the head was looked at."""

    step: int
    steps: int
    loss: float | None
    quality: float | None = None


class Listener(Protocol):
    """Hears how the training gets on."""

    def stage(self, name: str) -> None: ...

    def step(self, report: StepReport) -> None: ...


def train_single(
    card: HeadCard,
    train: Sequence[Example],
    dev: Sequence[Example],
    recipe: SingleRecipe,
    out: Path,
    *,
    device: DeviceName = "auto",
    listener: Listener | None = None,
) -> HeadCard:
    """Trains a head, writes it to ``out`` and returns its card with its dev figures.

    State is kept beside ``out`` until it is done: an interrupted run goes on when it is called again with the same
    arguments. What was in ``out`` is replaced at the very end, or not at all. Raises BadInput for a base that does not
    exist or a task that it cannot do, WriterBusy when another process is training ``out``, and BroadsheetError when a
    folder cannot be written.
    """
    began = time.monotonic()
    base = model_folder(recipe.base, organisation="google-bert")
    weights = sum(path.stat().st_size for path in base.rglob("*.safetensors"))
    require_replaceable(out, needed_bytes=8 * weights)  # two checkpoints with optimizer state, the model saved
    with state_folder(out) as work:
        if listener:
            listener.stage("Reading")
        set_seed(recipe.seed)
        learner = _Learner.open(card, base, recipe)
        card, place = learner.card, placement(device, "fp32")
        features = features_of(card, learner.tokens, train)
        steps = max(1, round(recipe.epochs * -(-len(features) // (recipe.batch_size * recipe.accumulate))))
        run = run_key(fingerprint(base), card, recipe, train, dev)
        last = last_whole(Checkpoint(work, run))
        if listener:
            listener.stage("Training")
        with saving(work), quietly():
            trainer = _HeadTrainer(
                lambda: learner.figures(dev, place),
                card.kind,
                recipe.seed,
                model=learner.tuned,
                args=_arguments(recipe, steps, learning_rate(recipe, learner.network.config), work, place.device),
                train_dataset=features,
                eval_dataset=[],
                data_collator=lambda batch: collate(batch, card.kind, learner.tokens.tokenizer),
                callbacks=[EarlyStoppingCallback(recipe.patience), *([_Reports(listener)] if listener else [])],
            )
            trainer.train(resume_from_checkpoint=last)
        settings = {**asdict(recipe), "learning_rate": trainer.args.learning_rate, "steps": trainer.state.global_step}
        if listener:
            listener.stage("Saving")

        def write(part: Path) -> None:
            nonlocal card
            learner.save(part)
            figures = evaluate_head(Network.load(part, placement(device, "auto")), dev)  # as it will be served
            card = replace(card, figures={name: round(value, 4) for name, value in figures.items()})
            describe(part, card, settings, time.monotonic() - began, trainer.state.log_history)

        publish_folder(out, write)
    return card


@dataclass(frozen=True)
class _Learner:
    """A head in training: ``tuned`` is its network, with adapters where these are trained, and ``card`` says what it can read."""

    card: HeadCard
    network: Any
    tuned: Any
    tokens: Tokens

    @classmethod
    def open(cls, card: HeadCard, base: Path, recipe: SingleRecipe) -> Self:
        """A fresh head on a base, which is a model's folder or what was added to a model (search/models/delta.py)."""
        from transformers import AutoTokenizer

        plain = model_folder(read_config(base)["base"], organisation="google-bert") if (base / "delta.safetensors").is_file() else base
        tokenizer: Any = AutoTokenizer.from_pretrained(plain, local_files_only=True)
        network = open_base(card, plain, None if plain == base else base)
        longest = min(card.max_tokens, longest_input(network.config))
        card = replace(card, max_tokens=longest, casing=tells_casing(network, tokenizer, card.kind, recipe))
        return cls(card, network, prepare(network, card.kind, recipe), Tokens(tokenizer, longest, card.casing))

    def figures(self, dev: Sequence[Example], place: Placement) -> dict[str, float]:
        """The dev figures of the model as it stands; not packed, because its weights are still changing."""
        self.tuned.eval()
        figures = evaluate_head(Network(self.card, "training", self.tokens, plain_forward(self.tuned, self.card.kind), place), dev)
        self.tuned.train()
        return figures

    def save(self, folder: Path) -> None:
        """Writes model, tokenizer and card; adapters are merged into the body."""
        network = self.network if self.tuned is self.network else self.tuned.merge_and_unload()
        with quietly():
            network.to("cpu").save_pretrained(folder)
        self.tokens.tokenizer.save_pretrained(folder)
        self.card.write(folder)


class _HeadTrainer(Trainer):
    """The trainer of transformers, with our measures on dev and our order of the examples."""

    def __init__(self, measured: Callable[[], dict[str, float]], kind: Kind, seed: int, **options: Any) -> None:
        super().__init__(**options)
        self._measured, self._kind, self._seed = measured, kind, seed
        for callback in list(self.callback_handler.callbacks):  # it prints a dictionary after every look
            if type(callback).__name__ in ("PrinterCallback", "ProgressCallback"):
                self.remove_callback(callback)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        measured = self._measured()
        figures = {f"eval_{name}": value for name, value in measured.items()} | {"eval_main": main_measure(measured, self._kind)}
        self.log(figures)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, figures)
        return figures

    def _get_train_sampler(self, train_dataset: Any = None) -> ByLength:
        features: Any = self.train_dataset if train_dataset is None else train_dataset
        return ByLength([feature.tokens for feature in features], self.args.train_batch_size, self._seed)


class _Reports(TrainerCallback):
    """Tells the listener of every step and every look."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 (transformers calls it by name)
        loss = next((entry["loss"] for entry in reversed(state.log_history) if "loss" in entry), None)
        self._listener.step(StepReport(state.global_step, state.max_steps, loss))

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:  # noqa: ARG002 (as above)
        self._listener.step(StepReport(state.global_step, state.max_steps, None, (metrics or {}).get("eval_main")))


def _arguments(recipe: SingleRecipe, steps: int, rate: float, work: Path, device: torch.device) -> TrainingArguments:
    every = max(1, -(-steps // recipe.looks))
    return TrainingArguments(
        output_dir=str(work),
        max_steps=steps,
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.accumulate,
        learning_rate=rate,
        warmup_steps=recipe.warm_up_share,
        weight_decay=recipe.weight_decay,
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="main",
        greater_is_better=True,
        logging_steps=max(1, min(20, steps // 10)),
        seed=recipe.seed,
        bf16=cpu_multiplies_bf16() if device.type == "cpu" else torch.cuda.is_bf16_supported(),
        use_cpu=device.type == "cpu",
        remove_unused_columns=False,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=device.type == "cuda",
    )
