"""How likely a result is looked at, by its place on the page: 1 / place ** eta (Joachims, Swaminathan and Schnabel 2017).

Places count from 1 at the top of the page that was shown, also on a second page: whoever reacted to a page has begun to read it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np
from scipy.optimize import minimize_scalar

from search.feedback import JudgedShowing

DEFAULT_ETA = 1.0
LARGEST_ETA = 3.0
FEWEST_CLICKS = 100
"""On articles that were shown at several places for one query; with fewer an estimate says little."""


def propensity(place: int, eta: float) -> float:
    """The probability, relative to the first place, that what stands there is looked at."""
    return float(place**-eta)


def estimate_eta(showings: Iterable[JudgedShowing]) -> float | None:
    """The eta that explains best at which of its places an article was clicked, between 0 and LARGEST_ETA; None for too few clicks.

    How relevant an article is does not enter: given that it was clicked so often, only the places matter (a conditional likelihood, as
    in Agarwal et al. 2019, who harvest the same swaps of places between rankers). Rankings change with the archive and the filters.
    """
    shown: dict[tuple[str, int], Counter[int]] = defaultdict(Counter)
    clicked: dict[tuple[str, int], Counter[int]] = defaultdict(Counter)
    for judged in showings:
        if not judged.clicked:
            continue
        for place, article_id in enumerate(judged.showing.shown, 1):
            pair = (judged.showing.query, article_id)
            shown[pair][place] += 1
            if article_id in judged.clicked:
                clicked[pair][place] += 1
    pairs = [pair for pair in clicked if len(shown[pair]) > 1]
    clicks = sum(clicked[pair].total() for pair in pairs)
    if clicks < FEWEST_CLICKS:
        return None
    rows = [(number, place, times, clicked[pair][place]) for number, pair in enumerate(pairs) for place, times in shown[pair].items()]
    pair_of, places, times, clicks_at = (np.array(column) for column in zip(*rows, strict=True))
    clicks_of = np.bincount(pair_of, clicks_at)
    logs = np.log(places)

    def surprise(eta: float) -> float:
        looks = np.bincount(pair_of, times * np.exp(-eta * logs))
        return float(eta * (clicks_at * logs).sum() + (clicks_of * np.log(looks)).sum())

    return float(minimize_scalar(surprise, bounds=(0.0, LARGEST_ETA), method="bounded").x)
