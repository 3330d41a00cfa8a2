"""The state of a training run between its steps: kept on disk to go on from, and the best weights in memory to end with."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from search.errors import BadInput

_STATE = "state.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """Where a run is kept and after how many steps; `run` tells it from others: what else the outcome depends on."""

    folder: Path
    run: str = ""
    every: int = 200


@dataclass(frozen=True)
class Validation:
    """How good the model is, higher is better, measured again and again; the best weights are what training leaves."""

    measure: Callable[[], float]
    every: int = 200
    patience: int = 3
    """Measurements in a row that may be no better than the best, before training ends."""


class Best:
    """Keeps the weights of the best measurement so far."""

    def __init__(self, validation: Validation, trained: Mapping[str, torch.Tensor]) -> None:
        self.every = validation.every
        self._validation, self._trained = validation, trained
        self._highest, self._worse = -math.inf, 0
        self._weights: dict[str, torch.Tensor] = {}

    @property
    def is_stale(self) -> bool:
        return self._worse >= self._validation.patience

    def look(self) -> float:
        """Measures, and keeps the weights if they are the best so far."""
        value = self._validation.measure()
        self._worse = 0 if value > self._highest else self._worse + 1
        if value > self._highest:
            self._highest = value
            self._weights = {name: tensor.detach().clone() for name, tensor in self._trained.items()}
        return value

    def restore(self) -> None:
        for name, tensor in self._weights.items():
            self._trained[name].data.copy_(tensor)


def keep(model: PreTrainedModel, optimizer: torch.optim.Optimizer, step: int, checkpoint: Checkpoint) -> None:
    """Writes weights and optimizer state beside the old ones and renames, so that a kill leaves one of both whole."""
    checkpoint.folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"model.{name}": value.detach() for name, value in model.named_parameters() if value.requires_grad}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items()}
    tensors["step"] = torch.tensor(step)
    aside = checkpoint.folder / "state.safetensors.part"
    save_file({name: value.contiguous() for name, value in tensors.items()}, aside, {"run": checkpoint.run})
    aside.replace(checkpoint.folder / _STATE)


def resume(model: PreTrainedModel, optimizer: torch.optim.Optimizer, checkpoint: Checkpoint) -> int:
    """Puts a kept state back into model and optimizer; the number of steps that were done, 0 without one."""
    path = checkpoint.folder / _STATE
    if not path.exists():
        return 0
    try:
        with safe_open(path, "pt") as opened:
            run = (opened.metadata() or {}).get("run", "")
        tensors = load_file(path)
        step = int(tensors["step"])
    except (SafetensorError, OSError, KeyError) as error:
        raise BadInput(f"The checkpoint {path} is damaged ({error}): delete it to train from the start.") from error
    if run != checkpoint.run:
        raise BadInput(
            f"The checkpoint {path} belongs to a run with other data or settings: delete it, or choose another folder for this run."
        )
    restore_weights(model, tensors)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return step


def restore_weights(model: PreTrainedModel, tensors: dict[str, torch.Tensor]) -> None:
    """Puts the weights of a checkpoint's tensors into the model."""
    weights = {name.removeprefix("model."): value for name, value in tensors.items() if name.startswith("model.")}
    model.load_state_dict(weights, strict=False)
