"""A head ready to run: texts already tokenized go in, one array of logits per text comes out.

Three layouts are read: a folder of transformers with any BERT-family model (its own body), a folder with only a top whose
card names the body it shares with others, and a regression on the vectors of a model (search/heads/frozen.py). On a CPU a
BERT body runs packed (search/models/bert.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from search.errors import BadInput
from search.heads.card import HeadCard, Kind
from search.heads.identity import identity_of
from search.heads.tokens import Encoding, Tokens
from search.heads.tops import FirstTop, MaskTop, make_top
from search.models.batches import token_batches
from search.models.bert import PackedBert
from search.models.delta import load_with_delta, read_config
from search.models.device import Placement
from search.models.loading import model_folder, quietly
from search.settings import DEFAULT_ENCODER

Logits = npt.NDArray[np.float32]
Forward = Callable[..., Tensor]
"""Padded features to logits; a language model may be told the tokens that are asked for, (texts, longest), and gives (asked for, words)."""
_ALL = slice(None)

TOP = "top.safetensors"
LINEAR = "logistic.safetensors"
_TOKENS_PER_BATCH = 2048  # on a CPU; more leaves its caches
_TOKENS_PER_CUDA_BATCH = 32_768


@dataclass(frozen=True)
class Body:
    """A packed or ordinary BERT whose states several tops read."""

    bert: Any
    tokenizer: Any
    words: Tensor  # (vocabulary, width)
    place: Placement

    def states(self, features: dict[str, Tensor]) -> Tensor:
        """(texts, longest, width) float32."""
        states: Tensor = self.bert(**features)["last_hidden_state"]
        return states.float()

    def first_states(self, features: dict[str, Tensor]) -> Tensor:
        """(texts, width) float32."""
        if isinstance(self.bert, PackedBert):
            return self.bert.first_states(**features)
        return self.states(features)[:, 0]


class Network:
    """One head with its tokenizer; not for several threads at once."""

    def __init__(self, card: HeadCard, identity: str, tokens: Tokens, forward: Forward, place: Placement) -> None:
        self.card = card
        self.fingerprint = identity
        self.tokens = tokens
        self._forward = forward
        self._place = place

    @classmethod
    def load(cls, folder: Path, place: Placement) -> "Network":
        """The head in a folder; raises BadInput when there is none or its parts do not belong together."""
        card = HeadCard.read(folder)
        if (folder / LINEAR).is_file():
            from search.heads.frozen import load_frozen  # which makes a Network

            return load_frozen(card, folder, place)
        if card.body is not None:
            return _sharing(card, folder, shared_body((folder / card.body).resolve(), place))
        return _whole(card, folder, place)

    def logits(self, encodings: Sequence[Encoding], places: Sequence[Sequence[int]] | None = None) -> list[Logits]:
        """Per text (outputs,) for heads on [CLS], (tokens, outputs) for heads on every token.

        ``places`` are the tokens of each text, in order, whose logits a language model is asked for: of each it has as many as there are
        words.
        """
        found: list[Logits | None] = [None] * len(encodings)
        budget = _TOKENS_PER_CUDA_BATCH if self._place.device.type == "cuda" else _TOKENS_PER_BATCH
        lengths = [len(encoding["input_ids"]) for encoding in encodings]
        with torch.inference_mode():
            for batch in token_batches(lengths, budget):
                features = padded([encodings[row] for row in batch], self.tokens.tokenizer.pad_token_id or 0, self._place.device)
                if places is None:
                    for row, values in zip(batch, self._forward(features).float().cpu().numpy(), strict=True):
                        found[row] = values if values.ndim == 1 else values[: lengths[row]]
                else:
                    asked = _asked([places[row] for row in batch], features["input_ids"])
                    values = self._forward(features, asked).float().cpu().numpy()
                    for row, part in zip(batch, np.split(values, np.cumsum([len(places[row]) for row in batch])[:-1]), strict=True):
                        found[row] = part
        return [values for values in found if values is not None]


@cache
def shared_body(folder: Path, place: Placement) -> Body:
    """The body in a folder, opened once per process and placement."""
    from transformers import AutoModel, AutoTokenizer

    config = read_config(folder)
    base = model_folder(config.get("base", DEFAULT_ENCODER), organisation="sentence-transformers")
    with quietly():
        bert: Any = load_with_delta(AutoModel, base, folder)
        tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    words = bert.get_input_embeddings().weight.detach()
    if place.device.type == "cpu" and PackedBert.fits(bert):
        return Body(PackedBert(bert, place.dtype), tokenizer, words, place)
    return Body(bert.to(device=place.device, dtype=place.dtype).eval(), tokenizer, words.to(place.device), place)


def load_top(card: HeadCard, folder: Path, body: Body) -> Any:
    """The head's own layer, in fp32 on the body's device."""
    from safetensors.torch import load_file

    top = make_top(card.kind, len(card.labels), body.bert.config)
    try:
        top.load_state_dict({name: tensor.float() for name, tensor in load_file(folder / TOP).items()})
    except (OSError, RuntimeError) as error:
        raise BadInput(f"The weights in {folder / TOP} do not fit the head '{card.task}': train it again. ({error})") from error
    return top.to(body.place.device).eval()


def run_top(top: Any, body: Body, features: dict[str, Tensor], asked: Tensor | slice = _ALL) -> Tensor:
    """A top's logits over a body's states, of a language model those of the tokens that are asked for."""
    if isinstance(top, FirstTop):
        return top(body.first_states(features))  # type: ignore[no-any-return]
    states = body.states(features)
    return top(states[asked], body.words) if isinstance(top, MaskTop) else top(states)  # type: ignore[no-any-return]


def padded(encodings: Sequence[Encoding], padding: int, device: torch.device) -> dict[str, Tensor]:
    """Encodings of unequal length as arrays (texts, longest)."""
    return {
        name: torch.nn.utils.rnn.pad_sequence(
            [torch.tensor(encoding[name]) for encoding in encodings],
            batch_first=True,
            padding_value=padding if name == "input_ids" else 0,
        ).to(device)
        for name in encodings[0]
    }


def _asked(places: Sequence[Sequence[int]], ids: Tensor) -> Tensor:
    """The places as an array (texts, longest)."""
    asked = torch.zeros_like(ids, dtype=torch.bool)
    for row, own in zip(asked, places, strict=True):
        row[list(own)] = True
    return asked


def _sharing(card: HeadCard, folder: Path, body: Body) -> Network:
    top = load_top(card, folder, body)
    return Network(
        card,
        identity_of(card, folder),
        Tokens(body.tokenizer, card.max_tokens, card.casing),
        lambda *given: run_top(top, body, *given),
        body.place,
    )


def _whole(card: HeadCard, folder: Path, place: Placement) -> Network:
    from transformers import AutoTokenizer

    try:
        with quietly():
            network: Any = auto_class(card.kind).from_pretrained(folder, dtype=torch.float32, use_safetensors=True, local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # whatever a foreign model's files provoke
        raise BadInput(f"The head '{card.task}' in {folder} could not be loaded: {error}") from error
    network.eval()
    tokens = Tokens(tokenizer, card.max_tokens, card.casing)
    return Network(card, identity_of(card, folder), tokens, _forward(network, card.kind, place), place)


def auto_class(kind: Kind) -> Any:
    """The transformers class that puts a layer of this kind on any body."""
    import transformers

    return {
        Kind.CLASSIFICATION: transformers.AutoModelForSequenceClassification,
        Kind.REGRESSION: transformers.AutoModelForSequenceClassification,
        Kind.CHOICE: transformers.AutoModelForMultipleChoice,
        Kind.TAGGING: transformers.AutoModelForTokenClassification,
        Kind.SPAN: transformers.AutoModelForQuestionAnswering,
        Kind.MASK: transformers.AutoModelForMaskedLM,
    }[kind]


def _forward(network: Any, kind: Kind, place: Placement) -> Forward:
    """From padded features to logits; a BERT on a CPU runs packed, and only what lies above it is transformers' own."""
    bert = getattr(network, "bert", None)
    if place.device.type == "cpu" and bert is not None and PackedBert.fits(bert):
        packed = PackedBert(bert, place.dtype)
        if kind in (Kind.CLASSIFICATION, Kind.REGRESSION, Kind.CHOICE):
            return lambda features: network.classifier(bert.pooler(packed.first_states(**features)[:, None]))
        if kind is Kind.MASK:
            return lambda features, asked=_ALL: network.cls(packed(**features)["last_hidden_state"][asked])
        above = {Kind.TAGGING: "classifier", Kind.SPAN: "qa_outputs"}[kind]
        return lambda features: getattr(network, above)(packed(**features)["last_hidden_state"])
    return plain_forward(network.to(device=place.device, dtype=place.dtype), kind)


def plain_forward(network: Any, kind: Kind) -> Forward:
    """From padded features to logits through transformers' own forward pass, whatever the family of the body."""
    if kind is Kind.CHOICE:  # it expects (questions, choices, tokens)
        return lambda features: network(**{name: rows[:, None] for name, rows in features.items()}).logits
    if kind is Kind.SPAN:
        return lambda features: _span_logits(network(**features))
    if kind is Kind.MASK:
        return lambda features, asked=_ALL: network(**features).logits[asked]
    return lambda features: network(**features).logits


def _span_logits(output: Any) -> Tensor:
    return torch.stack([output.start_logits, output.end_logits], dim=-1)
