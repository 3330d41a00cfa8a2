"""What the trainer of transformers keeps on disk: which of it is whole, and what to say when it cannot be written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from indexer.training.checkpoint import Checkpoint
from search.errors import BadInput, BroadsheetError
from search.index.durable import replace_file

_RUN = "run.json"


def last_whole(checkpoint: Checkpoint) -> str | None:
    """The newest checkpoint in the folder that can be read, None without any. A kill while saving leaves half a one.

    Raises BadInput when there are checkpoints and none is whole, and when they belong to a run with other settings.
    """
    named = checkpoint.folder / _RUN
    found = sorted(checkpoint.folder.glob("checkpoint-*"), key=lambda path: -int(path.name.rsplit("-", 1)[1]))
    if found and named.is_file() and _run_of(named) != checkpoint.run:
        raise BadInput(
            f"The checkpoints in {checkpoint.folder} belong to a run with other data or settings: delete the folder, "
            "or run the command that they come from."
        )
    checkpoint.folder.mkdir(parents=True, exist_ok=True)
    replace_file(named, json.dumps(checkpoint.run).encode())
    reasons = []
    for path in found:
        try:
            _read(path)
        except (OSError, ValueError, RuntimeError, EOFError, KeyError, SafetensorError) as error:
            reasons.append(str(error).split("\n")[0])
            continue
        return str(path)
    if found:
        raise BadInput(f"The checkpoint {found[0]} is damaged ({reasons[0]}): delete {checkpoint.folder} to train from the start.")
    return None


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Says in one sentence that something could not be written to the folder, such as on a full disk."""
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error).split("\n")[0]
        if isinstance(error, RuntimeError) and "PytorchStreamWriter" not in reason:
            raise
        raise BroadsheetError(f"{folder} cannot be written ({reason}): make room, or choose another place, and run it again.") from error


def _run_of(named: Path) -> object:
    """Which run the checkpoints beside the file belong to."""
    try:
        return json.loads(named.read_text("utf-8"))
    except ValueError as error:
        raise BadInput(f"{named} is damaged ({error}): delete {named.parent} to train from the start.") from error


def _read(path: Path) -> None:
    """Raises whatever is wrong with a checkpoint."""
    json.loads((path / "trainer_state.json").read_text("utf-8"))
    whole = path / "model.safetensors"
    with safe_open(whole if whole.is_file() else path / "adapter_model.safetensors", "pt") as weights:
        for name in weights.keys():  # noqa: SIM118 (not a dictionary)
            weights.get_slice(name).get_shape()
    for name in ("optimizer.pt", "scheduler.pt"):
        torch.load(path / name, weights_only=True, map_location="cpu")
