"""The extra layer of each kind of head, on the states of a body: what transformers' classes have above ``bert``.

They exist apart so that heads can share one body; the names of the weights are transformers' own.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from search.heads.card import Kind

if TYPE_CHECKING:
    from transformers import PretrainedConfig


class FirstTop(nn.Module):
    """[CLS] → dense layer and tanh → one number per output: (texts, outputs)."""

    first_only = True

    def __init__(self, width: int, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.pooler = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, outputs)

    def forward(self, firsts: Tensor) -> Tensor:
        """firsts (texts, width), the last states of the first tokens."""
        logits: Tensor = self.classifier(self.dropout(torch.tanh(self.pooler(firsts))))
        return logits


class TokenTop(nn.Module):
    """The same dense layer on every token: (texts, tokens, outputs). A span head is one with two outputs, start and end."""

    first_only = False

    def __init__(self, width: int, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, outputs)

    def forward(self, states: Tensor) -> Tensor:
        """states (texts, tokens, width)."""
        logits: Tensor = self.classifier(self.dropout(states))
        return logits


class MaskTop(nn.Module):
    """Dense layer, GELU and norm, then the similarity to every word embedding: (texts, tokens, vocabulary).

    The decoder's weights are the body's word embeddings and are given to ``forward``, not owned.
    """

    first_only = False

    def __init__(self, width: int, vocabulary: int, epsilon: float = 1e-12) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, eps=epsilon)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, states: Tensor, words: Tensor) -> Tensor:
        """states (texts, tokens, width), words (vocabulary, width)."""
        hidden = self.norm(nn.functional.gelu(self.dense(states)))
        logits: Tensor = hidden @ words.T.to(hidden.dtype) + self.bias
        return logits


def make_top(kind: Kind, labels: int, config: "PretrainedConfig", dropout: float = 0.0) -> nn.Module:
    """A fresh top for a body of this configuration; ``labels`` counts for classification and tagging."""
    width: int = config.hidden_size
    if kind is Kind.CLASSIFICATION:
        return FirstTop(width, labels, dropout)
    if kind in (Kind.REGRESSION, Kind.CHOICE):
        return FirstTop(width, 1, dropout)
    if kind is Kind.TAGGING:
        return TokenTop(width, labels, dropout)
    if kind is Kind.SPAN:
        return TokenTop(width, 2, dropout)
    return MaskTop(width, config.vocab_size, config.layer_norm_eps)
