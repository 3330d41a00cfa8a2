"""Our encoder gives the vectors that sentence-transformers gives."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from search.errors import BadInput
from search.models.agreement import PASSAGES, QUERIES
from search.models.bundled import bundled_encoder_folder
from search.models.delta import save_delta
from search.models.encoder import SentenceEncoder
from search.protocols import Encoder
from search.settings import BASE_ENCODER, TUNED_ENCODER

TEXTS = [*PASSAGES, "", "oil", "oil price " * 200, *(" ".join(PASSAGES[:count]) for count in range(2, 8))]


@pytest.fixture(scope="module")
def bundled() -> SentenceEncoder:
    return SentenceEncoder.load(device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def oracle() -> SentenceTransformer:
    return SentenceTransformer(str(bundled_encoder_folder()), device="cpu")


def test_the_bundled_model_gives_the_vectors_of_sentence_transformers(bundled: SentenceEncoder, oracle: SentenceTransformer) -> None:
    encoder: Encoder = bundled
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.dimension) == (len(TEXTS), 384)
    np.testing.assert_allclose(vectors, oracle.encode_document(TEXTS), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_queries(QUERIES), oracle.encode_query(list(QUERIES)), atol=1e-5)


def test_bf16_ranks_as_fp32_does(bundled: SentenceEncoder) -> None:
    lower = SentenceEncoder.load(device="cpu", precision="bf16")
    exact = bundled.encode_queries(QUERIES) @ bundled.encode_passages(PASSAGES).T
    scores = lower.encode_queries(QUERIES) @ lower.encode_passages(PASSAGES).T
    np.testing.assert_array_equal(scores.argmax(axis=1), exact.argmax(axis=1))
    np.testing.assert_allclose(scores, exact, atol=0.01)
    assert lower.fingerprint == bundled.fingerprint


def test_prompts_and_pooling_are_those_of_the_model(bi_encoder: Path) -> None:
    encoder = SentenceEncoder.load(str(bi_encoder), device="cpu", precision="fp32")
    oracle = SentenceTransformer(str(bi_encoder), device="cpu")
    texts = ["oil price falls", "the bank raises rates in a storm", "final"]
    np.testing.assert_allclose(encoder.encode_queries(texts), oracle.encode_query(texts), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(texts), oracle.encode_document(texts), atol=1e-5)
    assert np.abs(encoder.encode_queries(texts) - encoder.encode_passages(texts)).max() > 0.01


def test_a_model_that_is_no_bert_runs_as_it_is(tmp_path: Path, tokenizer: object) -> None:
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import DistilBertConfig, DistilBertModel

    torch.manual_seed(0)
    DistilBertModel(DistilBertConfig(vocab_size=100, dim=24, n_layers=2, n_heads=2, hidden_dim=48)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    SentenceTransformer(modules=[Transformer(str(tmp_path)), Pooling(24)], device="cpu").save_pretrained(str(tmp_path / "st"))
    encoder = SentenceEncoder.load(str(tmp_path / "st"), device="cpu")
    texts = ["oil price falls", "the bank raises rates"]
    expected = SentenceTransformer(str(tmp_path / "st"), device="cpu").encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode_passages(texts), expected, atol=0.02)


def test_vectors_have_length_one_and_depend_on_neither_order_nor_company(bundled: SentenceEncoder) -> None:
    shuffled = random.Random(0).sample(range(len(TEXTS)), len(TEXTS))
    vectors = bundled.encode_passages(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(bundled.encode_passages([TEXTS[position] for position in shuffled]), vectors[shuffled], atol=1e-5)
    np.testing.assert_allclose(bundled.encode_passages(TEXTS[3:4]), vectors[3:4], atol=1e-5)


def test_no_texts_give_no_vectors(bundled: SentenceEncoder) -> None:
    assert bundled.encode_passages([]).shape == (0, 384)


@pytest.mark.parametrize("text", ["", " ", "\x00", "half \ud83d a character", "z" * 1_000_000, "word " * 200_000, "\n" * 1_000_000])
def test_no_text_is_too_strange(bundled: SentenceEncoder, text: str) -> None:
    vector = bundled.encode_queries([text])
    assert vector.shape == (1, 384)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_model_that_does_not_load_is_named(bi_encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[UNK]")
    (tmp_path / "model.safetensors").write_bytes((bi_encoder / "model.safetensors").read_bytes()[:1000])
    (tmp_path / "config.json").write_text((bi_encoder / "config.json").read_text())
    with pytest.raises(BadInput, match="could not be loaded as an encoder"):
        SentenceEncoder.load(str(tmp_path), device="cpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_cuda_ranks_as_the_cpu_does(bundled: SentenceEncoder) -> None:
    cuda = SentenceEncoder.load(device="cuda")
    similarity = (cuda.encode_passages(TEXTS) * bundled.encode_passages(TEXTS)).sum(axis=1)
    assert similarity.min() > 0.999


def test_a_folder_with_a_delta_is_its_base_with_other_weights(tmp_path: Path) -> None:
    base = bundled_encoder_folder()
    moved = SentenceTransformer(str(base), device="cpu")
    with torch.no_grad():
        weight = moved[0].model.encoder.layer[5].attention.self.value.weight
        weight += 0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))
    save_delta(moved[0].model, base, tmp_path / "tuned", {"base": BASE_ENCODER})
    tuned = SentenceEncoder.load(str(tmp_path / "tuned"), device="cpu", precision="fp32")
    np.testing.assert_allclose(tuned.encode_passages(TEXTS), moved.encode_document(TEXTS), atol=2e-4)
    assert tuned.fingerprint != SentenceEncoder.load(BASE_ENCODER, device="cpu", precision="fp32").fingerprint


def test_the_tuned_model_of_the_package_finds_the_passage_of_every_query() -> None:
    tuned = SentenceEncoder.load(TUNED_ENCODER, device="cpu", precision="fp32")
    scores = tuned.encode_queries(QUERIES) @ tuned.encode_passages(PASSAGES).T
    assert scores.argmax(axis=1).tolist() == [0, 2, 4, 6, 8, 10]  # each query's own passage comes before its neighbour
    assert tuned.fingerprint != SentenceEncoder.load(BASE_ENCODER, device="cpu", precision="fp32").fingerprint


def test_the_tokens_are_those_of_transformers_with_their_last_states(bi_encoder: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    folder = bi_encoder.parent
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    texts = ["oil price falls", "the bank", "", "storm hits coast of the team " * 20]
    found = SentenceEncoder.load(str(bi_encoder), device="cpu", precision="fp32").encode_tokens(texts)
    for text, one in zip(texts, found, strict=True):
        expected = tokenizer(text, truncation=True, return_tensors="pt")
        with torch.no_grad():
            states = model(**expected).last_hidden_state[0].numpy()
        assert one.tokens == tokenizer.convert_ids_to_tokens(expected["input_ids"][0].tolist())
        assert [text[start:end] for start, end in one.spans[1:-1]] == text.split()[:62]
        np.testing.assert_allclose(one.states, states, atol=1e-5)
