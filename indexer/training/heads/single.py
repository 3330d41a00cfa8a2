"""One head on a body of its own, by transformers' Trainer: any BERT-family checkpoint, any task of `search.heads`.

The extra layer starts at random and, unless the body is frozen, everything is tuned. Checkpoints are kept, so that an
interrupted run goes on; the checkpoint that is best on dev is what is written.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from indexer.training.heads.evaluation import evaluate_head, main_measure
from indexer.training.heads.examples import Example
from indexer.training.heads.features import IGNORED, Feature, features_of
from search.errors import BadInput, BroadsheetError
from search.heads.card import HeadCard, Kind
from search.heads.network import Network, auto_class, plain_forward
from search.heads.tokens import Tokens
from search.models.device import DeviceName, placement
from search.models.loading import model_folder, quietly


@dataclass(frozen=True)
class SingleRecipe:
    """Everything that decides the outcome beside data and base model."""

    base: str
    seed: int = 17
    epochs: float = 3.0
    batch_size: int = 32
    accumulate: int = 1
    learning_rate: float = 5e-5
    warm_up_share: float = 0.06
    weight_decay: float = 0.01
    patience: int = 2
    """Epochs without a better dev figure after which training ends."""
    freeze_body: bool = False
    workers: int = 0


def train_single(
    card: HeadCard,
    train: Sequence[Example],
    dev: Sequence[Example],
    recipe: SingleRecipe,
    out: Path,
    *,
    device: DeviceName = "auto",
    on_progress: Callable[[int, int, float], None] | None = None,
) -> dict[str, float]:
    """Trains a head, writes it to ``out`` with its card and returns its dev figures.

    Nothing is written to ``out`` before training has ended. Raises BadInput for a base that does not exist or a task
    that it cannot do, and BroadsheetError when the folder cannot be written.
    """
    from transformers import AutoTokenizer, EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments, set_seed

    set_seed(recipe.seed)
    base = model_folder(recipe.base, organisation="google-bert")
    tokenizer: Any = AutoTokenizer.from_pretrained(base, local_files_only=True)
    tokens = Tokens(tokenizer, card.max_tokens)
    network = _fresh(card, base)
    if recipe.freeze_body:
        for parameter in network.base_model.parameters():
            parameter.requires_grad = False
    work = out.parent / f".{out.name}.training"
    tuned = placement(device, "fp32").device

    def measured(model: Any) -> dict[str, float]:
        """The dev figures of the model as it stands, in fp32 and not packed: its weights are still changing."""
        place = placement(device, "fp32")
        model.eval()
        figures = evaluate_head(Network(card, "training", tokens, plain_forward(model, card.kind), place), dev)
        model.train()
        return figures

    class _Trainer(Trainer):
        def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
            figures = {f"eval_{name}": value for name, value in measured(self.model).items()}
            figures["eval_main"] = main_measure({name.removeprefix("eval_"): value for name, value in figures.items()}, card.kind)
            self.log(figures)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, figures)
            return figures

    class _Report(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 (transformers calls it by name)
            if on_progress:
                logged = next((entry["loss"] for entry in reversed(state.log_history) if "loss" in entry), float("nan"))
                on_progress(state.global_step, state.max_steps, float(logged))

    arguments = TrainingArguments(
        output_dir=str(work),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.accumulate,
        learning_rate=recipe.learning_rate,
        warmup_steps=recipe.warm_up_share,
        weight_decay=recipe.weight_decay,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="main",
        greater_is_better=True,
        logging_steps=20,
        seed=recipe.seed,
        bf16=_has_bf16(tuned),
        use_cpu=tuned.type == "cpu",
        dataloader_num_workers=recipe.workers,
        remove_unused_columns=False,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=tuned.type == "cuda",
    )
    trainer = _Trainer(
        model=network,
        args=arguments,
        train_dataset=features_of(card, tokens, train),
        eval_dataset=[],
        data_collator=lambda batch: _collate(batch, card.kind, tokenizer),
        callbacks=[EarlyStoppingCallback(recipe.patience), _Report()],
    )
    for callback in _printers(trainer):
        trainer.remove_callback(callback)
    try:
        with quietly():
            trainer.train(resume_from_checkpoint=any(work.glob("checkpoint-*")) or None)
    except OSError as error:
        raise BroadsheetError(
            f"The checkpoint in {work} could not be written or read ({error.strerror or error}): free some space."
        ) from error
    figures = measured(trainer.model)
    _write(trainer.model, tokenizer, replace(card, figures=figures), out)
    shutil.rmtree(work, ignore_errors=True)
    return figures


def _fresh(card: HeadCard, base: Path) -> Any:
    options: dict[str, Any] = {}
    if card.kind in (Kind.CLASSIFICATION, Kind.TAGGING):
        names = dict(enumerate(card.labels))
        options = {"num_labels": len(card.labels), "id2label": names, "label2id": {label: number for number, label in names.items()}}
    elif card.kind is Kind.REGRESSION:
        options = {"num_labels": 1}
    try:
        with quietly():
            return auto_class(card.kind).from_pretrained(
                base, dtype=torch.float32, use_safetensors=True, local_files_only=True, ignore_mismatched_sizes=True, **options
            )
    except Exception as error:  # whatever a foreign model's files provoke
        raise BadInput(f"The model {base} cannot carry a head for {card.kind}: {error}", field="base") from error


def _collate(batch: Sequence[Feature], kind: Kind, tokenizer: Any) -> dict[str, torch.Tensor]:
    """Padded arrays and targets under the names that transformers' classes take."""
    encodings = [encoding for feature in batch for encoding in feature.encodings]
    arrays = dict(tokenizer.pad(encodings, return_tensors="pt"))
    if kind is Kind.CHOICE:
        if len({len(feature.encodings) for feature in batch}) > 1:
            raise BadInput("All questions of a training file must have the same number of choices.", field="train")
        arrays = {name: rows.view(len(batch), -1, rows.shape[1]) for name, rows in arrays.items()}
    if kind is Kind.SPAN:
        spans = np.array([feature.target for feature in batch])
        return arrays | {"start_positions": torch.from_numpy(spans[:, 0]), "end_positions": torch.from_numpy(spans[:, 1])}
    if kind is Kind.TAGGING:
        longest = arrays["input_ids"].shape[1]
        rows = [[*feature.target, *[IGNORED] * (longest - len(feature.target))] for feature in batch if isinstance(feature.target, tuple)]
        return arrays | {"labels": torch.tensor(rows)}
    return arrays | {"labels": torch.tensor([feature.target for feature in batch])}


def _printers(trainer: Any) -> list[Any]:
    """Trainer's own callback that prints a dictionary after every evaluation; ours shows a progress bar instead."""
    return [
        callback for callback in trainer.callback_handler.callbacks if type(callback).__name__ in ("PrinterCallback", "ProgressCallback")
    ]


def _has_bf16(device: torch.device) -> bool:
    from search.models.device import cpu_multiplies_bf16

    return cpu_multiplies_bf16() if device.type == "cpu" else torch.cuda.is_bf16_supported()


def _write(network: Any, tokenizer: Any, card: HeadCard, out: Path) -> None:
    """Writes the head aside and renames, so that a full disk leaves an earlier head as it was."""
    aside = out.parent / f".{out.name}.part"
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        with quietly():
            network.to("cpu").save_pretrained(aside)
        tokenizer.save_pretrained(aside)
        card.write(aside)
        if out.exists():
            shutil.rmtree(out)
        aside.rename(out)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise BroadsheetError(f"The head could not be written to {out} ({error.strerror or error}); nothing was changed.") from error
