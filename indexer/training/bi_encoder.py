"""Training of a bi-encoder from examples: a query, a passage that answers it, passages that do not, a teacher's scores.

The loop, its schedule, its checkpoints and its choice of the best are those of sentence-transformers' trainer; ours are
the batches, which share passages between queries, and the loss (`retrieval_loss`). The module knows nothing about where
examples come from.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.base.evaluation import BaseEvaluator
from transformers import AutoModel, EarlyStoppingCallback, PrinterCallback, TrainerCallback

from indexer.training.checkpoint import Checkpoint, Validation
from indexer.training.collator import Collator
from indexer.training.objective import Objective
from indexer.training.retrieval_loss import RetrievalLoss
from indexer.training.step_log import StepLog
from indexer.training.trainer_state import last_whole, saving
from search.errors import BadInput
from search.models.delta import load_with_delta, read_config
from search.models.device import cpu_multiplies_bf16
from search.models.loading import encoder_folder, quietly

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the outcome beside the examples and the base model."""

    objective: Objective = field(default_factory=lambda: Objective(in_batch=1.0))
    seed: int = 17
    queries_per_step: int = 32
    cached: bool = False
    """Gradient caching: memory that does not grow with `queries_per_step`, for a second forward pass."""
    accumulate: int = 1
    """Batches whose gradients are summed before a step; unlike with `cached`, queries see their own batch's passages only."""
    epochs: int = 1
    steps: int | None = None
    """Stop after so many steps; None is `epochs` passes over the examples."""
    negatives: int = 1
    """Mined negatives shown per query, drawn anew each time."""
    corpus_queries: int = 0
    """Queries more per step that only `Objective.corpus` sees: no passage is read for them, so they cost little."""
    noise: int = 5
    """K: articles drawn per query from the noise distribution, by `Objective.sampled`."""
    max_query_tokens: int = 64
    max_tokens: int = 128
    frozen_layers: int = 0
    """Embeddings and this many lower layers keep the base's weights: faster, and few labels cannot teach rare words."""
    learning_rate: float = 3e-5
    warm_up: float = 0.1
    """Share of the steps in which the learning rate rises; then it falls linearly to 0."""
    weight_decay: float = 0.01
    gradient_norm: float = 1.0


@dataclass(frozen=True)
class Pool:
    """Passages that examples refer to by their row: text, and the row of the article that each is cut from."""

    texts: tuple[str, ...]
    article: Rows  # (passages,)
    untitled: npt.NDArray[np.bool_]  # (passages,): without the title, for queries that are titles


@dataclass(frozen=True)
class Example:
    """A query and rows of passages; `relevant` are articles, none of whose passages may be its negative."""

    query: str
    positive: int
    relevant: frozenset[int]
    negatives: tuple[int, ...] = ()
    candidates: tuple[int, ...] = ()
    teacher: tuple[float, ...] = ()
    """The teacher's scores, as logits, of the positive and then of each candidate."""


@dataclass(frozen=True)
class Noise:
    """Articles to draw negatives from: one passage of each, and how likely it is drawn."""

    article: Rows  # (articles,)
    passage: Rows  # (articles,)
    probability: npt.NDArray[np.float64]  # (articles,), sums to 1


@dataclass(frozen=True)
class Material:
    """What a pass is trained on. `bank` are the pool's vectors as the model made them when the examples were mined."""

    examples: Sequence[Example]
    pool: Pool
    bank: Floats | None = None  # (passages, dimension), rows of length 1; 0 for a passage that has no vector
    noise: Noise | None = None


@dataclass(frozen=True)
class StepReport:
    """What a step did; `quality` is the validation's measure where there was one after this step.

    `seconds` are those of the training so far, with what an earlier call took to the state that this one went on from.
    """

    step: int
    steps: int
    loss: float | None
    learning_rate: float | None
    quality: float | None
    seconds: float


def open_base(folder: str, recipe: Recipe, device: str | None = None) -> SentenceTransformer:
    """The base encoder in fp32, frozen as the recipe says, ready to train. BadInput if it has no layers to freeze.

    Eager attention: the backward pass of the fused one is slower on CPUs. No dropout: few passes, and distances matter.
    """
    torch.manual_seed(recipe.seed)
    options = {"attn_implementation": "eager", "dtype": torch.float32}
    with quietly():
        model = SentenceTransformer(folder, device=device, local_files_only=True, model_kwargs=options)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    network: Any = model[0].model
    getattr(network, "embeddings", network.get_input_embeddings()).requires_grad_(False)
    if recipe.frozen_layers:
        layers = getattr(getattr(network, "encoder", None), "layer", None)
        if layers is None:
            raise BadInput(f"The layers of '{folder}' cannot be frozen, as it is not built like BERT: freeze none.")
        layers[: recipe.frozen_layers].requires_grad_(False)
    return model


def open_encoder(name: str, recipe: Recipe) -> SentenceTransformer:
    """The bi-encoder of this name ready to train, whether its folder holds all of it or the difference to its base.

    Raises BadInput when there is no such model, or it cannot be loaded.
    """
    folder = encoder_folder(name)
    delta = folder if (folder / "delta.safetensors").is_file() else None
    whole = encoder_folder(read_config(delta)["base"]) if delta else folder
    try:
        model = open_base(str(whole), recipe)
    except BadInput:
        raise
    except Exception as error:  # whatever a foreign model's files provoke
        reason = str(error).split("\n")[0]
        raise BadInput(f"The model '{name}' could not be loaded as an encoder ({reason}): choose another base.", field="base") from error
    if delta:
        network: Any = model[0].model
        network.load_state_dict(load_with_delta(AutoModel, whole, delta).state_dict())
    return model


def train(
    model: SentenceTransformer,
    material: Material,
    recipe: Recipe,
    checkpoint: Checkpoint,
    *,
    validation: Validation | None = None,
    refresh: Callable[[], Material] | None = None,
    on_step: Callable[[StepReport], None] | None = None,
) -> None:
    """Trains the model in place, keeps its state in the checkpoint's folder and goes on from there if it is called again.

    With a validation, training ends when it has not been better for some time, and the best weights are left. With
    `refresh`, what it returns (as many examples, in the same order) replaces the material at every pass after the first.
    Raises BadInput when no kept state can be read, and BroadsheetError when one cannot be written.
    """
    loss = RetrievalLoss(model, recipe.objective, cached=recipe.cached, precision=precision(model.device))
    collator = Collator(model, material, recipe)
    material_callback = _Refresh(collator, loss, material, refresh)
    callbacks: list[TrainerCallback] = [material_callback, _Log(checkpoint.folder / "log.jsonl", on_step)]
    if validation is not None:
        callbacks.append(EarlyStoppingCallback(validation.patience))
    with quietly(), saving(checkpoint.folder):
        trainer = _Trainer(
            model=model,
            args=_arguments(recipe, checkpoint, validation, model.device),
            train_dataset=Dataset.from_dict({"row": list(range(len(material.examples)))}),
            loss=loss,
            evaluator=None if validation is None else _Quality(validation.measure),
            data_collator=cast(Any, collator),  # any function will do
            callbacks=callbacks,
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train(resume_from_checkpoint=last_whole(checkpoint))
    model.eval()


def _arguments(
    recipe: Recipe, checkpoint: Checkpoint, validation: Validation | None, device: torch.device
) -> SentenceTransformerTrainingArguments:
    """The recipe in the trainer's words."""
    every = validation.every if validation is not None else checkpoint.every
    return SentenceTransformerTrainingArguments(
        output_dir=str(checkpoint.folder),
        per_device_train_batch_size=recipe.queries_per_step,
        gradient_accumulation_steps=recipe.accumulate,
        num_train_epochs=recipe.epochs,
        max_steps=recipe.steps or -1,
        learning_rate=recipe.learning_rate,
        warmup_steps=recipe.warm_up,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.gradient_norm,
        seed=recipe.seed,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        eval_strategy="steps" if validation is not None else "no",
        eval_steps=every,
        load_best_model_at_end=validation is not None,
        metric_for_best_model="eval_quality" if validation is not None else None,
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,  # how many looks in a row were no better
        logging_steps=1,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        use_cpu=device.type == "cpu",
        dataloader_pin_memory=False,
    )


def precision(device: torch.device) -> torch.dtype:
    """bf16 where the device multiplies it in hardware, else fp32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if cpu_multiplies_bf16() else torch.float32


class _Trainer(SentenceTransformerTrainer):
    """The trainer without the parts that collect material for its own model card; ours is written by who calls `train`."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None: ...

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        """Of states that are equally good the last is the best, as in `checkpoint.Best`."""
        is_equal = metrics["eval_quality"] == self.state.best_metric
        if is_equal:
            self.state.best_global_step = self.state.global_step
        return super()._determine_best_metric(metrics, trial) or is_equal


class _Refresh(TrainerCallback):
    """Puts the material of each pass into collator and loss."""

    def __init__(self, collator: Collator, loss: RetrievalLoss, material: Material, refresh: Callable[[], Material] | None) -> None:
        self._collator, self._loss, self._refresh = collator, loss, refresh
        self._show(material)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:  # noqa: ARG002
        if self._refresh is not None and (state.epoch or 0) >= 1:
            self._show(self._refresh())

    def _show(self, material: Material) -> None:
        self._collator.material = material
        self._loss.bank = None if material.bank is None else torch.from_numpy(material.bank).to(self._loss.model.device)


class _Quality(BaseEvaluator):
    """The validation as the trainer asks for it."""

    def __init__(self, measure: Callable[[], float]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._measure = measure

    def __call__(self, *arguments: Any, **named: Any) -> dict[str, float]:  # noqa: ARG002
        return {"quality": self._measure()}


class _Log(TrainerCallback):
    """One JSON object a step in a file, and the same for whoever listens."""

    def __init__(self, path: Path, on_step: Callable[[StepReport], None] | None) -> None:
        self._rows, self._on_step, self._began = StepLog(path), on_step, time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:  # noqa: ARG002
        self._rows.begin(state.global_step + 1)
        self._began = time.monotonic() - self._rows.last.get("seconds", 0.0)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **others: Any) -> None:  # noqa: ARG002
        told = logs or {}
        if "loss" not in told and "eval_quality" not in told:
            return
        seconds = round(time.monotonic() - self._began, 2)
        report = StepReport(
            state.global_step, state.max_steps, told.get("loss"), told.get("learning_rate"), told.get("eval_quality"), seconds
        )
        self._rows.add({name: value for name, value in vars(report).items() if value is not None})
        if self._on_step is not None:
            self._on_step(report)
