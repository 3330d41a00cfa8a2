"""A language model fills every mask that it is shown, and is as surprised as transformers' own model is at one mask at a time."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

from search.errors import BadInput
from search.heads.masking import fill_masks, pseudo_perplexity
from search.heads.network import Network
from search.models.device import placement
from tests.tiny_heads import make_heads

TEXTS = ["oil prices fell after the producers could not agree", "oil", "the bank rose on friday, good!", "oil fell " * 40]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_heads(tmp_path_factory.mktemp("heads")) / "mask"


@pytest.fixture(scope="module")
def network(folder: Path) -> Network:
    return Network.load(folder, placement("cpu", "fp32"))


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    return AutoModelForMaskedLM.from_pretrained(folder).eval()


def _shares(model: Any, ids: list[int], place: int) -> torch.Tensor:
    with torch.inference_mode():
        shares: torch.Tensor = model(torch.tensor([ids])).logits[0, place].softmax(-1)
    return shares


def test_pseudo_perplexity_is_the_mean_surprise_at_one_mask_at_a_time(model: Any, tokenizer: Any, network: Network) -> None:
    for text, found in zip(TEXTS, pseudo_perplexity(network, TEXTS), strict=True):
        ids = tokenizer(text, truncation=True, max_length=network.card.max_tokens)["input_ids"]
        surprise = []
        for place in range(1, len(ids) - 1):
            masked = [*ids[:place], tokenizer.mask_token_id, *ids[place + 1 :]]
            surprise.append(-math.log(_shares(model, masked, place)[ids[place]]))
        assert found == pytest.approx(math.exp(sum(surprise) / len(surprise)), rel=1e-4)


def test_a_text_without_tokens_surprises_nobody(network: Network) -> None:
    assert pseudo_perplexity(network, ["\u200b"]) == [None]


def test_every_mask_is_filled_with_the_likeliest_tokens(model: Any, tokenizer: Any, network: Network) -> None:
    texts = ["oil [MASK] fell", "the [MASK] rose and the [MASK] fell"]
    for text, masks in zip(texts, fill_masks(network, texts, 3), strict=True):
        ids = tokenizer(text)["input_ids"]
        places = [place for place, token in enumerate(ids) if token == tokenizer.mask_token_id]
        for place, fillings in zip(places, masks, strict=True):
            best = _shares(model, ids, place).topk(3)
            assert [one.token for one in fillings] == tokenizer.convert_ids_to_tokens(best.indices.tolist())
            assert [one.probability for one in fillings] == pytest.approx(best.values.tolist(), rel=1e-4)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("oil fell", r"^The text 'oil fell' has no \[MASK\]: write it where a word is missing\.$"),
        ("oil " * 40 + "[MASK] fell", r"^The \[MASK\] at character 160 of text 1 is behind the 32 tokens that are read: shorten what"),
        ("[MASK] fell " * 40, r"^The \[MASK\] at character 180 of text 1 is behind the 32 tokens"),
        ("oil" * 5_000 + " [MASK]", r"^The \[MASK\] at character 15001 of text 1 is behind"),
    ],
)
def test_a_mask_that_is_not_read_is_refused_with_its_place(network: Network, text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as caught:
        fill_masks(network, ["oil [MASK] fell", text], 3)
    assert caught.value.field == "texts.1"
