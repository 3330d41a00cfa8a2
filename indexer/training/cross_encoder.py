"""Training of a BERT cross-encoder: [CLS] query [SEP] passage [SEP] → one logit, from groups of judged passages.

A group is a query with a few passages, most of them mined negatives. Two losses share one logit: a listwise softmax
(Cao et al. 2007, ListNet, with graded targets) orders the passages of a group, and binary cross-entropy gives the
logit a meaning across queries, which a cut-off needs. In the softmax the first stage's similarity is added to the
logit as a fixed prior, because the final order adds it, too: the model is taught what the first stage does not know.

The module knows nothing about where groups come from, how negatives are mined or what is shipped.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from search.models.batches import token_batches
from search.models.loading import quietly, readable


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the outcome beside the groups and the base model."""

    seed: int = 17
    groups_per_step: int = 6
    steps: int | None = None
    """Stop after so many steps; None is one pass over the groups."""
    tokens_per_micro_batch: int = 2048
    max_query_tokens: int = 64
    max_tokens: int = 144
    frozen_layers: int = 2
    """Word embeddings and this many lower layers keep the base model's weights, and need no room in the package."""
    learning_rate: float = 1e-4
    warm_up_steps: int = 60
    cool_down_steps: int = 300
    """The learning rate rises linearly, stays, and falls linearly to 0 in the last steps (Hägele et al. 2024), so
    that a run can be ended early from any checkpoint by giving it fewer `steps`."""
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    binary_weight: float = 1.0
    prior_weight: float = 8.0
    """Times cosine similarity is added to the logit in the softmax. Cosines of MiniLM spread over about 0.1 to 0.8."""


@dataclass(frozen=True)
class Group:
    """A query, some passages, how relevant they are (0..1) and their cosine similarity to the query."""

    query: str
    passages: tuple[str, ...]
    relevance: tuple[float, ...]
    similarity: tuple[float, ...]


@dataclass(frozen=True)
class StepReport:
    """What a step did; `loss` is the step's own, `tokens` counts what the model has read since the start of the run."""

    step: int
    steps: int
    loss: float
    tokens: int


def load_base(path: str, recipe: Recipe) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The base encoder with a fresh one-logit head, frozen as the recipe says, and its tokenizer.

    Eager attention: the backward pass of the fused one is slower on CPUs. No dropout: no pair is seen often enough.
    """
    torch.manual_seed(recipe.seed)
    with quietly():
        model = AutoModelForSequenceClassification.from_pretrained(
            path,
            num_labels=1,
            attn_implementation="eager",
            attention_probs_dropout_prob=0.0,
            hidden_dropout_prob=0.0,
            dtype=torch.float32,
        )
    freeze(model, recipe.frozen_layers)
    return model, AutoTokenizer.from_pretrained(path)


def freeze(model: PreTrainedModel, layers: int) -> None:
    """Keep the embeddings and the lowest `layers` layers of a BERT model as they are."""
    encoder: Any = model.base_model
    for module in (encoder.embeddings, *encoder.encoder.layer[:layers]):
        for parameter in module.parameters():
            parameter.requires_grad = False


def tokenize_pairs(
    tokenizer: PreTrainedTokenizerBase, queries: Sequence[str], passages: Sequence[str], recipe: Recipe
) -> list[tuple[list[int], int]]:
    """Per pair its token ids and how many of them belong to the query's segment. A long query is cut before the passage."""
    begin, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    heads = _token_ids(tokenizer, queries, recipe.max_query_tokens)
    tails = _token_ids(tokenizer, passages, recipe.max_tokens)
    return [
        ([begin, *head, end, *tail[: recipe.max_tokens - len(head) - 3], end], len(head) + 2)
        for head, tail in zip(heads, tails, strict=True)
    ]


def predict(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    pairs: Sequence[tuple[str, str]],
    recipe: Recipe,
) -> npt.NDArray[np.float32]:
    """One logit per (query, passage), in order (n,) float32, computed in bfloat16 where autocast has it."""
    model.train(False)
    encoded = tokenize_pairs(tokenizer, [pair[0] for pair in pairs], [pair[1] for pair in pairs], recipe)
    logits = np.empty(len(pairs), np.float32)
    with torch.inference_mode(), _autocast(model):
        for rows in token_batches([len(ids) for ids, _ in encoded], recipe.tokens_per_micro_batch):
            batch = _collate([encoded[row] for row in rows], model.device)
            logits[rows] = model(**batch).logits[:, 0].float().cpu().numpy()
    return logits


def listwise_loss(logits: torch.Tensor, relevance: torch.Tensor, prior: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """Cross-entropy between relevance² (made to sum to 1) and softmax(logit + prior), averaged over groups.

    All arguments are (pairs,); `group` numbers the group of each pair, ascending. Groups without anything relevant
    count 0.
    """
    losses = []
    for number in torch.unique(group):
        members = group == number
        target = relevance[members] ** 2
        if target.sum() > 0:
            log_share = functional.log_softmax(logits[members] + prior[members], dim=0)
            losses.append(-(target / target.sum() * log_share).sum())
    return torch.stack(losses).mean() if losses else logits.sum() * 0.0


def train(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    groups: Sequence[Group],
    recipe: Recipe,
    *,
    checkpoint: Path | None = None,
    checkpoint_every: int = 200,
    on_step: Callable[[StepReport], None] | None = None,
) -> None:
    """Trains the model in place, one pass over the groups in an order drawn from the seed.

    With `checkpoint` (a folder) the state is kept there every `checkpoint_every` steps, and an interrupted run with
    the same arguments goes on from it.
    """
    order = np.random.default_rng(recipe.seed).permutation(len(groups))
    one_pass = math.ceil(len(groups) / recipe.groups_per_step)
    steps = min(one_pass, recipe.steps or one_pass)
    trained = {name: value for name, value in model.named_parameters() if value.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)
    done = _resume(model, optimizer, checkpoint) if checkpoint else 0
    tokens = 0
    for step in range(done, steps):
        model.train()
        rows = order[step * recipe.groups_per_step : (step + 1) * recipe.groups_per_step]
        loss, read = _step(model, tokenizer, [groups[row] for row in rows], recipe)
        torch.nn.utils.clip_grad_norm_(trained.values(), recipe.gradient_norm)
        for settings in optimizer.param_groups:
            settings["lr"] = recipe.learning_rate * _learning_rate_share(step, steps, recipe)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += read
        if checkpoint and ((step + 1) % checkpoint_every == 0 or step + 1 == steps):
            _keep(model, optimizer, step + 1, checkpoint)
        if on_step:
            on_step(StepReport(step + 1, steps, loss, tokens))
    model.train(False)


def _step(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, groups: Sequence[Group], recipe: Recipe) -> tuple[float, int]:
    """Forward and backward over some groups: the loss and the number of tokens. Leaves the gradients in the model."""
    encoded = tokenize_pairs(
        tokenizer,
        [group.query for group in groups for _ in group.passages],
        [passage for group in groups for passage in group.passages],
        recipe,
    )
    device = model.device
    relevance = torch.tensor([value for group in groups for value in group.relevance], device=device)
    similarity = torch.tensor([value for group in groups for value in group.similarity], device=device)
    number = torch.tensor([i for i, group in enumerate(groups) for _ in group.passages], device=device)
    parts, places = [], []
    with _autocast(model):
        for rows in token_batches([len(ids) for ids, _ in encoded], recipe.tokens_per_micro_batch):
            parts.append(model(**_collate([encoded[row] for row in rows], device)).logits[:, 0].float())
            places.append(torch.from_numpy(rows).to(device))
    logits = torch.cat(parts)[torch.argsort(torch.cat(places))]  # (pairs,), in the order of the groups
    loss = listwise_loss(logits, relevance, recipe.prior_weight * similarity, number)
    loss = loss + recipe.binary_weight * functional.binary_cross_entropy_with_logits(logits, relevance)
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach()), sum(len(ids) for ids, _ in encoded)


def _autocast(model: PreTrainedModel) -> torch.autocast:
    return torch.autocast(model.device.type, dtype=torch.bfloat16)


def _token_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], limit: int) -> list[list[int]]:
    cut = [readable(text, limit) for text in texts]
    encoded = tokenizer(cut, add_special_tokens=False, truncation=True, max_length=limit)
    ids: list[list[int]] = encoded["input_ids"]
    return ids


def _collate(pairs: Sequence[tuple[list[int], int]], device: torch.device) -> dict[str, torch.Tensor]:
    """Padded token ids, segment ids and mask, each (pairs, longest)."""
    longest = max(len(ids) for ids, _ in pairs)
    input_ids = torch.zeros((len(pairs), longest), dtype=torch.long)
    segment = torch.zeros_like(input_ids)
    mask = torch.zeros_like(input_ids)
    for row, (ids, query_length) in enumerate(pairs):
        input_ids[row, : len(ids)] = torch.tensor(ids)
        segment[row, query_length : len(ids)] = 1
        mask[row, : len(ids)] = 1
    return {
        "input_ids": input_ids.to(device),
        "token_type_ids": segment.to(device),
        "attention_mask": mask.to(device),
    }


def _learning_rate_share(step: int, steps: int, recipe: Recipe) -> float:
    return min(1.0, (step + 1) / max(1, recipe.warm_up_steps), (steps - step) / max(1, recipe.cool_down_steps))


def _keep(model: PreTrainedModel, optimizer: torch.optim.Optimizer, step: int, folder: Path) -> None:
    """Writes weights and optimizer state beside the old ones and renames, so that a kill leaves one of both whole."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"model.{name}": value.detach() for name, value in model.named_parameters() if value.requires_grad}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items()}
    tensors["step"] = torch.tensor(step)
    aside = folder / "state.safetensors.part"
    save_file({name: value.contiguous() for name, value in tensors.items()}, aside)
    aside.replace(folder / "state.safetensors")


def _resume(model: PreTrainedModel, optimizer: torch.optim.Optimizer, folder: Path) -> int:
    """Puts a kept state back into model and optimizer; the number of steps that were done, 0 without one."""
    path = folder / "state.safetensors"
    if not path.exists():
        return 0
    tensors = load_file(path)
    restore_weights(model, tensors)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return int(tensors["step"])


def restore_weights(model: PreTrainedModel, tensors: dict[str, torch.Tensor]) -> None:
    """Puts the weights of a checkpoint's tensors into the model."""
    weights = {name.removeprefix("model."): value for name, value in tensors.items() if name.startswith("model.")}
    model.load_state_dict(weights, strict=False)
