"""A head that is a logistic regression on vectors of a model that stays as it is: trained in seconds, a few kilobytes.

Its folder holds the regression's weights (labels, width) and biases, and a ``config.json`` that names the model and says
by its fingerprint which one it was.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from search.errors import BadInput
from search.heads.card import HeadCard
from search.heads.identity import identity_of
from search.heads.network import LINEAR, Body, Network
from search.heads.tokens import Tokens
from search.models.bert import PackedBert
from search.models.delta import load_with_delta, read_config
from search.models.device import Placement
from search.models.loading import fingerprint, lasting_name, model_folder, quietly

Pooling = Literal["cls", "mean"]
Weights = npt.NDArray[np.float32]


def load_frozen(card: HeadCard, folder: Path, place: Placement) -> Network:
    """The head in a folder. Raises BadInput when its model is not there any more, or is another one by now."""
    from safetensors.torch import load_file

    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder / 'config.json'} cannot be read ({error}): train the head '{card.task}' again.") from error
    base = model_folder(config["base"], organisation="sentence-transformers")
    if fingerprint(base) != config["base_fingerprint"]:
        raise BadInput(f"The head '{card.task}' was trained on vectors of another model than what {config['base']} is now: train it again.")
    body = frozen_body(base, place)
    layer = {name: tensor.to(place.device) for name, tensor in load_file(folder / LINEAR).items()}

    def forward(features: dict[str, Tensor]) -> Tensor:
        return pooled(body, features, config["pooling"]) @ layer["weight"].T + layer["bias"]

    return Network(card, identity_of(card, folder), Tokens(body.tokenizer, card.max_tokens), forward, place)


def save_frozen(folder: Path, weight: Weights, bias: Weights, base: str, pooling: Pooling) -> None:
    """Writes the weights (labels, width), the biases (labels,) and what they belong to into an existing folder."""
    from safetensors.numpy import save_file

    save_file({"weight": np.ascontiguousarray(weight), "bias": np.ascontiguousarray(bias)}, folder / LINEAR)
    own = fingerprint(model_folder(base, organisation="sentence-transformers"))
    config = {"model_type": "logistic", "base": lasting_name(base), "base_fingerprint": own, "pooling": pooling}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


@cache
def frozen_body(folder: Path, place: Placement) -> Body:
    """The model in a folder, opened once per process and placement."""
    from transformers import AutoModel, AutoTokenizer

    tuned = folder if (folder / "delta.safetensors").is_file() else None
    base = model_folder(read_config(tuned)["base"], organisation="sentence-transformers") if tuned else folder
    try:
        with quietly():
            model: Any = (
                load_with_delta(AutoModel, base, tuned)
                if tuned
                else AutoModel.from_pretrained(base, dtype=torch.float32, use_safetensors=True, local_files_only=True)
            )
            tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    except Exception as error:  # whatever a foreign model's files provoke
        raise BadInput(f"The model in {folder} could not be loaded: {error}", field="base") from error
    words = model.get_input_embeddings().weight.detach()
    if place.device.type == "cpu" and PackedBert.fits(model):
        return Body(PackedBert(model, place.dtype), tokenizer, words, place)
    return Body(model.to(device=place.device, dtype=place.dtype).eval(), tokenizer, words, place)


def pooled(body: Body, features: dict[str, Tensor], pooling: Pooling) -> Tensor:
    """The last state of the first token, or the mean of all tokens' last states: (texts, width) float32."""
    if pooling == "cls":
        return body.first_states(features)
    mask = features["attention_mask"][..., None].float()  # (texts, longest, 1)
    return (body.states(features) * mask).sum(1) / mask.sum(1)
