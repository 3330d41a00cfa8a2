"""Several requests as one call, so that the texts of all of them go through a network together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any


@dataclass(frozen=True, slots=True)
class Together:
    """A function of many items, ``method(items, *options)``, as a function of many requests that have some items each.

    Two with the same method and options are equal, which is how the queue knows what it may answer together.
    """

    method: Callable[..., Sequence[Any]]
    options: tuple[object, ...] = ()

    def __call__(self, requests: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """For each request the answers to its items."""
        answers = iter(self.method([item for request in requests for item in request], *self.options))
        return [list(islice(answers, len(request))) for request in requests]
