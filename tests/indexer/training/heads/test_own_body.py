"""Every checkpoint of the BERT family carries every kind of head, and is served as it was trained."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, RobertaConfig

from indexer.training.heads.batches import ByLength, collate
from indexer.training.heads.features import features_of
from indexer.training.heads.own_body import SingleRecipe, Tuning, learning_rate, longest_input, open_base, prepare
from search.errors import BadInput
from search.heads.network import Network, plain_forward
from search.heads.tokens import Tokens
from search.models.device import placement
from tests.families import CASES

PROVEN = [
    *((family, kind) for family in ("bert", "roberta", "distilbert") for kind in CASES),
    *((family, kind) for family in ("multilingual", "distilroberta") for kind in ("pairs", "tagging")),  # configurations of two of them
]


@pytest.mark.parametrize(("family", "kind"), PROVEN)
def test_a_step_of_training_is_served_as_it_was(family: str, kind: str, base_of: Callable[[str], str], tmp_path: Path) -> None:
    card, examples = CASES[kind]
    base = Path(base_of(family))
    network, tokenizer = open_base(card, base), AutoTokenizer.from_pretrained(base)
    features = features_of(card, Tokens(tokenizer, card.max_tokens), examples)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network(**collate(features, card.kind, tokenizer)).loss.backward()
    torch.optim.SGD(network.parameters(), lr=0.5).step()
    assert all(not torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items() if "query.weight" in name)
    network.eval().save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    card.write(tmp_path)
    place = placement("cpu", "fp32")
    encodings = [encoding for feature in features for encoding in feature.encodings]
    served = Network.load(tmp_path, place).logits(encodings)
    trained = Network(card, "", Tokens(tokenizer, card.max_tokens), plain_forward(network, card.kind), place).logits(encodings)
    for one, other in zip(served, trained, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert ("token_type_ids" in encodings[0]) == (family in ("bert", "multilingual"))


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_merged_adapters_answer_as_adapters_do(family: str, base_of: Callable[[str], str]) -> None:
    card, examples = CASES["classification"]
    base = Path(base_of(family))
    network, tokenizer = open_base(card, base), AutoTokenizer.from_pretrained(base)
    adapted = prepare(network, card.kind, SingleRecipe(tuning=Tuning.ADAPTERS))
    batch = collate(features_of(card, Tokens(tokenizer, 32), examples), card.kind, tokenizer)
    adapted(**batch).loss.backward()
    trained = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    torch.optim.SGD(trained, lr=0.5).step()
    assert sum(parameter.numel() for parameter in trained) < network.num_parameters() / 2
    adapted.eval()
    expected = adapted(**batch).logits
    torch.testing.assert_close(adapted.merge_and_unload()(**batch).logits, expected, atol=1e-5, rtol=1e-4)


def test_a_language_model_has_no_adapters(base_of: Callable[[str], str]) -> None:
    card, _ = CASES["mask"]
    with pytest.raises(BadInput, match="tune the whole body"):
        prepare(open_base(card, Path(base_of("bert"))), card.kind, SingleRecipe(tuning=Tuning.ADAPTERS))


def test_places_and_steps_are_those_of_the_body(base_of: Callable[[str], str]) -> None:
    wide = RobertaConfig(hidden_size=768, max_position_embeddings=514, pad_token_id=1)
    assert longest_input(wide) == 512
    assert learning_rate(SingleRecipe(), wide) == 3e-5
    assert learning_rate(SingleRecipe(tuning=Tuning.NONE), wide) == pytest.approx(3e-4)
    small = open_base(CASES["classification"][0], Path(base_of("distilbert"))).config
    assert longest_input(small) == 130
    assert learning_rate(SingleRecipe(), small) == 1e-4


def test_a_tuned_encoder_of_the_package_can_be_the_base(base_of: Callable[[str], str], tmp_path: Path) -> None:
    from transformers import AutoModel

    from search.models.delta import save_delta

    base = Path(base_of("bert"))
    model = AutoModel.from_pretrained(base)
    with torch.no_grad():
        model.encoder.layer[0].output.dense.bias += 1.0
    save_delta(model, base, tmp_path, {"base": str(base)})
    network = open_base(CASES["tagging"][0], base, tmp_path)
    torch.testing.assert_close(network.bert.encoder.layer[0].output.dense.bias, model.encoder.layer[0].output.dense.bias, atol=1e-3, rtol=0)


def test_an_epoch_has_every_example_once_with_like_lengths_together() -> None:
    lengths = np.random.default_rng(1).integers(2, 200, 1003).tolist()
    sampler = ByLength(lengths, 8, seed=3)
    first, again = list(sampler), list(sampler)
    sampler.set_epoch(1)
    assert sorted(first) == list(range(1003))
    assert first == again
    assert first != list(sampler)
    padded = sum(8 * max(lengths[row] for row in first[place : place + 8]) for place in range(0, 1003, 8))
    assert padded < 1.15 * sum(lengths)


def test_kinds_that_answer_for_every_token_ignore_the_padding(base_of: Callable[[str], str]) -> None:
    card, examples = CASES["tagging"]
    tokenizer = AutoTokenizer.from_pretrained(base_of("bert"))
    arrays = collate(features_of(card, Tokens(tokenizer, 32), examples), card.kind, tokenizer)
    assert arrays["labels"].shape == arrays["input_ids"].shape
    assert (arrays["labels"][arrays["attention_mask"] == 0] == -100).all()
