"""Our reranker gives the relevance that sentence-transformers' CrossEncoder gives."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from sentence_transformers import CrossEncoder
from transformers import AutoModelForSequenceClassification, BertForSequenceClassification, BertTokenizer

from search.errors import BadInput
from search.models.agreement import PASSAGES
from search.models.bundled import bundled_encoder_folder
from search.models.delta import save_delta
from search.models.reranker import CrossEncoderReranker
from search.protocols import Reranker

QUERY = "oil price falls"
PAIRS = [(QUERY, "the bank raises rates"), (QUERY, "oil and storm in the final"), (QUERY, ""), ("vote", "election " * 15)]


def predicted(model: CrossEncoder, pairs: list[tuple[str, str]]) -> npt.NDArray[np.float32]:
    logits: npt.NDArray[np.float32] = model.predict(pairs, activation_fn=torch.nn.Identity())
    return logits


def sigmoid(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return 1 / (1 + np.exp(-logits))


def test_any_cross_encoder_gives_the_logistic_of_its_output(cross_encoder: Path) -> None:
    reranker: Reranker = CrossEncoderReranker.load(str(cross_encoder), device="cpu", precision="fp32")
    relevance = reranker.relevance(PAIRS)
    assert relevance.dtype == np.float32
    expected = sigmoid(predicted(CrossEncoder(str(cross_encoder), device="cpu"), PAIRS))
    np.testing.assert_allclose(relevance, expected, atol=1e-5)
    assert np.ptp(expected) > 0.01  # or the test would show nothing


@pytest.fixture(scope="module")
def delta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random text-pair head on the bundled encoder, stored as the bundled reranker is."""
    torch.manual_seed(0)
    base = bundled_encoder_folder()
    model = BertForSequenceClassification.from_pretrained(base, num_labels=1)
    with torch.no_grad():
        model.classifier.weight *= 20
    folder = tmp_path_factory.mktemp("delta")
    save_delta(model, base, folder, {"max_length": 96, "calibration": {"a": 0.5, "b": 0.2}})
    model.save_pretrained(folder / "whole")
    BertTokenizer.from_pretrained(base).save_pretrained(folder / "whole")
    return folder


def test_weights_stored_as_a_difference_are_calibrated_and_as_short_as_they_say(delta: Path) -> None:
    long = [(QUERY, " ".join(PASSAGES[position:])) for position in range(6)]
    reranker = CrossEncoderReranker.load(str(delta), device="cpu", precision="fp32")
    oracle = CrossEncoder(str(delta / "whole"), device="cpu", max_length=96)
    np.testing.assert_allclose(reranker.relevance(long), sigmoid(0.5 * predicted(oracle, long) + 0.2), atol=1e-4)


def test_bf16_ranks_as_fp32_does(delta: Path) -> None:
    pairs = [(QUERY, passage) for passage in PASSAGES]
    exact = CrossEncoderReranker.load(str(delta), device="cpu", precision="fp32").relevance(pairs)
    lower = CrossEncoderReranker.load(str(delta), device="cpu", precision="bf16").relevance(pairs)
    np.testing.assert_allclose(lower, exact, atol=0.03)
    assert np.corrcoef(lower, exact)[0, 1] > 0.99


def test_relevance_does_not_depend_on_order_or_company(cross_encoder: Path) -> None:
    reranker = CrossEncoderReranker.load(str(cross_encoder), device="cpu", precision="fp32")
    together = reranker.relevance(PAIRS)
    np.testing.assert_allclose(reranker.relevance(PAIRS[::-1])[::-1], together, atol=1e-6)
    np.testing.assert_allclose(np.concatenate([reranker.relevance([pair]) for pair in PAIRS]), together, atol=1e-6)


def test_a_pasted_page_as_query_leaves_room_for_the_passage(cross_encoder: Path) -> None:
    reranker = CrossEncoderReranker.load(str(cross_encoder), device="cpu", precision="fp32")
    page = "the bank raises rates and oil price falls " * 500
    first, second = reranker.relevance([(page, "storm hits coast"), (page, "team wins final")])
    assert first != second


@pytest.mark.parametrize("text", ["", "half \ud83d a character", "\x00", "z" * 1_000_000, "oil " * 250_000])
def test_no_text_is_too_strange(cross_encoder: Path, text: str) -> None:
    reranker = CrossEncoderReranker.load(str(cross_encoder), device="cpu", precision="fp32")
    relevance = reranker.relevance([(text, "oil"), ("oil", text)])
    assert ((relevance >= 0) & (relevance <= 1)).all()


def test_no_pairs_give_no_relevance(cross_encoder: Path) -> None:
    assert CrossEncoderReranker.load(str(cross_encoder), device="cpu").relevance([]).shape == (0,)


def test_a_head_with_more_outputs_is_refused(tmp_path: Path, cross_encoder: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(cross_encoder, num_labels=3, ignore_mismatched_sizes=True)
    model.save_pretrained(tmp_path)
    BertTokenizer.from_pretrained(cross_encoder).save_pretrained(tmp_path)
    with pytest.raises(BadInput, match="has 3 outputs"):
        CrossEncoderReranker.load(str(tmp_path), device="cpu")


def test_a_model_without_a_head_is_refused(bi_encoder: Path) -> None:
    with pytest.raises(BadInput, match="no trained text-pair head"):
        CrossEncoderReranker.load(str(bi_encoder), device="cpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_cuda_ranks_as_the_cpu_does(delta: Path) -> None:
    pairs = [(QUERY, passage) for passage in PASSAGES]
    exact = CrossEncoderReranker.load(str(delta), device="cpu", precision="fp32").relevance(pairs)
    np.testing.assert_allclose(CrossEncoderReranker.load(str(delta), device="cuda").relevance(pairs), exact, atol=0.03)
