"""A logistic regression on frozen vectors is served as scikit-learn fitted it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from transformers import AutoModel, AutoTokenizer

from indexer.training.heads.examples import Example, Labelled
from indexer.training.heads.frozen import PENALTIES, train_frozen
from search.errors import BadInput
from search.heads.card import HeadCard, Kind, Reads
from search.heads.classification import classify
from search.heads.frozen import Pooling
from search.heads.network import Network
from search.models.device import placement
from tests.families import SENTENCES, make_family

TOPICS = ("home", "oil", "sport", "bank", "mood", "cup")
EXAMPLES: list[Example] = [
    Labelled((" ".join(text.split()[:count]),), topic) for count in (5, 6, 7, 8) for text, topic in zip(SENTENCES, TOPICS, strict=True)
]


@pytest.mark.parametrize(("pooling", "family", "count"), [("mean", "bert", 6), ("cls", "distilbert", 2), ("mean", "roberta", 3)])
def test_it_answers_as_scikit_learn_does(pooling: Pooling, family: str, count: int, base_of: Callable[[str], str], tmp_path: Path) -> None:
    examples = [one for one in EXAMPLES if isinstance(one, Labelled) and one.target in TOPICS[:count]]
    card = HeadCard("topic", Kind.CLASSIFICATION, labels=tuple(sorted(TOPICS[:count])), max_tokens=32)
    written = train_frozen(card, examples, examples, base_of(family), pooling, tmp_path / "head", device="cpu", precision="fp32")
    texts = [one.texts[0] for one in examples]
    vectors = _vectors(Path(base_of(family)), texts, pooling)
    spread = (vectors - vectors.mean(0)) / vectors.std(0)
    penalty = json.loads((tmp_path / "head" / "training.json").read_text())["penalty"]
    assert penalty in PENALTIES
    expected = LogisticRegression(C=penalty, max_iter=2000).fit(spread, [one.target for one in examples])
    found = classify(Network.load(tmp_path / "head", placement("cpu", "fp32")), texts)
    for answer, row in zip(found, expected.predict_proba(spread), strict=True):
        assert list(answer.probabilities) == list(expected.classes_)
        np.testing.assert_allclose(list(answer.probabilities.values()), row, atol=0.01)
    assert written.figures["accuracy"] == pytest.approx(expected.score(spread, [one.target for one in examples]), abs=1e-4)


def _vectors(folder: Path, texts: list[str], pooling: Pooling) -> np.ndarray:
    """One by one, so that there is no padding."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        states = [model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0] for text in texts]
    return torch.stack([rows[0] if pooling == "cls" else rows.mean(0) for rows in states]).numpy()


def test_a_model_that_has_changed_since_is_refused(tmp_path: Path) -> None:
    base = make_family("bert", tmp_path / "base")
    card = HeadCard("topic", Kind.CLASSIFICATION, labels=tuple(sorted(TOPICS)), max_tokens=32)
    train_frozen(card, EXAMPLES, EXAMPLES, str(base), "mean", tmp_path / "head", device="cpu")
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 1}))
    with pytest.raises(BadInput, match="vectors of another model"):
        Network.load(tmp_path / "head", placement("cpu", "fp32"))


def test_a_head_without_its_config_is_named(base_of: Callable[[str], str], tmp_path: Path) -> None:
    card = HeadCard("topic", Kind.CLASSIFICATION, labels=tuple(sorted(TOPICS)), max_tokens=32)
    train_frozen(card, EXAMPLES, EXAMPLES, base_of("bert"), "mean", tmp_path / "head", device="cpu")
    (tmp_path / "head" / "config.json").unlink()
    with pytest.raises(BadInput, match=r"config\.json cannot be read .* train the head"):
        Network.load(tmp_path / "head", placement("cpu", "fp32"))


def test_it_only_classifies(base_of: Callable[[str], str], tmp_path: Path) -> None:
    card = HeadCard("alike", Kind.REGRESSION, Reads.PAIR)
    with pytest.raises(BadInput, match="not regression"):
        train_frozen(card, EXAMPLES, EXAMPLES, base_of("bert"), "mean", tmp_path / "head", device="cpu")
