"""One body under many heads, trained together (Liu et al. 2019, MT-DNN): each step takes a batch of one task.

Every task is passed through as often as it says, its batches spread evenly over the whole run. Word embeddings and the
lowest layers keep the base's weights. Knows nothing of files or of what the tasks mean.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from indexer.training.checkpoint import Checkpoint, Progress, keep, resume
from indexer.training.heads.features import IGNORED, Feature
from search.heads.card import HeadCard, Kind
from search.heads.casing import add_casing
from search.heads.network import TOP, padded
from search.heads.tops import FirstTop, MaskTop, make_top
from search.models.batches import token_batches
from search.models.delta import save_delta
from search.models.loading import quietly

_TYPES = "embeddings.token_type_embeddings.weight"
"""New rows of it, which say how words are capitalised, learn as fast as the tops."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the outcome beside data and base model."""

    seed: int = 17
    share: float = 1.0
    """Of all steps that the tasks ask for; less than 1 for a trial."""
    frozen_layers: int = 1
    body_learning_rate: float = 1e-4
    top_learning_rate: float = 5e-4
    warm_up_share: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    gradient_norm: float = 1.0


@dataclass(frozen=True)
class Task:
    """A head to be, what it learns from, how often it sees all of it, and how many tokens make a batch. A head may have several."""

    card: HeadCard
    features: Sequence[Feature]
    epochs: float = 3.0
    tokens_per_step: int = 1024
    until: float = 1.0
    """The share of the run after which it has no steps any more."""


class QuickDropout(nn.Module):
    """Dropout that takes its chances from numpy: torch draws them one by one on a CPU, a quarter of the time of a step.

    The probability is rounded to a 256th.
    """

    def __init__(self, probability: float, seed: Sequence[int]) -> None:
        """Modules with the same seed drop the same units, so each needs its own."""
        super().__init__()
        self._dropped = round(probability * 256)
        self._bits = np.random.Generator(np.random.SFC64(seed))

    def forward(self, states: Tensor) -> Tensor:
        """States of any shape, some of them 0 and the others larger in proportion while training."""
        if not self.training or not self._dropped:
            return states
        chances = torch.from_numpy(np.frombuffer(self._bits.bytes(states.numel()), np.uint8).copy()).view(states.shape)
        keep = (chances >= self._dropped).to(states.device, states.dtype) * (256 / (256 - self._dropped))
        return states * keep


@dataclass
class Trainee:
    """The body and the tops while they are trained."""

    body: Any
    tokenizer: Any
    tops: nn.ModuleDict
    cards: Mapping[str, HeadCard] = field(default_factory=dict)


@dataclass(frozen=True)
class StepReport:
    """What a step did: ``loss`` is that of its one task."""

    step: int
    steps: int
    task: str
    loss: float
    quality: None = None
    """Nothing is measured on the way."""


def make_trainee(base: str, cards: Sequence[HeadCard], recipe: Recipe) -> Trainee:
    """The base model with a fresh top for every card; dropout as the recipe says, embeddings and lowest layers frozen."""
    from transformers import AutoModel, AutoTokenizer

    torch.manual_seed(recipe.seed)
    with quietly():
        body: Any = AutoModel.from_pretrained(
            base,
            attn_implementation="eager",
            hidden_dropout_prob=recipe.dropout,
            attention_probs_dropout_prob=0.0,
            dtype=torch.float32,
        )
        tokenizer = AutoTokenizer.from_pretrained(base)
    for number, layer in enumerate(body.encoder.layer):
        layer.attention.output.dropout = QuickDropout(recipe.dropout, [recipe.seed, number, 0])
        layer.output.dropout = QuickDropout(recipe.dropout, [recipe.seed, number, 1])
    if any(card.casing for card in cards):
        add_casing(body)
    for module in (body.embeddings, *([body.pooler] if body.pooler is not None else [])):
        module.requires_grad_(False)
    if any(card.casing for card in cards):
        body.embeddings.token_type_embeddings.weight.requires_grad = True
    freeze_lowest(body, recipe.frozen_layers)
    tops = nn.ModuleDict({card.task: make_top(card.kind, len(card.labels), body.config, recipe.dropout) for card in cards})
    return Trainee(body, tokenizer, tops, {card.task: card for card in cards})


def freeze_lowest(body: Any, layers: int) -> None:
    """From now on the lowest layers of a body stay as they are and the others are tuned."""
    for number, layer in enumerate(body.encoder.layer):
        layer.requires_grad_(number >= layers)


def train_shared(
    trainee: Trainee,
    tasks: Sequence[Task],
    recipe: Recipe,
    *,
    checkpoint: Checkpoint | None = None,
    on_step: Callable[[StepReport], None] | None = None,
) -> None:
    """Trains body and tops in place. An interrupted run goes on from the last state of its ``checkpoint``.

    Raises BadInput when the state there is another run's.
    """
    body = [*trainee.body.named_parameters()]
    parameters = [
        {"params": [p for name, p in body if p.requires_grad and name != _TYPES], "lr": recipe.body_learning_rate},
        {
            "params": [*(p for name, p in body if p.requires_grad and name == _TYPES), *trainee.tops.parameters()],
            "lr": recipe.top_learning_rate,
        },
    ]
    optimizer = torch.optim.AdamW(parameters, weight_decay=recipe.weight_decay, fused=True)
    highest = [group["lr"] for group in optimizer.param_groups]
    whole = nn.ModuleDict({"body": trainee.body, "tops": trainee.tops})
    done = resume(whole, optimizer, None, checkpoint).step if checkpoint else 0
    streams = [_stream(task, [recipe.seed, number]) for number, task in enumerate(tasks)]
    turns = plan(tasks, recipe)
    try:
        for step, number in enumerate(turns):
            batch = next(streams[number])
            if step < done:
                continue  # the streams go on where they were
            share = _learning_rate_share(step, len(turns), recipe)
            for group, rate in zip(optimizer.param_groups, highest, strict=True):
                group["lr"] = rate * share
            loss = _step(trainee, tasks[number].card, batch, optimizer, recipe)
            done = step + 1
            if checkpoint and (done % checkpoint.every == 0 or done == len(turns)):
                keep(whole, optimizer, None, Progress(step=done), checkpoint)
            if on_step:
                on_step(StepReport(done, len(turns), tasks[number].card.task, loss))
    except KeyboardInterrupt:
        if checkpoint:
            keep(whole, optimizer, None, Progress(step=done), checkpoint)
        raise
    trainee.body.eval()
    trainee.tops.eval()


def _step(trainee: Trainee, card: HeadCard, batch: Sequence[Feature], optimizer: torch.optim.Optimizer, recipe: Recipe) -> float:
    """One step on a batch; its loss."""
    trainee.body.train()
    trainee.tops.train()
    loss = task_loss(trainee, card, batch)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], recipe.gradient_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(loss.detach())


def task_loss(trainee: Trainee, card: HeadCard, batch: Sequence[Feature]) -> Tensor:
    """The mean loss of a batch: cross-entropy, or squared error for a regression."""
    device = trainee.body.device
    encodings = [encoding for feature in batch for encoding in feature.encodings]
    features = padded(encodings, trainee.tokenizer.pad_token_id or 0, device)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        states = trainee.body(**features).last_hidden_state  # (texts, longest, width)
        top = trainee.tops[card.task]
        if isinstance(top, MaskTop):
            return _mask_loss(top, states, trainee.body.get_input_embeddings().weight, batch)
        logits = (top(states[:, 0]) if isinstance(top, FirstTop) else top(states)).float()
    if card.kind is Kind.REGRESSION:
        return functional.mse_loss(logits[:, 0], torch.tensor([feature.target for feature in batch], device=device))
    if card.kind is Kind.TAGGING:
        return functional.cross_entropy(logits.flatten(0, 1), _per_token(batch, logits).flatten(), ignore_index=IGNORED)
    if card.kind is Kind.SPAN:
        spans = torch.tensor([_tags(feature) for feature in batch], device=device)  # (texts, 2)
        # Only tokens of the passage, and [CLS] for "no answer", can be chosen.
        passage = features["token_type_ids"].bool() & features["attention_mask"].bool()
        passage[:, 0] = True
        logits = logits.masked_fill(~passage[..., None], -1e4)
        return (functional.cross_entropy(logits[..., 0], spans[:, 0]) + functional.cross_entropy(logits[..., 1], spans[:, 1])) / 2
    targets = torch.tensor([feature.target for feature in batch], device=device)
    if card.kind is Kind.CHOICE:
        counts = [len(feature.encodings) for feature in batch]
        rows_of = torch.nn.utils.rnn.pad_sequence(list(logits[:, 0].split(counts)), batch_first=True, padding_value=-1e4)
        return functional.cross_entropy(rows_of, targets)
    return functional.cross_entropy(logits, targets)


def save_shared(trainee: Trainee, base: Path, folder: Path, body: str = "body", fields: Mapping[str, object] | None = None) -> None:
    """Writes the body as its difference to the base, and one folder per head with its top in fp16 and its card.

    ``fields`` go into the body's config.json; ``base`` among them names the base, the bundled encoder where it is missing.
    """
    if trainee.body.pooler is not None:
        trainee.body.pooler = None  # every head has its own
    save_delta(trainee.body, base, folder / body, fields or {})
    for task, card in trainee.cards.items():
        place = folder / task
        place.mkdir(parents=True, exist_ok=True)
        state = {name: tensor.detach().cpu().to(torch.float16).contiguous() for name, tensor in trainee.tops[task].state_dict().items()}
        save_file(state, place / TOP)
        replace(card, body=f"../{body}").write(place)


def _mask_loss(top: MaskTop, states: Tensor, words: Tensor, batch: Sequence[Feature]) -> Tensor:
    targets = _per_token(batch, states)
    hidden = targets != IGNORED  # the vocabulary is large: only hidden tokens are scored
    return functional.cross_entropy(top(states[hidden], words).float(), targets[hidden])


def _per_token(batch: Sequence[Feature], states: Tensor) -> Tensor:
    """The targets (texts, longest) of tokens, IGNORED in the padding."""
    rows = [[*tags, *[IGNORED] * (states.shape[1] - len(tags))] for tags in (_tags(feature) for feature in batch)]
    return torch.tensor(rows, device=states.device)


def _tags(feature: Feature) -> tuple[int, ...]:
    assert isinstance(feature.target, tuple)
    return feature.target


def plan(tasks: Sequence[Task], recipe: Recipe) -> list[int]:
    """Whose turn it is at each step: the tasks' numbers."""
    rng = np.random.default_rng(recipe.seed)
    turns: list[tuple[float, int]] = []
    for number, task in enumerate(tasks):
        count = max(1, round(recipe.share * task.epochs * len(_batches(task, np.random.default_rng(recipe.seed)))))
        turns += [(when, number) for when in (task.until * rng.random(count)).tolist()]
    return [number for _, number in sorted(turns)]


def _stream(task: Task, seed: Sequence[int]) -> Iterator[list[Feature]]:
    """Batches without end, every pass in another order."""
    rng = np.random.default_rng(seed)
    while True:
        yield from _batches(task, rng)


def _batches(task: Task, rng: np.random.Generator) -> list[list[Feature]]:
    """One pass: texts of like length together, at most ``tokens_per_step`` in each batch."""
    order = rng.permutation(len(task.features))
    batches = []
    # Sorting within chunks keeps batches even in length and yet random.
    for first in range(0, len(order), 512):
        chunk = [task.features[row] for row in order[first : first + 512]]
        widths = [len(feature.encodings) * max(len(encoding["input_ids"]) for encoding in feature.encodings) for feature in chunk]
        batches += [[chunk[place] for place in batch] for batch in token_batches(widths, task.tokens_per_step)]
    return [batches[place] for place in rng.permutation(len(batches))]


def _learning_rate_share(step: int, steps: int, recipe: Recipe) -> float:
    warm_up = max(1, round(recipe.warm_up_share * steps))
    return min((step + 1) / warm_up, (steps - step) / max(1, steps - warm_up))
