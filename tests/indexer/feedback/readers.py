"""Simulated readers with a known position bias, who search an archive whose true relevances are known."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau

from search.feedback import JudgedShowing, Showing

QUERIES, ARTICLES, SHOWINGS = 40, 10, 120
SHOWINGS_OF_LATER_RANKING = 20  # the archive grew, and the ranking changed
RELEVANCE = np.linspace(0.05, 0.9, ARTICLES)


@dataclass(frozen=True)
class World:
    """What is relevant to query ``q<row>`` by article id, and what the readers were shown and clicked."""

    truth: npt.NDArray[np.float64]  # (queries, articles)
    showings: list[JudgedShowing]


def position_biased(eta: float, seed: int) -> World:
    """Readers look at place k with probability k ** -eta and click what they look at if it is relevant to them.

    The ranking knows nothing of what is relevant, and changes once. Pages without a click are not kept, as on the server.
    """
    generator = np.random.default_rng(seed)
    looks = np.arange(1, ARTICLES + 1) ** -eta

    def clicks(shown_relevance: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        return np.asarray(generator.random(ARTICLES) < looks * shown_relevance)

    return _world(generator, clicks)


def stop_when_satisfied(seed: int) -> World:
    """Readers go down from the top, open what looks good, and stop at the first article that satisfies them (a cascade)."""
    generator = np.random.default_rng(seed)

    def clicks(shown_relevance: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        found = np.zeros(ARTICLES, bool)
        for place in range(ARTICLES):
            found[place] = generator.random() < shown_relevance[place]
            if found[place] or generator.random() < 0.15:  # satisfied, or tired
                break
        return found

    return _world(generator, clicks)


def raw_clicks(world: World) -> npt.NDArray[np.float64]:
    """How often each article was clicked, which is what one would count without a thought (queries, articles)."""
    counts = np.zeros_like(world.truth)
    for judged in world.showings:
        for article_id in judged.clicked:
            counts[int(judged.showing.query[1:]), article_id - 1] += 1
    return counts


def agreement(world: World, found: npt.NDArray[np.float64]) -> float:
    """Kendall's tau-b with what is truly relevant, averaged over the queries."""
    taus = [kendalltau(one, true).statistic for one, true in zip(found, world.truth, strict=True)]
    return float(np.nan_to_num(taus).mean())


def _world(generator: np.random.Generator, clicks: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.bool_]]) -> World:
    truth = np.array([generator.permutation(RELEVANCE) for _ in range(QUERIES)])
    showings = []
    for query, relevance in enumerate(truth):
        first, later = (np.argsort(generator.random(ARTICLES)) for _ in range(2))
        for number in range(SHOWINGS):
            order = later if number < SHOWINGS_OF_LATER_RANKING else first
            clicked = clicks(relevance[order])
            if clicked.any():
                shown = tuple(int(id_) + 1 for id_ in order)
                showing = Showing(f"{query}-{number}", date(2026, 3, 1), f"q{query}", "", "s", "e", None, 1, shown)
                showings.append(JudgedShowing(showing, frozenset(np.array(shown)[clicked].tolist())))
    return World(truth, showings)
