"""The recency boost: newer articles count for more, by a half-life, after fusion and only when asked for.

Ages are counted from the newest article of the archive, not from today: in an archive that ends in 1987 every article is old, and
the boost would otherwise tell none of them apart.
"""

import numpy as np

from search.protocols import Floats, Ids

SHARE = 0.5
"""The part of the evidence that ages; the other part stays, so that an old article with twice the evidence is still first."""

_SECONDS_A_DAY = 86_400.0


def recency(published_at: Ids, unknown: int, newest: int, half_life_days: float) -> Floats:
    """What the fused evidence of each article is multiplied by: ``1 - SHARE + SHARE * 2 ** (-age / half_life)``, 0.5..1.

    Dates are in seconds since 1970. An article whose date is ``unknown`` counts as infinitely old.
    """
    age = np.maximum(newest - published_at.astype(np.float64), 0.0) / _SECONDS_A_DAY
    remaining = np.where(published_at == unknown, 0.0, np.exp2(-age / half_life_days))
    factor: Floats = (1.0 - SHARE + SHARE * remaining).astype(np.float32)
    return factor
