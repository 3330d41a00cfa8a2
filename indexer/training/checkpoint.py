"""The state of a training run between its steps: kept on disk to go on from, and the best weights in memory to end with."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

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


@dataclass(frozen=True)
class Progress:
    """How far a run has come: steps that were done, and what they took."""

    step: int = 0
    tokens: int = 0
    pairs: int = 0
    seconds: float = 0.0


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
        """Measures, and keeps the weights if none so far are better: of equals the last, which have learned most."""
        value = self._validation.measure()
        self._worse = 0 if value > self._highest else self._worse + 1
        if value >= self._highest:
            self._highest = value
            self._weights = {name: tensor.detach().clone() for name, tensor in self._trained.items()}
        return value

    def restore(self) -> None:
        for name, tensor in self._weights.items():
            self._trained[name].data.copy_(tensor)

    def state(self) -> dict[str, torch.Tensor]:
        """What a run that goes on has to know of the measurements so far."""
        return {
            **{f"weights.{name}": tensor for name, tensor in self._weights.items()},
            "highest": torch.tensor(self._highest, dtype=torch.float64),
            "worse": torch.tensor(self._worse),
        }

    def load_state(self, state: Mapping[str, torch.Tensor]) -> None:
        """Goes on from what `state` returned. Raises KeyError when it lacks something."""
        self._highest, self._worse = float(state["highest"]), int(state["worse"])
        self._weights = _below("weights.", state)


def keep(model: nn.Module, optimizer: torch.optim.Optimizer, best: Best | None, progress: Progress, checkpoint: Checkpoint) -> None:
    """Writes the state beside the old one and renames, so that a kill leaves one of both whole.

    It holds the trained weights, the optimizer's state, the best weights with their measure, and how far the run is.
    """
    checkpoint.folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"model.{name}": value.detach() for name, value in model.named_parameters() if value.requires_grad}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items()}
    if best is not None:
        tensors |= {f"best.{name}": value for name, value in best.state().items()}
    tensors |= {f"progress.{name}": torch.tensor(value, dtype=torch.float64) for name, value in vars(progress).items()}
    aside = checkpoint.folder / "state.safetensors.part"
    save_file({name: value.contiguous() for name, value in tensors.items()}, aside, {"run": checkpoint.run})
    aside.replace(checkpoint.folder / _STATE)


def resume(model: nn.Module, optimizer: torch.optim.Optimizer, best: Best | None, checkpoint: Checkpoint) -> Progress:
    """Puts a kept state back into model, optimizer and best; how far the run had come, the beginning without a state.

    Raises BadInput when the state is damaged or another run's.
    """
    path = checkpoint.folder / _STATE
    if not path.exists():
        return Progress()
    try:
        with safe_open(path, "pt") as opened:
            run = (opened.metadata() or {}).get("run", "")
        tensors = load_file(path)
        told = _below("progress.", tensors)
        progress = Progress(int(told["step"]), int(told["tokens"]), int(told["pairs"]), float(told["seconds"]))
        if best is not None and run == checkpoint.run:
            best.load_state(_below("best.", tensors))
    except (SafetensorError, OSError, KeyError) as error:
        raise BadInput(f"The checkpoint {path} is damaged ({error}): delete it to train from the start.") from error
    if run != checkpoint.run:
        raise BadInput(
            f"The checkpoint {path} belongs to a run with other data or settings: delete it, or choose another folder for this run."
        )
    model.load_state_dict(_below("model.", tensors), strict=False)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in _below("optimizer.", tensors).items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return progress


def _below(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors whose names begin so, without the prefix."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
