"""Every term of the loss is what its source says, and gradient caching changes nothing."""

import math

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import DistillKLDivLoss, MarginMSELoss, MultipleNegativesRankingLoss
from torch import Tensor, nn
from torch.nn import functional as F

from indexer.training.objective import Negatives, Objective, objective_of
from indexer.training.retrieval_loss import (
    Batch,
    RetrievalLoss,
    against_own_negatives,
    divergence,
    in_batch,
    margin_error,
    negative_sampling,
    over_corpus,
)

_BOTH = (Negatives.IN_BATCH, Negatives.CORPUS)
NONE = torch.empty(3, 0, dtype=torch.long)


def vectors(rows: int, seed: int) -> Tensor:
    return F.normalize(torch.randn(rows, 8, generator=torch.Generator().manual_seed(seed)), dim=1)


def batch(**changes: Tensor) -> Batch:
    """Three queries; passages 0 to 2 are their positives, 3 and 4 belong to nobody."""
    empty = {"negatives": NONE, "noise": NONE, "candidates": NONE, "teacher": torch.zeros(3, 1)}
    empty |= {"source": torch.zeros(3, dtype=torch.long), "outside": torch.empty(3, 0, dtype=torch.bool)}
    return Batch(**{"positive": torch.arange(3), "excluded": torch.zeros(3, 5, dtype=torch.bool), **empty, **changes})


@pytest.fixture(scope="module")
def model() -> SentenceTransformer:
    return SentenceTransformer(modules=[nn.Identity()], device="cpu")


def test_in_batch_is_the_loss_of_sentence_transformers_where_nothing_is_masked(model: SentenceTransformer) -> None:
    queries, passages = vectors(3, 0), vectors(5, 1)
    oracle = MultipleNegativesRankingLoss(model, scale=20.0).compute_loss_from_embeddings(
        [queries, passages[:3], passages[[3, 4, 3]]], torch.empty(0)
    )
    doubled = torch.cat([passages, passages[3:4]])  # sentence-transformers counts a passage that two queries bring twice
    mine = in_batch(20.0 * queries @ doubled.T, batch(excluded=torch.zeros(3, 6, dtype=torch.bool)))
    torch.testing.assert_close(mine, oracle)


def test_passages_of_articles_that_are_relevant_do_not_count_as_negatives() -> None:
    logits = torch.tensor([[2.0, 9.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    excluded = torch.tensor([[False, True, False], [False, False, False], [False, False, False]])
    expected = (math.log(1 + math.exp(-2)) + 2 * math.log(1 + 2 * math.exp(-1))) / 3
    assert float(in_batch(logits, batch(excluded=excluded))) == pytest.approx(expected)


def test_a_query_is_told_from_all_of_the_corpus_but_what_is_relevant_and_only_the_query_learns(model: SentenceTransformer) -> None:
    queries, passages, bank = vectors(3, 0).requires_grad_(), vectors(5, 1).requires_grad_(), vectors(7, 2)
    outside = torch.zeros(3, 7, dtype=torch.bool)
    outside[0, [1, 4]] = outside[2, 0] = True
    given = batch(source=torch.tensor([2, 6, 5]), outside=outside)
    similarity = (queries @ bank.T).tolist()
    expected = [
        math.log(sum(math.exp(10 * (similarity[row][column] - similarity[row][source])) for column in range(7) if not outside[row, column]))
        for row, source in enumerate([2, 6, 5])
    ]
    loss = RetrievalLoss(model, objective_of({Negatives.CORPUS}, scale=10.0), bank).of_vectors(queries, passages, given)
    assert float(loss.detach()) == pytest.approx(sum(expected) / 3)
    torch.testing.assert_close(loss, over_corpus(10 * queries @ bank.T, given))
    loss.backward()
    assert queries.grad is not None
    assert queries.grad.abs().sum() > 0
    assert passages.grad is not None
    assert passages.grad.abs().sum() == 0


def test_further_queries_are_told_from_the_corpus_only(model: SentenceTransformer) -> None:
    queries, passages, bank = vectors(5, 0), vectors(5, 1), vectors(7, 2)
    given = batch(source=torch.tensor([2, 6, 5, 0, 1]), outside=torch.zeros(5, 7, dtype=torch.bool))
    both, apart = (RetrievalLoss(model, objective_of({*chosen}, scale=10.0), bank) for chosen in (_BOTH, _BOTH[:1]))
    expected = apart.of_vectors(queries[:3], passages, batch()) + over_corpus(10 * queries @ bank.T, given)
    torch.testing.assert_close(both.of_vectors(queries, passages, given), expected)


def test_negative_sampling_is_the_binary_logistic_loss_over_one_positive_and_k_draws() -> None:
    logits = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0], [0.1, 0.2, 0.3]])
    noise = torch.tensor([[1, 1], [0, 2], [0, 1]])  # a draw may repeat

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    expected = [
        -math.log(sigmoid(1.0)) - 2 * math.log(sigmoid(2.0)),
        -math.log(sigmoid(3.0)) - math.log(sigmoid(0.0)) - math.log(sigmoid(1.0)),
        -math.log(sigmoid(0.3)) - math.log(sigmoid(-0.1)) - math.log(sigmoid(-0.2)),
    ]
    assert float(negative_sampling(logits, batch(noise=noise))) == pytest.approx(sum(expected) / 3)


def test_hard_negatives_are_the_querys_own_and_may_be_fewer() -> None:
    logits = torch.tensor([[1.0, 50.0, 0.0], [0.0, 1.0, 50.0], [50.0, 0.0, 1.0]])
    negatives = torch.tensor([[2], [0], [-1]])
    expected = (2 * math.log(1 + math.exp(-1)) + 0.0) / 3
    assert float(against_own_negatives(logits, batch(negatives=negatives))) == pytest.approx(expected)


def test_distillation_and_margins_are_the_losses_of_sentence_transformers(model: SentenceTransformer) -> None:
    queries, passages, bank = vectors(3, 2), vectors(5, 3), vectors(6, 4)
    candidates = torch.tensor([[0, 1], [2, 3], [4, 5]])
    teacher = torch.tensor([[3.0, 1.0, 0.0], [0.5, 2.0, 0.0], [1.0, 1.0, 1.0]])
    given = batch(candidates=candidates, teacher=teacher)
    columns = [queries, passages[:3], bank[candidates[:, 0]], bank[candidates[:, 1]]]
    logits = torch.stack([(queries * column).sum(1) for column in columns[1:]], dim=1)
    kl = DistillKLDivLoss(model, similarity_fct=lambda a, b: (a * b).sum(1)).compute_loss_from_embeddings(columns, teacher)
    torch.testing.assert_close(divergence(logits, given), kl)
    margins = MarginMSELoss(model, similarity_fct=lambda a, b: (a * b).sum(1)).compute_loss_from_embeddings(columns, teacher)
    torch.testing.assert_close(margin_error(logits, given), margins)
    loss = RetrievalLoss(model, Objective(distilled=1.0, scale=1.0), bank)
    torch.testing.assert_close(loss.of_vectors(queries, passages, given), kl)
    loss = RetrievalLoss(model, objective_of({Negatives.DISTILLED_MARGINS}, scale=1.0), bank)
    torch.testing.assert_close(loss.of_vectors(queries, passages, given), margins)


def test_margins_of_logits_weigh_no_more_than_a_softmax_of_them() -> None:
    chosen = objective_of({Negatives.IN_BATCH, Negatives.DISTILLED_MARGINS}, scale=20.0)
    assert (chosen.in_batch, chosen.margin, chosen.distilled) == (1.0, 0.05, 0.0)


def test_a_student_that_agrees_with_its_teacher_loses_nothing_even_with_candidates_missing() -> None:
    teacher = torch.tensor([[1.0, 2.0, -1.0], [1.0, -1.0, -1.0], [0.0, 5.0, 1.0]])
    candidates = torch.tensor([[0, 1], [-1, -1], [3, -1]])
    given = batch(candidates=candidates, teacher=teacher)
    assert float(divergence(teacher, given)) == pytest.approx(0.0, abs=1e-6)
    assert float(margin_error(teacher, given)) == 0.0


class Words(nn.Module):
    """Embeds a text as the mean of trained vectors of its tokens."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(30, 8)

    def forward(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        mask = features["attention_mask"][..., None].float()
        return {"sentence_embedding": (self.table(features["input_ids"]) * mask).sum(1) / mask.sum(1)}


def test_gradient_caching_gives_the_same_gradients() -> None:
    ids = torch.randint(1, 30, (5, 7), generator=torch.Generator().manual_seed(1))
    lengths = torch.tensor([7, 6, 4, 3, 2])
    mask = (torch.arange(7) < lengths[:, None]).long()
    columns = [{"input_ids": ids[:3], "attention_mask": mask[:3]}, {"input_ids": ids, "attention_mask": mask}]
    labels = vars(batch(negatives=torch.tensor([[3], [4], [-1]]), noise=torch.tensor([[1], [2], [0]])))
    gradients = []
    for cached in (False, True):
        model = SentenceTransformer(modules=[Words()], device="cpu")
        loss = RetrievalLoss(model, Objective(in_batch=1.0, sampled=0.5, hard=0.2), cached=cached, mini_batch_tokens=8)
        loss([dict(column) for column in columns], labels).backward()
        gradients.append(model[0].table.weight.grad)
    torch.testing.assert_close(gradients[0], gradients[1])
    assert gradients[0].abs().sum() > 0
