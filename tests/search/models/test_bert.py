"""The packed forward pass gives what transformers' BertModel gives."""

import pytest
import torch
from transformers import BertConfig, BertModel

from search.models.bert import PackedBert

LENGTHS = (17, 17, 9, 30, 1, 9)


@pytest.fixture(scope="module")
def bert() -> BertModel:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=90, hidden_size=48, num_hidden_layers=3, num_attention_heads=4, intermediate_size=96, initializer_range=0.15
    )
    return BertModel(config).eval()


@pytest.fixture(scope="module")
def inputs() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    mask = torch.zeros(len(LENGTHS), max(LENGTHS), dtype=torch.long)
    for text, length in enumerate(LENGTHS):
        mask[text, :length] = 1
    types = (torch.arange(max(LENGTHS)) > 5).long().expand_as(mask) * mask
    return {"input_ids": torch.randint(5, 90, mask.shape) * mask, "attention_mask": mask, "token_type_ids": types}


@pytest.fixture(scope="module")
def expected(bert: BertModel, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    with torch.inference_mode():
        states: torch.Tensor = bert(**inputs).last_hidden_state * inputs["attention_mask"][..., None]
    return states


def test_states_in_fp32_are_those_of_bert(bert: BertModel, inputs: dict[str, torch.Tensor], expected: torch.Tensor) -> None:
    with torch.inference_mode():
        states = PackedBert(bert, torch.float32)(**inputs)["last_hidden_state"]
    torch.testing.assert_close(states, expected, atol=1e-5, rtol=1e-4)


def test_states_in_bf16_are_close_to_those_of_bert(bert: BertModel, inputs: dict[str, torch.Tensor], expected: torch.Tensor) -> None:
    with torch.inference_mode():
        states = PackedBert(bert, torch.bfloat16)(**inputs)["last_hidden_state"]
    assert states.dtype is torch.float32
    mask = inputs["attention_mask"].bool()
    assert torch.cosine_similarity(states[mask], expected[mask]).min() > 0.999


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.1)])
def test_the_first_states_alone_are_the_same(
    bert: BertModel, inputs: dict[str, torch.Tensor], expected: torch.Tensor, dtype: torch.dtype, tolerance: float
) -> None:
    with torch.inference_mode():
        states = PackedBert(bert, dtype).first_states(**inputs)
    torch.testing.assert_close(states, expected[:, 0], atol=tolerance, rtol=tolerance)


def test_a_text_has_the_same_states_in_any_company(bert: BertModel, inputs: dict[str, torch.Tensor], expected: torch.Tensor) -> None:
    packed = PackedBert(bert, torch.float32)
    with torch.inference_mode():
        for text, length in enumerate(LENGTHS):
            alone = packed(**{name: rows[text : text + 1, :length] for name, rows in inputs.items()})["last_hidden_state"]
            torch.testing.assert_close(alone[0], expected[text, :length], atol=1e-5, rtol=1e-4)


def test_without_token_types_all_are_of_the_first(bert: BertModel, inputs: dict[str, torch.Tensor]) -> None:
    with torch.inference_mode():
        states = PackedBert(bert, torch.float32)(inputs["input_ids"], inputs["attention_mask"])["last_hidden_state"]
        expected = bert(inputs["input_ids"], inputs["attention_mask"]).last_hidden_state * inputs["attention_mask"][..., None]
    torch.testing.assert_close(states, expected, atol=1e-5, rtol=1e-4)


def test_only_usual_berts_fit(bert: BertModel) -> None:
    assert PackedBert.fits(bert)
    relu = BertConfig(vocab_size=90, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, hidden_act="relu")
    assert not PackedBert.fits(BertModel(relu))
    assert not PackedBert.fits(torch.nn.Linear(2, 2))
