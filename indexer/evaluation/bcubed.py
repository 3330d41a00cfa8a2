"""How well groups agree with those that people made: B-cubed precision and recall (Bagga and Baldwin 1998)."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple


class Agreement(NamedTuple):
    """Precision: of what shares an item's group, the share that belongs there; recall: of what belongs there, the share that does.

    Both are means over all items, each of which belongs with itself.
    """

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def bcubed(groups: Sequence[Hashable], labels: Sequence[Hashable]) -> Agreement:
    """The agreement of the groups that were found with the labels, one of each per item; raises ValueError for no items."""
    if not groups:
        raise ValueError("there is nothing to compare")
    together = Counter(zip(groups, labels, strict=True))
    found, labelled = Counter(groups), Counter(labels)
    precision = sum(count * count / found[group] for (group, _), count in together.items()) / len(groups)
    recall = sum(count * count / labelled[label] for (_, label), count in together.items()) / len(groups)
    return Agreement(precision, recall)
