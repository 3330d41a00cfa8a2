"""Which texts go through a model together."""

import numpy as np
import numpy.typing as npt


def token_batches(lengths: npt.ArrayLike, budget: int) -> list[npt.NDArray[np.int64]]:
    """The positions 0 … n-1 in batches of similar length, longest first.

    A batch padded to its longest text has at most ``budget`` tokens; a text that is longer than the budget is alone.
    Equal lengths keep their order, so the batches depend on nothing but the arguments.
    """
    lengths = np.asarray(lengths, dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")
    batches = []
    first = 0
    while first < len(order):
        size = max(1, budget // max(1, int(lengths[order[first]])))
        batches.append(order[first : first + size])
        first += size
    return batches
