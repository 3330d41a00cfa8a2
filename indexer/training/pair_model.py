"""The BERT that a cross-encoder is trained from: any, or a trained one to go on from."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from search.errors import BadInput
from search.models.delta import load_with_delta, read_config
from search.models.device import placement
from search.models.loading import fingerprint, model_folder, quietly
from search.models.reranker import BUNDLED
from search.settings import BASE_ENCODER, DEFAULT_RERANKER

PairModel = tuple[PreTrainedModel, PreTrainedTokenizerBase]


def load_base(name: str, seed: int, frozen_layers: int) -> PairModel:
    """A BERT with a one-logit head on this machine's fastest device, its lowest layers frozen, and its tokenizer.

    `name` is a folder or hub id of a BERT, which gets a fresh head if it has none of one output; or, to go on from, the
    bundled reranker or a folder of weights stored as a difference like it. Raises BadInput when there is no such BERT.

    Eager attention: the backward pass of the fused one is slower on CPUs. No dropout: no pair is seen often enough.
    """
    torch.manual_seed(seed)
    base, delta = _folders(name)
    kind = AutoConfig.from_pretrained(base, local_files_only=True).model_type
    if kind != "bert":
        raise BadInput(f"The base model '{name}' is a '{kind}': give a BERT, which reads [CLS] query [SEP] passage [SEP].", field="base")
    with quietly():
        model: PreTrainedModel = (
            load_with_delta(AutoModelForSequenceClassification, base, delta)
            if delta
            else AutoModelForSequenceClassification.from_pretrained(
                base, num_labels=1, ignore_mismatched_sizes=True, dtype=torch.float32, local_files_only=True
            )
        )
    model.set_attn_implementation("eager")
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    freeze(model, frozen_layers)
    network: Any = model
    network.to(placement("auto", "fp32").device)
    return model, AutoTokenizer.from_pretrained(base, local_files_only=True)


def base_fingerprint(name: str) -> str:
    """What tells the model that `load_base` loads from another by the same name. Raises BadInput when there is none."""
    base, delta = _folders(name)
    return fingerprint(delta or base)


def _folders(name: str) -> tuple[Path, Path | None]:
    """The folder of a whole model, and of the difference to it where the name stands for one."""
    folder = BUNDLED if name == DEFAULT_RERANKER else Path(name)
    delta = folder if (folder / "delta.safetensors").is_file() else None
    whole = read_config(delta).get("base", BASE_ENCODER) if delta else name
    return model_folder(whole, organisation="sentence-transformers"), delta


def freeze(model: PreTrainedModel, layers: int) -> None:
    """Keep the embeddings and the lowest `layers` layers of a BERT model as they are."""
    encoder: Any = model.base_model
    for module in (encoder.embeddings, *encoder.encoder.layer[:layers]):
        for parameter in module.parameters():
            parameter.requires_grad = False
