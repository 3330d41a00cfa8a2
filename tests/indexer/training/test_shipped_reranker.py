"""What the script fits and writes after training, on lists whose answer is known."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from indexer.training.calibration import JudgedList, calibrate, relevance_of
from indexer.training.shipped_reranker import RECIPE, keeping
from search.models.reranker import BUNDLED


def lists(logits: list[float], gains: list[float], count: int) -> list[JudgedList]:
    fused = np.linspace(1, 0, len(logits)).astype(np.float32)
    return [JudgedList(fused, np.array(logits, np.float32), np.array(gains, np.float32), tuple(gains))] * count


def test_a_calibrated_relevance_is_the_share_of_relevant_pairs_and_every_set_weighs_the_same() -> None:
    often = lists([2.0, 2.0, -2.0, -2.0], [1.0, 1.0, 0.0, 0.0], 300)
    seldom = lists([2.0, 2.0, -2.0, -2.0], [0.25, 1.0, 0.0, 0.75], 30)
    slope, intercept = calibrate({"often": often, "seldom": seldom})
    relevance = relevance_of(np.array([2.0, -2.0], np.float32), slope, intercept)
    # logit 2: all of one set and half of the other; logit -2: none of one and half of the other
    assert relevance == pytest.approx([0.75, 0.25], abs=0.01)


def test_the_recipe_is_the_one_that_the_package_was_made_with() -> None:
    assert json.loads((BUNDLED / "config.json").read_text())["recipe"] == asdict(RECIPE)


def test_vectors_are_made_once_for_the_same_texts(tmp_path: Path) -> None:
    calls: list[list[str]] = []

    def encode(texts: list[str]) -> np.ndarray:
        calls.append(list(texts))
        return np.arange(len(texts), dtype=np.float32)[:, None]

    for texts in (["a", "b"], ["a", "b"], ["b", "a"]):
        assert json.dumps(keeping(tmp_path, encode)(texts).tolist()) == "[[0.0], [1.0]]"
    assert calls == [["a", "b"], ["b", "a"]]
