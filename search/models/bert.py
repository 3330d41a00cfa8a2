"""The forward pass of BERT on a CPU without padding: the tokens of all texts of a batch are rows of one matrix.

Gives what transformers' BertModel gives, sooner: one matrix product for query, key and value; attention text by text
over exactly its own tokens, so that there is no mask and nothing is computed for padding; and, where only the first
token's state is asked for, a last layer that computes only that (docs/inference.md has what each brings). Knows
nothing of tokenising, pooling or heads.
"""

from itertools import groupby
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from transformers import BertModel


class PackedBert(nn.Module):
    """A drop-in for BertModel in evaluation, with the weights of ``bert``; ``.to(torch.bfloat16)`` makes it faster.

    It takes the padded arrays that a tokenizer makes and returns padded states, so it fits where BertModel was.
    """

    def __init__(self, bert: "BertModel") -> None:
        super().__init__()
        self.config = bert.config
        self.words = _frozen(bert.embeddings.word_embeddings.weight)
        self.places = _frozen(bert.embeddings.position_embeddings.weight)
        self.types = _frozen(bert.embeddings.token_type_embeddings.weight)
        self.norm = _Norm(bert.embeddings.LayerNorm)
        self.layers = nn.ModuleList(_Layer(layer, bert.config.num_attention_heads) for layer in bert.encoder.layer)

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
        last = self.layers[-1]
        assert isinstance(last, _Layer)
        return last.first_of_each(states, lengths).float()

    def _embed(self, input_ids: Tensor, mask: Tensor, token_type_ids: Tensor | None) -> Tensor:
        places = torch.arange(mask.shape[1]).expand_as(mask)[mask]  # (tokens,)
        types = self.types[0] if token_type_ids is None else F.embedding(token_type_ids[mask], self.types)
        embedded: Tensor = self.norm(F.embedding(input_ids[mask], self.words) + F.embedding(places, self.places) + types)
        return embedded


class _Layer(nn.Module):
    """One transformer block over packed rows."""

    def __init__(self, layer: Any, heads: int) -> None:
        super().__init__()
        attention = layer.attention
        own = attention.self
        self.heads = heads
        scale = own.attention_head_size**-0.5  # into the query's weights, so that no score needs it
        self.qkv_weight = _frozen(torch.cat([own.query.weight * scale, own.key.weight, own.value.weight]))
        self.qkv_bias = _frozen(torch.cat([own.query.bias * scale, own.key.bias, own.value.bias]))
        self.out = _Linear(attention.output.dense)
        self.out_norm = _Norm(attention.output.LayerNorm)
        self.up = _Linear(layer.intermediate.dense)
        self.down = _Linear(layer.output.dense)
        self.down_norm = _Norm(layer.output.LayerNorm)

    def forward(self, states: Tensor, lengths: list[int]) -> Tensor:
        width = states.shape[1]
        qkv = F.linear(states, self.qkv_weight, self.qkv_bias)  # (tokens, 3 * width)
        attended = torch.empty_like(states)
        first = 0
        for length, run in groupby(lengths):  # neighbours of one length go together
            texts = len(list(run))
            rows = slice(first, first + texts * length)
            query, key, value = qkv[rows].view(texts, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            attended[rows] = _attend(query, key, value).transpose(1, 2).reshape(-1, width)
            first = rows.stop
        return self._finish(states, attended)

    def first_of_each(self, states: Tensor, lengths: list[int]) -> Tensor:
        """The block's output for the first row of each text only: (texts, width)."""
        width = states.shape[1]
        starts = torch.tensor([0, *lengths[:-1]]).cumsum(0)
        firsts = states[starts]  # (texts, width)
        queries = F.linear(firsts, self.qkv_weight[:width], self.qkv_bias[:width])
        keys_values = F.linear(states, self.qkv_weight[width:], self.qkv_bias[width:])  # (tokens, 2 * width)
        attended = torch.empty_like(firsts)
        for text, rows in enumerate(torch.split(keys_values, lengths)):
            key, value = rows.view(1, -1, 2, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
            query = queries[text].view(1, self.heads, 1, -1)
            attended[text] = _attend(query, key, value).flatten()
        return self._finish(firsts, attended)

    def _finish(self, states: Tensor, attended: Tensor) -> Tensor:
        states = self.out_norm(states + self.out(attended))
        output: Tensor = self.down_norm(states + self.down(F.gelu(self.up(states))))
        return output


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of scaled queries: all (texts, heads, length, head width)."""
    if query.dtype is torch.float32:
        return F.scaled_dot_product_attention(query, key, value, scale=1.0)
    # In bf16 plain products are faster here than torch's fused kernel, which has no bf16 products of its own on a CPU.
    return (query @ key.transpose(-1, -2)).softmax(-1) @ value


class _Linear(nn.Module):
    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = _frozen(linear.weight)
        self.bias = _frozen(linear.bias)

    def forward(self, states: Tensor) -> Tensor:
        return F.linear(states, self.weight, self.bias)


class _Norm(nn.Module):
    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.weight = _frozen(norm.weight)
        self.bias = _frozen(norm.bias)
        self.epsilon = norm.eps

    def forward(self, states: Tensor) -> Tensor:
        return F.layer_norm(states, self.weight.shape, self.weight, self.bias, self.epsilon)


def _frozen(weight: Tensor) -> nn.Parameter:
    return nn.Parameter(weight.detach(), requires_grad=False)
