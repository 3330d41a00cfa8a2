"""The forward pass of BERT on a CPU without padding: the tokens of all texts of a batch are rows of one matrix.

Gives what transformers' BertModel gives, sooner: attention text by text
over exactly its own tokens, so that there is no mask and nothing is computed for padding; oneDNN's products over
weights laid out for it once, with the activation or the residual added as they are written; and, where only the first
token's state is asked for, a last layer that computes only that. docs/inference.md has what each brings. Knows nothing
of tokenising, pooling or heads.
"""

from itertools import groupby
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from transformers import BertModel


class PackedBert(nn.Module):
    """A drop-in for BertModel in evaluation, with the weights of ``bert`` in ``dtype``.

    It takes the padded arrays that a tokenizer makes and returns padded states, so it fits where BertModel was.
    """

    def __init__(self, bert: "BertModel", dtype: torch.dtype) -> None:
        super().__init__()
        self.config = bert.config
        self.words, self.places, self.types = (
            nn.Parameter(embedding.weight.detach().to(dtype), requires_grad=False)
            for embedding in (bert.embeddings.word_embeddings, bert.embeddings.position_embeddings, bert.embeddings.token_type_embeddings)
        )
        self.norm = _Norm(bert.embeddings.LayerNorm, dtype)
        self.layers = [_Layer(layer, dtype) for layer in bert.encoder.layer]

    @staticmethod
    def fits(model: nn.Module) -> bool:
        """Whether ``model`` is a BertModel of the usual kind, which is what this class computes."""
        from transformers import BertModel

        return (
            type(model) is BertModel
            and model.config.hidden_act == "gelu"
            and not model.config.is_decoder
            and getattr(model.config, "position_embedding_type", "absolute") in ("absolute", None)
        )

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        return_dict: bool = True,  # noqa: ARG002 (sentence-transformers gives it to every model)
    ) -> dict[str, Tensor]:
        """States of all tokens: ``last_hidden_state`` (texts, longest, width) float32, zero where there is padding."""
        mask = attention_mask.bool()  # (texts, longest)
        lengths = mask.sum(1).tolist()
        states = self._embed(input_ids, mask, token_type_ids)  # (tokens, width)
        for layer in self.layers:
            states = layer(states, lengths)
        padded = torch.zeros(*mask.shape, states.shape[1], dtype=torch.float32)
        padded[mask] = states.float()
        return {"last_hidden_state": padded}

    def first_states(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        """The last state of each text's first token, [CLS]: (texts, width) float32."""
        mask = attention_mask.bool()
        lengths = mask.sum(1).tolist()
        states = self._embed(input_ids, mask, token_type_ids)
        for layer in self.layers[:-1]:
            states = layer(states, lengths)
        return self.layers[-1].first_of_each(states, lengths).float()

    def _embed(self, input_ids: Tensor, mask: Tensor, token_type_ids: Tensor | None) -> Tensor:
        places = torch.arange(mask.shape[1]).expand_as(mask)[mask]  # (tokens,)
        types = self.types[0] if token_type_ids is None else F.embedding(token_type_ids[mask], self.types)
        return self.norm(F.embedding(input_ids[mask], self.words) + F.embedding(places, self.places) + types)


class _Layer:
    """One transformer block over packed rows."""

    def __init__(self, layer: Any, dtype: torch.dtype) -> None:
        own = layer.attention.self
        self.heads = own.num_attention_heads
        scale = own.attention_head_size**-0.5  # goes into the query's weights, so that no score needs it
        self.query = _Linear(own.query.weight * scale, own.query.bias * scale, dtype)
        self.key_value = _Linear(torch.cat([own.key.weight, own.value.weight]), torch.cat([own.key.bias, own.value.bias]), dtype)
        self.out = _Linear(layer.attention.output.dense.weight, layer.attention.output.dense.bias, dtype)
        self.out_norm = _Norm(layer.attention.output.LayerNorm, dtype)
        self.up = _Linear(layer.intermediate.dense.weight, layer.intermediate.dense.bias, dtype)
        self.down = _Linear(layer.output.dense.weight, layer.output.dense.bias, dtype)
        self.down_norm = _Norm(layer.output.LayerNorm, dtype)

    def __call__(self, states: Tensor, lengths: list[int]) -> Tensor:
        """The block's output for all rows: (tokens, width)."""
        queries, keys_values = self.query(states), self.key_value(states)  # (tokens, width), (tokens, 2 * width)
        attended = torch.empty_like(states)
        first = 0
        for length, run in groupby(lengths):  # neighbours of one length go together
            texts = len(list(run))
            rows = slice(first, first + texts * length)
            query = queries[rows].view(texts, length, self.heads, -1).transpose(1, 2)
            key, value = keys_values[rows].view(texts, length, 2, self.heads, -1).permute(2, 0, 3, 1, 4)
            attended[rows] = _attend(query, key, value).transpose(1, 2).reshape(texts * length, -1)
            first = rows.stop
        return self._finish(states, attended)

    def first_of_each(self, states: Tensor, lengths: list[int]) -> Tensor:
        """The block's output for the first row of each text only: (texts, width)."""
        firsts = states[torch.tensor([0, *lengths[:-1]]).cumsum(0)]  # (texts, width)
        queries = self.query(firsts)
        attended = torch.empty_like(firsts)
        for text, rows in enumerate(torch.split(self.key_value(states), lengths)):  # (length, 2 * width)
            key, value = rows.view(1, len(rows), 2, self.heads, -1).permute(2, 0, 3, 1, 4)
            query = queries[text].view(1, self.heads, 1, -1)
            attended[text] = _attend(query, key, value).flatten()
        return self._finish(firsts, attended)

    def _finish(self, states: Tensor, attended: Tensor) -> Tensor:
        states = self.out_norm(self.out.plus(attended, states))
        return self.down_norm(self.down.plus(self.up.gelu(states), states))


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of scaled queries: all (texts, heads, length, width of a head)."""
    if query.dtype is torch.float32:
        return F.scaled_dot_product_attention(query, key, value, scale=1.0)
    # Torch's fused kernel multiplies bf16 in fp32 on CPUs without matrix tiles; plain products use bf16 everywhere.
    return (query @ key.transpose(-1, -2)).softmax(-1) @ value


class _Linear:
    """x W' + b, with GELU or a residual on top.

    Where torch has oneDNN it is used through the operators that torch's own compiler emits for a CPU (public ones
    reorder the weights in every call); elsewhere through the public functions.
    """

    def __init__(self, weight: Tensor, bias: Tensor, dtype: torch.dtype) -> None:
        self.weight = weight.detach().to(dtype)
        self.bias = bias.detach().to(dtype)
        self.fused = _onednn_fuses(dtype)
        if self.fused:
            self.weight = torch.ops.mkldnn._reorder_linear_weight(self.weight.contiguous())

    def __call__(self, states: Tensor) -> Tensor:
        if self.fused:
            return _pointwise(states, self.weight, self.bias, "none", [], "")
        return F.linear(states, self.weight, self.bias)

    def gelu(self, states: Tensor) -> Tensor:
        if self.fused:
            return _pointwise(states, self.weight, self.bias, "gelu", [], "none")
        return F.gelu(F.linear(states, self.weight, self.bias))

    def plus(self, states: Tensor, residual: Tensor) -> Tensor:
        if self.fused:
            added: Tensor = torch.ops.mkldnn._linear_pointwise.binary(states, residual, self.weight, self.bias, "add")
            return added
        return F.linear(states, self.weight, self.bias) + residual


def _pointwise(*arguments: Any) -> Tensor:
    output: Tensor = torch.ops.mkldnn._linear_pointwise(*arguments)
    return output


def _onednn_fuses(dtype: torch.dtype) -> bool:
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if not available or not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return False
    return dtype is torch.float32 or (dtype is torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported())


class _Norm:
    def __init__(self, norm: nn.LayerNorm, dtype: torch.dtype) -> None:
        self.weight = norm.weight.detach().to(dtype)
        self.bias = norm.bias.detach().to(dtype)
        self.epsilon = norm.eps

    def __call__(self, states: Tensor) -> Tensor:
        return F.layer_norm(states, self.weight.shape, self.weight, self.bias, self.epsilon)
