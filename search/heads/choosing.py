"""Multiple choice: one score per choice, and a softmax over the choices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.heads.classification import softmax
from search.heads.network import Network


@dataclass(frozen=True, slots=True)
class Problem:
    """A question with its choices and, if there is one, the passage that it is about."""

    question: str
    choices: tuple[str, ...]
    passage: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """What the model reads: the passage, and question with choice."""
        return [(self.passage, f"{self.question} {choice}") if self.passage else (self.question, choice) for choice in self.choices]


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
