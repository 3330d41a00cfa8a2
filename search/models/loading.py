"""From the name of a model to the folder of its files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search.errors import BadInput
from search.models.bundled import bundled_encoder_folder
from search.settings import DEFAULT_ENCODER

# What is fetched from a hub: weights as safetensors (never pickle), configurations and vocabularies (never code).
_FILES = ["*.safetensors", "*.json", "*.txt", "*.model"]


def model_folder(name: str, *, organisation: str) -> Path:
    """The folder of the bundled encoder, of a local model, or of a hub model, which is downloaded where it is missing.

    ``organisation`` owns the hub models whose names are given without an owner. Raises BadInput when there is no such
    model, and when its weights are not safetensors.
    """
    if name == DEFAULT_ENCODER:
        return bundled_encoder_folder()
    folder = Path(name)
    if not folder.is_dir():
        folder = _from_hub(name, organisation)
    pickled = [path for path in folder.rglob("*.bin") if not any(path.parent.glob("*.safetensors"))]
    if pickled or not any(folder.rglob("*.safetensors")):
        raise BadInput(f"The model '{name}' has no safetensors weights and pickles are never loaded: save it again as safetensors.")
    return folder


@contextmanager
def quietly() -> Iterator[None]:
    """Loads a model without transformers' progress bars and reports, which would mix with our own output."""
    from transformers.utils import logging as library_logging

    logging: Any = library_logging  # untyped

    verbosity = logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _from_hub(name: str, organisation: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name if "/" in name else f"{organisation}/{name}", allow_patterns=_FILES))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"There is no model '{name}': it is not a folder, and it is neither in the local cache of the Hugging Face hub nor could it be "
            "downloaded; give the path of a folder with the model, or download it once while online."
        ) from error
