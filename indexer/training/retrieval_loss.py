"""The objectives that a bi-encoder is trained with, over one matrix of similarities: queries × passages of a batch.

Each is a term that can be combined with the others: in-batch softmax (van den Oord et al. 2018), negative sampling
(Mikolov et al. 2013), softmax over the whole corpus by vectors that are kept (Wu et al. 2018) and learned from by the
query only (Lee et al. 2021), and distillation of a teacher's distribution or of its margins (Lin et al. 2020, Hofstätter
et al. 2021). sentence-transformers brings the gradient caching (Gao et al. 2021). Its losses pair the n-th passage of a column
with the n-th query; here passages are a pool, so that one that several queries need is encoded once, and one that is
relevant for another query is left out of its softmax.
"""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from sentence_transformers.base.losses.gradcache import CachedLossMixin
from torch import Tensor, nn
from torch.nn import functional as F

from indexer.training.objective import Objective

Features = dict[str, Tensor]


@dataclass(frozen=True)
class Batch:
    """What the loss needs beside the texts. n queries, m passages, h negatives, k noise, c candidates; columns index passages.

    Behind the n queries there may be more, a in all, that only the corpus is told from.
    """

    positive: Tensor  # (n,) column of each query's positive
    excluded: Tensor  # (n, m) bool: relevant for the query, or likely to be, without being its positive
    negatives: Tensor  # (n, h) columns, -1 where a query has fewer
    noise: Tensor  # (n, k) columns, -1 where a query has fewer
    candidates: Tensor  # (n, c) rows of the bank, -1 where a query has fewer
    teacher: Tensor  # (n, 1 + c) the teacher's scores of the positive and of the candidates
    source: Tensor  # (a,) the bank's row of each query's positive
    outside: Tensor  # (a, rows of the bank) bool: no negatives for the query; (a, 0) where the corpus is not asked for


class RetrievalLoss(CachedLossMixin, nn.Module):
    """The sum of an objective's terms for a batch of queries and a pool of passages.

    `bank` holds vectors of passages as the model made them when they were mined, (passages, dimension) with rows of
    length 1. Candidates of the distillation are compared with these, so that dozens of them cost nothing; the gradient
    flows through query and positive. So is the whole corpus; there the positive is in the bank, too, lest fresh vectors
    be told from kept ones, and the gradient flows through the query alone. With `cached`, memory does not grow with the
    batch, for a second forward pass.
    """

    def __init__(
        self,
        model: Any,
        objective: Objective,
        bank: Tensor | None = None,
        *,
        cached: bool = False,
        precision: torch.dtype = torch.float32,
        mini_batch_tokens: int = 2048,
    ) -> None:
        super().__init__()
        self.model = model
        self.objective = objective
        self.bank = bank
        self.cached = self.uses_gradient_cache = cached
        self.precision = precision
        self.mini_batch_size = 32
        self.mini_batch_num_tokens = mini_batch_tokens

    def forward(self, features: Iterable[Features], labels: Any) -> Tensor:
        """The loss of a batch; `features` are those of the queries and of the passages, each longest first."""
        columns = list(features)
        if self.cached:
            loss: Tensor = self.forward_cached(columns, labels)
            return loss
        return self.calculate_loss([self._embed_all(column) for column in columns], labels)

    def calculate_loss(self, reps: list[list[Tensor]], labels: Any = None, *, with_backward: bool = False) -> Tensor:
        queries, passages = (F.normalize(torch.cat(parts).float(), dim=1) for parts in reps)  # (n, d), (m, d)
        loss = self.of_vectors(queries, passages, Batch(**labels))
        if with_backward:
            loss.backward()  # type: ignore[no-untyped-call]
            return loss.detach()
        return loss

    def of_vectors(self, queries: Tensor, passages: Tensor, batch: Batch) -> Tensor:
        """The loss of queries (a, d) and passages (m, d), rows of length 1."""
        objective, everyone = self.objective, queries
        queries = queries[: len(batch.positive)]
        similarity = queries @ passages.T  # (n, m) in -1..1
        loss = similarity.sum() * 0.0
        if objective.in_batch:
            loss = loss + objective.in_batch * in_batch(similarity * objective.scale, batch)
        if objective.hard:
            loss = loss + objective.hard * against_own_negatives(similarity * objective.scale, batch)
        if objective.corpus:
            assert self.bank is not None
            loss = loss + objective.corpus * over_corpus(everyone @ self.bank.T * objective.scale, batch)
        if objective.sampled:
            loss = loss + objective.sampled * negative_sampling((similarity - objective.midpoint) * objective.scale, batch)
        if objective.distilled or objective.margin:
            assert self.bank is not None
            logits = objective.scale * self._own_candidates(similarity, queries, batch)
            if objective.distilled:
                loss = loss + objective.distilled * divergence(logits, batch)
            if objective.margin:
                loss = loss + objective.margin * margin_error(logits, batch)
        return loss

    def embed_minibatch(self, *arguments: Any, **named: Any) -> Any:
        """As inherited, in the precision asked for: the trainer's own autocast does not reach the second pass of the cache."""
        device = self.model.device.type
        mixed = nullcontext() if self.precision is torch.float32 else torch.autocast(device, dtype=self.precision)
        with mixed:
            return super().embed_minibatch(*arguments, **named)

    def _embed_all(self, column: Features) -> list[Tensor]:
        return [part for part, _ in self.embed_minibatch_iter(column, with_grad=True, copy_random_state=False)]

    def _own_candidates(self, similarity: Tensor, queries: Tensor, batch: Batch) -> Tensor:
        """Similarity of each query to its positive and its candidates (n, 1 + c)."""
        assert self.bank is not None
        vectors = self.bank[batch.candidates.clamp(min=0)].float()  # (n, c, d)
        own = similarity.gather(1, batch.positive[:, None])  # (n, 1)
        return torch.cat([own, torch.einsum("nd,ncd->nc", queries, vectors)], dim=1)


def in_batch(logits: Tensor, batch: Batch) -> Tensor:
    """Mean cross-entropy of each query's positive among the batch's passages (n, m), those excluded for it left out."""
    return F.cross_entropy(logits.masked_fill(batch.excluded, -torch.inf), batch.positive)


def against_own_negatives(logits: Tensor, batch: Batch) -> Tensor:
    """Mean cross-entropy of each query's positive among it and the query's own negatives; `logits` is (n, m)."""
    own = torch.cat([batch.positive[:, None], batch.negatives], dim=1)  # (n, 1 + h)
    chosen = logits.gather(1, own.clamp(min=0)).masked_fill(own < 0, -torch.inf)
    return F.cross_entropy(chosen, torch.zeros_like(batch.positive))


def over_corpus(logits: Tensor, batch: Batch) -> Tensor:
    """Mean cross-entropy of each query's positive among all passages (a, rows of the bank), those outside left out."""
    return F.cross_entropy(logits.masked_fill(batch.outside, -torch.inf), batch.source)


def negative_sampling(logits: Tensor, batch: Batch) -> Tensor:
    """−log σ(positive) − Σ log σ(−noise), mean over queries; `logits` is (n, m) (Mikolov et al. 2013, equation 4)."""
    positive = logits.gather(1, batch.positive[:, None])  # (n, 1)
    noise = F.softplus(logits.gather(1, batch.noise.clamp(min=0)))  # (n, k)
    return (F.softplus(-positive).sum(1) + noise.masked_fill(batch.noise < 0, 0.0).sum(1)).mean()


def divergence(logits: Tensor, batch: Batch) -> Tensor:
    """KL(teacher ‖ student) over positive and candidates; `logits` is (n, 1 + c). 0 when the student agrees."""
    missing = _missing(batch)
    student = F.log_softmax(logits.masked_fill(missing, -torch.inf), dim=1).masked_fill(missing, 0.0)
    teacher = F.softmax(batch.teacher.masked_fill(missing, -torch.inf), dim=1)
    return F.kl_div(student, teacher, reduction="batchmean")


def margin_error(logits: Tensor, batch: Batch) -> Tensor:
    """Mean squared difference between the student's and the teacher's margins; `logits` is (n, 1 + c) (MarginMSE)."""
    present = ~_missing(batch)[:, 1:]
    error = (logits[:, :1] - logits[:, 1:]) - (batch.teacher[:, :1] - batch.teacher[:, 1:])
    return (error[present] ** 2).mean() if present.any() else logits.sum() * 0.0


def _missing(batch: Batch) -> Tensor:
    return F.pad(batch.candidates < 0, (1, 0), value=False)  # (n, 1 + c); the positive is always there
