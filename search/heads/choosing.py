"""Multiple choice: one score per choice, and a softmax over the choices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.heads.classification import softmax
from search.heads.network import Network
from search.heads.problem import Problem


@dataclass(frozen=True, slots=True)
class Chosen:
    """The position of the best choice and the probability of each, which sum to 1."""

    choice: int
    probabilities: tuple[float, ...]


def choose(network: Network, problems: Sequence[Problem]) -> list[Chosen]:
    """One answer per problem, in order. Where a pair is too long the passage is cut."""
    pairs = [pair for problem in problems for pair in problem.pairs()]
    scores = np.array([values[0] for values in network.logits(network.tokens.pairs(pairs, network.card.truncation))], np.float32)
    answers, first = [], 0
    for problem in problems:
        shares = softmax(scores[first : first + len(problem.choices)])
        first += len(problem.choices)
        answers.append(Chosen(int(shares.argmax()), tuple(float(share) for share in shares)))
    return answers
