"""Tiny random BERTs that the tests of the models load from a folder like any other."""

from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizer

WORDS = "the a oil price falls bank raises rates team wins final election vote storm hits coast of in and to"
VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *WORDS.split(),
    *"abcdefghijklmnopqrstuvwxyz",
    *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"),
]


def tiny_config(**changes: object) -> BertConfig:
    sizes = {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 96, "max_position_embeddings": 64}
    # Larger weights than usual, or the vectors of all texts would be nearly the same.
    return BertConfig(vocab_size=len(VOCABULARY), initializer_range=0.15, **{**sizes, **changes})


@pytest.fixture(scope="session")
def tokenizer() -> BertTokenizer:
    return BertTokenizer(vocab={word: number for number, word in enumerate(VOCABULARY)}, model_max_length=64)


def save_bert(folder: Path, tokenizer: BertTokenizer, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    BertModel(tiny_config()).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def bi_encoder(tmp_path_factory: pytest.TempPathFactory, tokenizer: BertTokenizer) -> Path:
    """A sentence-transformers model that pools [CLS], with a prompt for queries and one for passages."""
    folder = save_bert(tmp_path_factory.mktemp("bert"), tokenizer)
    transformer = Transformer(str(folder))
    model = SentenceTransformer(
        modules=[transformer, Pooling(48, pooling_mode="cls"), Normalize()],
        prompts={"query": "the price of ", "passage": "storm and "},
        device="cpu",
    )
    model.save_pretrained(str(folder / "st"))
    return folder / "st"


@pytest.fixture(scope="session")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory, tokenizer: BertTokenizer) -> Path:
    return save_pair_model(tmp_path_factory.mktemp("pairs"), tokenizer, num_labels=1)


def save_pair_model(folder: Path, tokenizer: BertTokenizer, *, num_labels: int) -> Path:
    torch.manual_seed(2)
    BertForSequenceClassification(tiny_config(num_labels=num_labels)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
