"""A checkpoint of the BERT family with a new layer for one task, and what of it is trained.

With the layer the whole body is tuned, or nothing of it, or adapters in it (LoRA, Hu et al. 2021), which are merged into
the body at the end.
"""

import warnings
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch
from torch import nn

from search.errors import BadInput, MissingDependency
from search.heads.card import HeadCard, Kind
from search.heads.casing import ROWS, add_casing, lacks_capitals
from search.heads.network import auto_class
from search.models.delta import load_with_delta, read_config
from search.models.loading import quietly
from search.settings import BASE_ENCODER

_SMALL = 512  # width of a body that takes larger steps


class Tuning(StrEnum):
    """What is trained beside the extra layer: the whole body, adapters in it, or nothing."""

    FULL = "full"
    ADAPTERS = "adapters"
    NONE = "none"


@dataclass(frozen=True)
class SingleRecipe:
    """Everything that decides the outcome beside data and card."""

    base: str = BASE_ENCODER
    tuning: Tuning = Tuning.FULL
    seed: int = 17
    epochs: float = 3.0
    batch_size: int = 32
    accumulate: int = 1
    learning_rate: float | None = None
    """None: 1e-4 for bodies at most 512 wide, 3e-5 for wider ones, and ten times that where the body itself is not tuned."""
    warm_up_share: float = 0.06
    weight_decay: float = 0.01
    rank: int = 16
    """Of the adapters."""
    looks: int = 8
    """How often the head is measured, and its state kept, in the whole run."""
    patience: int = 3
    """Looks in a row that may be no better than the best, before training ends."""


def open_base(card: HeadCard, base: Path, tuned: Path | None = None) -> Any:
    """The base with a new layer for the task; ``tuned`` is a folder with what was added to the base (search/models/delta.py)."""
    from transformers import AutoModel

    options: dict[str, Any] = {}
    if card.kind in (Kind.CLASSIFICATION, Kind.TAGGING):
        names = dict(enumerate(card.labels))
        options = {"num_labels": len(card.labels), "id2label": names, "label2id": {label: number for number, label in names.items()}}
    elif card.kind is Kind.REGRESSION:
        options = {"num_labels": 1}
    try:
        with quietly():
            network = auto_class(card.kind).from_pretrained(
                base,
                dtype=torch.float32,
                attn_implementation="eager",  # the backward pass of the fused one is slower on a CPU
                use_safetensors=True,
                local_files_only=True,
                ignore_mismatched_sizes=True,
                **options,
            )
            if tuned is not None:
                if read_config(tuned).get("type_vocab_size") == ROWS:
                    add_casing(network.base_model)
                network.base_model.load_state_dict(load_with_delta(AutoModel, base, tuned).state_dict(), strict=False)
    except Exception as error:  # whatever a foreign model's files provoke
        raise BadInput(f"The model {base} cannot carry a head for {card.kind}: {error}", field="base") from error
    return network


def prepare(network: Any, kind: Kind, recipe: SingleRecipe) -> Any:
    """The network with what shall not be trained frozen. BERT's pooler belongs to the extra layer, not to the body."""
    if recipe.tuning is Tuning.FULL:
        return network
    body = network.base_model
    if recipe.tuning is Tuning.NONE:
        for name, parameter in body.named_parameters():
            parameter.requires_grad = name.startswith("pooler.")
        return network
    if kind is Kind.MASK:
        raise BadInput(
            "A language model's last layer is its first: it cannot be trained with adapters, tune the whole body.", field="adapter"
        )
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise MissingDependency("Adapters need the package peft: run `pip install 'broadsheet[train]'`.") from error
    inner = {id(module) for name, module in body.named_modules() if not name.startswith("pooler")}
    targets = [name for name, module in network.named_modules() if isinstance(module, nn.Linear) and id(module) in inner]
    extra = [name for name, module in network.named_children() if module is not body and any(True for _ in module.parameters())]
    pooler = ["pooler"] if getattr(body, "pooler", None) is not None else []
    config = LoraConfig(
        r=recipe.rank, lora_alpha=2 * recipe.rank, lora_dropout=0.05, target_modules=targets, modules_to_save=extra + pooler
    )
    with quietly(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by a name that has changed
        return get_peft_model(network, config)


def tells_casing(network: Any, tokenizer: Any, kind: Kind, recipe: SingleRecipe) -> bool:
    """Whether words come with their casing: for a tagger on a body that knows small letters only and learns what it means."""
    if kind is not Kind.TAGGING or recipe.tuning is not Tuning.FULL:
        return False
    if lacks_capitals(network.config, tokenizer):
        add_casing(network.base_model)
    return bool(getattr(network.config, "type_vocab_size", 0) == ROWS)


def longest_input(config: Any) -> int:
    """Tokens that a model can read at once, special ones included. RoBERTa counts its places from after the padding's number."""
    places = int(getattr(config, "max_position_embeddings", 512))
    return places - int(config.pad_token_id) - 1 if "roberta" in config.model_type else places


def learning_rate(recipe: SingleRecipe, config: Any) -> float:
    """The largest learning rate: the recipe's, or what suits the body."""
    if recipe.learning_rate is not None:
        return recipe.learning_rate
    return (1e-4 if config.hidden_size <= _SMALL else 3e-5) * (1 if recipe.tuning is Tuning.FULL else 10)
