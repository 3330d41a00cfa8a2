"""The best state of a run is that of the highest measurement, and of equal ones the last."""

import pytest
import torch

from indexer.training.checkpoint import Best, Validation


@pytest.mark.parametrize(
    ("measured", "kept", "stale"),
    [
        ([0.5, 0.6, 0.4], 1, False),
        ([0.5, 0.5, 0.4], 1, True),  # an equal one is kept, and no reason to go on
        ([0.5, 0.5, 0.5], 2, True),
        ([0.5, 0.4, 0.6], 2, False),
    ],
)
def test_the_last_of_the_best_states_is_kept_and_only_a_better_one_gives_more_time(measured: list[float], kept: int, stale: bool) -> None:
    weights = {"w": torch.zeros(1)}
    values = iter(measured)
    best = Best(Validation(lambda: next(values), patience=2), weights)
    for step in range(len(measured)):
        weights["w"].fill_(step)
        best.look()
    best.restore()
    assert weights["w"].item() == kept
    assert best.is_stale is stale
