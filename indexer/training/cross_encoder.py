"""Training of a BERT cross-encoder: [CLS] query [SEP] passage [SEP] → one logit, from groups of judged passages.

A group is a query with a few passages, most of them mined negatives. Two losses share one logit: a listwise softmax
(Cao et al. 2007, ListNet, with graded targets) orders the passages of a group, and binary cross-entropy gives the
logit a meaning across queries, which a cut-off needs. In the softmax the first stage's evidence is added to the
logit as a fixed prior, because the final order adds it, too: the model is taught what the first stage does not know.
Of a relevant article with several passages, the one counts that the model itself finds best at the time.

The module knows nothing about where groups come from, how negatives are mined or what is shipped.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from indexer.training.checkpoint import Best, Checkpoint, Progress, Validation, keep, resume
from search.models.batches import token_batches
from search.models.device import cpu_multiplies_bf16
from search.models.loading import readable


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the outcome beside the groups and the base model."""

    seed: int = 17
    groups_per_step: int = 6
    accumulate: int = 1
    """Parts of a step whose gradients are summed, so that a large step fits into little memory."""
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
    that a run can be ended early from any checkpoint by giving it fewer `steps`. A short run rises in a fifth of its
    steps at most, and falls in half of them."""
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    binary_weight: float = 1.0
    prior_weight: float = 8.0
    """Times the first stage's evidence (0..1) is added to the logit in the softmax."""


@dataclass(frozen=True)
class Group:
    """A query, some passages, how relevant they are (0..1) and the first stage's evidence for each (0..1).

    `others` are further passages of the same article, by the place of the one in `passages`.
    """

    query: str
    passages: tuple[str, ...]
    relevance: tuple[float, ...]
    evidence: tuple[float, ...]
    others: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class StepReport:
    """What a step did; `loss` is the step's own, the last three count from the start of the run.

    `quality` is the validation's measure where there was one after this step.
    """

    step: int
    steps: int
    loss: float
    learning_rate: float
    quality: float | None
    tokens: int
    pairs: int
    seconds: float


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
    checkpoint: Checkpoint | None = None,
    validation: Validation | None = None,
    on_step: Callable[[StepReport], None] | None = None,
) -> None:
    """Trains the model in place, one pass over the groups in an order drawn from the seed.

    With a checkpoint the state, with the best weights so far, is kept every so many steps and when the run is interrupted,
    and a run with the same arguments goes on from it. With a validation the best weights are kept instead of the last.
    Raises BadInput when the checkpoint is damaged or another run's.
    """
    order = np.random.default_rng(recipe.seed).permutation(len(groups))
    one_pass = math.ceil(len(groups) / recipe.groups_per_step)
    steps = min(one_pass, recipe.steps or one_pass)
    trained = {name: value for name, value in model.named_parameters() if value.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)
    best = Best(validation, trained) if validation else None
    done = kept = resume(model, optimizer, best, checkpoint) if checkpoint else Progress()
    began = time.monotonic() - done.seconds
    try:
        while done.step < steps and not (best and best.is_stale):
            rows = order[done.step * recipe.groups_per_step : (done.step + 1) * recipe.groups_per_step]
            rate = recipe.learning_rate * _learning_rate_share(done.step, steps, recipe)
            loss, read = _step(model, tokenizer, optimizer, [groups[row] for row in rows], recipe, rate)
            pairs = sum(len(groups[row].passages) for row in rows)
            done = Progress(done.step + 1, done.tokens + read, done.pairs + pairs, time.monotonic() - began)
            is_last = done.step == steps
            quality = best.look() if best and (done.step % best.every == 0 or is_last) else None
            if checkpoint and (done.step % checkpoint.every == 0 or is_last or (best and best.is_stale)):
                keep(model, optimizer, best, done, checkpoint)
                kept = done
            if on_step:
                on_step(StepReport(done.step, steps, loss, rate, quality, done.tokens, done.pairs, time.monotonic() - began))
    except KeyboardInterrupt:
        if checkpoint and done != kept:
            keep(model, optimizer, best, done, checkpoint)
        raise
    if best:
        best.restore()
    model.train(False)


def _step(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    optimizer: torch.optim.Optimizer,
    groups: Sequence[Group],
    recipe: Recipe,
    rate: float,
) -> tuple[float, int]:
    """One optimiser step over some groups, in parts: the loss and the number of tokens."""
    groups = _with_best_passages(model, tokenizer, groups, recipe)
    model.train()
    size = math.ceil(len(groups) / recipe.accumulate)
    loss, tokens = 0.0, 0
    for first in range(0, len(groups), size):
        part = groups[first : first + size]
        value, read = _backward(model, tokenizer, part, recipe, len(part) / len(groups))
        loss, tokens = loss + value, tokens + read
    torch.nn.utils.clip_grad_norm_([value for each in optimizer.param_groups for value in each["params"]], recipe.gradient_norm)
    for settings in optimizer.param_groups:
        settings["lr"] = rate
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss, tokens


def _backward(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, groups: Sequence[Group], recipe: Recipe, share: float
) -> tuple[float, int]:
    """Forward and backward over some groups, the loss times their share of the step. Leaves the gradients in the model."""
    encoded = tokenize_pairs(
        tokenizer,
        [group.query for group in groups for _ in group.passages],
        [passage for group in groups for passage in group.passages],
        recipe,
    )
    device = model.device
    relevance = torch.tensor([value for group in groups for value in group.relevance], device=device)
    evidence = torch.tensor([value for group in groups for value in group.evidence], device=device)
    number = torch.tensor([i for i, group in enumerate(groups) for _ in group.passages], device=device)
    parts, places = [], []
    with _autocast(model):
        for rows in token_batches([len(ids) for ids, _ in encoded], recipe.tokens_per_micro_batch):
            parts.append(model(**_collate([encoded[row] for row in rows], device)).logits[:, 0].float())
            places.append(torch.from_numpy(rows).to(device))
    logits = torch.cat(parts)[torch.argsort(torch.cat(places))]  # (pairs,), in the order of the groups
    loss = listwise_loss(logits, relevance, recipe.prior_weight * evidence, number)
    loss = share * (loss + recipe.binary_weight * functional.binary_cross_entropy_with_logits(logits, relevance))
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach()), sum(len(ids) for ids, _ in encoded)


def _with_best_passages(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, groups: Sequence[Group], recipe: Recipe) -> list[Group]:
    """The groups, each article with several passages shown by the one that the model gives the highest logit now."""
    choices = list(_choices(groups))
    if not choices:
        return list(groups)
    pairs = [(groups[number].query, text) for number, _, texts in choices for text in texts]
    logits = predict(model, tokenizer, pairs, recipe)
    chosen = list(groups)
    first = 0
    for number, place, texts in choices:
        best = texts[int(np.argmax(logits[first : first + len(texts)]))]
        first += len(texts)
        shown = chosen[number].passages
        chosen[number] = replace(chosen[number], passages=(*shown[:place], best, *shown[place + 1 :]))
    return chosen


def _choices(groups: Sequence[Group]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Group, place and passages of each article that has several."""
    for number, group in enumerate(groups):
        for place, others in group.others.items():
            if others:
                yield number, place, (group.passages[place], *others)


def _autocast(model: PreTrainedModel) -> torch.autocast:
    """bfloat16 where the device multiplies it in hardware, else fp32."""
    fast = torch.cuda.is_bf16_supported() if model.device.type == "cuda" else cpu_multiplies_bf16()
    return torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=fast)


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
    warm_up, cool_down = min(recipe.warm_up_steps, steps // 5), min(recipe.cool_down_steps, steps // 2)
    return min(1.0, (step + 1) / max(1, warm_up), (steps - step) / max(1, cool_down))
