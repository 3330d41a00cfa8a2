"""Against readers whose position bias and whose taste are known: the bias is found, and the labels order better than raw clicks."""

import numpy as np
import numpy.typing as npt
import pytest

from indexer.feedback.labels import labels_of
from indexer.feedback.propensity import DEFAULT_ETA, estimate_eta, propensity
from tests.indexer.feedback.readers import World, agreement, position_biased, raw_clicks, stop_when_satisfied


def relevances(world: World, eta: float) -> npt.NDArray[np.float64]:
    found = np.zeros_like(world.truth)
    for labelled in labels_of(world.showings, eta):
        for article_id, label in labelled.labels.items():
            found[int(labelled.text[1:]), article_id - 1] = label.relevance
    return found


@pytest.mark.parametrize(("eta", "margin"), [(0.5, 0.1), (1.0, 0.2), (1.5, 0.2)])
def test_labels_order_better_than_raw_clicks_where_readers_look_at_the_top(eta: float, margin: float) -> None:
    world = position_biased(eta, seed=17)
    estimate = estimate_eta(world.showings)
    assert estimate == pytest.approx(eta, abs=0.15)
    assert estimate is not None
    assert agreement(world, relevances(world, estimate)) > agreement(world, raw_clicks(world)) + margin


def test_the_usual_bias_is_better_than_none_where_it_cannot_be_estimated() -> None:
    world = position_biased(1.0, seed=17)
    assert agreement(world, relevances(world, DEFAULT_ETA)) > agreement(world, raw_clicks(world)) + 0.2


def test_where_every_place_is_looked_at_alike_nothing_is_spoilt() -> None:
    world = position_biased(0.0, seed=17)
    estimate = estimate_eta(world.showings)
    assert estimate == pytest.approx(0.0, abs=0.05)
    assert estimate is not None
    assert agreement(world, relevances(world, estimate)) > 0.95


def test_readers_who_stop_when_satisfied_are_another_model_and_gain_all_the_same() -> None:
    world = stop_when_satisfied(seed=17)
    estimate = estimate_eta(world.showings)
    assert estimate is not None
    assert agreement(world, relevances(world, estimate)) > agreement(world, raw_clicks(world)) + 0.1


def test_a_ranking_that_never_changes_says_nothing_of_the_bias() -> None:
    world = position_biased(1.0, seed=17)
    always = [judged for judged in world.showings if int(judged.showing.id.split("-")[1]) >= 20]
    assert estimate_eta(always) is None


def test_the_first_place_is_the_measure_of_the_others() -> None:
    assert [propensity(place, 1.0) for place in (1, 2, 4)] == [1.0, 0.5, 0.25]
    assert propensity(9, 0.5) == pytest.approx(1 / 3)
