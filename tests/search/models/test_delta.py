"""Weights stored as differences give back the model that was saved."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, BertConfig, BertModel

from search.errors import BadInput
from search.models.delta import load_with_delta, save_delta

INPUT = {"input_ids": torch.tensor([[1, 5, 9, 2]]), "attention_mask": torch.ones(1, 4, dtype=torch.long)}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    config = BertConfig(vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
    BertModel(config).save_pretrained(tmp_path / "base")
    return tmp_path / "base"


def trained(base: Path) -> torch.nn.Module:
    """The base with a head, its first layer moved a little, as training would."""
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
    with torch.no_grad():
        weight = model.bert.encoder.layer[0].attention.self.query.weight
        weight += 0.01 * torch.randn_like(weight)
    return model.eval()


def test_the_loaded_model_answers_like_the_saved_one(base: Path, tmp_path: Path) -> None:
    model = trained(base)
    save_delta(model, base, tmp_path / "delta", {"max_length": 160})
    loaded = load_with_delta(AutoModelForSequenceClassification, base, tmp_path / "delta")
    with torch.inference_mode():
        torch.testing.assert_close(loaded(**INPUT).logits, model(**INPUT).logits, atol=1e-5, rtol=1e-4)
    assert json.loads((tmp_path / "delta" / "config.json").read_text())["max_length"] == 160


def test_only_what_training_changed_is_stored(base: Path, tmp_path: Path) -> None:
    save_delta(trained(base), base, tmp_path / "delta", {})
    stored = load_file(tmp_path / "delta" / "delta.safetensors")
    assert set(stored) == {
        "changed:bert.encoder.layer.0.attention.self.query.weight",
        "new:classifier.weight",
        "new:classifier.bias",
    }
    assert stored["changed:bert.encoder.layer.0.attention.self.query.weight"].dtype == torch.float16


def test_weights_of_another_base_are_refused(base: Path, tmp_path: Path) -> None:
    save_delta(trained(base), base, tmp_path / "delta", {})
    torch.manual_seed(1)
    BertModel(BertConfig.from_pretrained(base)).save_pretrained(tmp_path / "other")
    with pytest.raises(BadInput, match="another base"):
        load_with_delta(AutoModelForSequenceClassification, tmp_path / "other", tmp_path / "delta")


def test_a_folder_without_weights_is_named(base: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no trained weights in"):
        load_with_delta(AutoModelForSequenceClassification, base, tmp_path)
