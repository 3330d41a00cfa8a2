"""A fine-tuned model stored as its difference to the model that it was trained from, a quarter of its size.

A folder holds ``delta.safetensors`` (of every tensor that training changed, the difference to the base in fp16; of
every tensor that the base does not have, the whole in its own type) and ``config.json`` (what is needed to rebuild
the model, the base's sha256 among it, and whatever the caller adds). Knows nothing of what the model is for.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.errors import BadInput

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

_CHANGED = "changed:"  # fp16 difference to the base's tensor
_NEW = "new:"  # a tensor that the base does not have


def save_delta(model: "PreTrainedModel", base_folder: Path, folder: Path, fields: Mapping[str, object]) -> None:
    """Write what ``model`` adds to the base model, and a config.json of ``fields`` plus num_labels, types and base_sha256.

    The difference of a weight is rounded to fp16, an error of at most 0.05 % of the difference itself.
    """
    import torch
    from safetensors.torch import save_file

    base = _base_tensors(model, base_folder)
    delta: dict[str, torch.Tensor] = {}
    for name, tensor in model.state_dict().items():
        tensor = tensor.detach().cpu()
        if name not in base or base[name].shape != tensor.shape:
            delta[_NEW + name] = tensor.contiguous()
        elif not torch.equal(tensor.float(), base[name].float()):
            delta[_CHANGED + name] = (tensor.float() - base[name].float()).to(torch.float16).contiguous()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(delta, folder / "delta.safetensors")
    config = {
        **fields,
        "num_labels": model.config.num_labels,
        "type_vocab_size": model.config.type_vocab_size,
        "base_sha256": weights_sha256(base_folder),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_with_delta(auto_class: Any, base_folder: Path, folder: Path) -> "PreTrainedModel":
    """The fine-tuned model in fp32, ready to evaluate.

    ``auto_class`` is the transformers class that puts the head on the base, such as AutoModelForSequenceClassification.
    Raises BadInput when the folder is incomplete or was made from another base.
    """
    import torch
    from safetensors.torch import load_file
    from transformers import AutoConfig

    config = read_config(folder)
    if config.get("base_sha256") != weights_sha256(base_folder):
        raise BadInput(
            f"The weights in {folder} were trained from another base than {base_folder}: reinstall broadsheet and its base model."
        )
    changed = {name: config[name] for name in ("num_labels", "type_vocab_size") if name in config}
    base_config = AutoConfig.from_pretrained(base_folder, local_files_only=True, **changed)
    model: PreTrainedModel = auto_class.from_config(base_config)
    state: dict[str, torch.Tensor] = {name: tensor.float() for name, tensor in _base_tensors(model, base_folder).items()}
    for key, tensor in load_file(folder / "delta.safetensors").items():
        if key.startswith(_CHANGED):
            name = key.removeprefix(_CHANGED)
            state[name] = state[name] + tensor.float()
        else:
            state[key.removeprefix(_NEW)] = tensor
    expected = model.state_dict().keys()
    if missing := expected - state.keys():
        raise BadInput(f"The weights in {folder} lack {', '.join(sorted(missing))}: the file is incomplete, reinstall broadsheet.")
    model.load_state_dict({name: state[name] for name in expected})
    model.train(False)
    return model


def read_config(folder: Path) -> dict[str, Any]:
    """The fields of a delta folder's config.json; BadInput when the folder is not one."""
    if not (folder / "delta.safetensors").is_file():
        raise BadInput(f"There are no trained weights in {folder}: delta.safetensors is missing, reinstall broadsheet.")
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return config


def weights_sha256(folder: Path) -> str:
    """The sha256 over the safetensors files of a model folder, in the order of their names, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _base_tensors(model: "PreTrainedModel", base_folder: Path) -> "dict[str, torch.Tensor]":
    """The base's tensors under the names that ``model`` gives them ("encoder…" is "bert.encoder…" below a head)."""
    from safetensors.torch import load_file

    path = base_folder / "model.safetensors"
    if not path.is_file():
        raise BadInput(f"The base model {base_folder} has no model.safetensors: give the folder of a model saved as safetensors.")
    prefix = model.base_model_prefix + "."
    known = model.state_dict().keys()
    return {name if name in known else prefix + name: tensor for name, tensor in load_file(path).items()}
