"""A language model gives for the tokens that it is asked for what it gives for all, whatever body it has."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from indexer.training.heads.own_body import open_base
from indexer.training.heads.shared_body import Recipe, make_trainee, save_shared
from search.heads.network import Network
from search.models.device import placement
from tests.families import CASES, SENTENCES, make_family


def _served(family: str, shared: bool, folder: Path) -> Network:
    card, _ = CASES["mask"]
    base = make_family(family, folder / "base")
    torch.manual_seed(1)
    if shared:
        save_shared(make_trainee(str(base), [card], Recipe()), base, folder)
        config = folder / "body" / "config.json"
        config.write_text(config.read_text().replace("{", f'{{"base": "{base}",', 1))
        return Network.load(folder / card.task, placement("cpu", "fp32"))
    network = open_base(card, base).eval()
    network.save_pretrained(folder / "head")
    AutoTokenizer.from_pretrained(base).save_pretrained(folder / "head")
    card.write(folder / "head")
    return Network.load(folder / "head", placement("cpu", "fp32"))


@pytest.mark.parametrize(("family", "shared"), [("bert", True), ("bert", False), ("roberta", False), ("distilbert", False)])
def test_only_what_is_asked_for_is_given(family: str, shared: bool, tmp_path: Path) -> None:
    network = _served(family, shared, tmp_path)
    encodings = network.tokens.texts([*SENTENCES, "oil"])
    places = [[place for place in range(len(encoding["input_ids"])) if place % (row + 2) == 1] for row, encoding in enumerate(encodings)]
    places[1] = []
    for chosen, given, everything in zip(places, network.logits(encodings, places), network.logits(encodings), strict=True):
        assert given.shape == (len(chosen), len(network.tokens.tokenizer))
        np.testing.assert_allclose(given, everything[chosen], atol=1e-5)
