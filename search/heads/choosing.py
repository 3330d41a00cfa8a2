"""Multiple choice: one score per choice, and a softmax over the choices."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.heads.classification import softmax
from search.heads.network import Network
from search.heads.problem import Problem
from search.heads.tokens import Tokens
from search.models.loading import readable
from search.sentences import sentences

_MOST_PASSAGE_TOKENS = 5_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """The position of the best choice and the probability of each, which sum to 1."""

    choice: int
    probabilities: tuple[float, ...]


def choose(network: Network, problems: Sequence[Problem]) -> list[Chosen]:
    """One answer per problem, in order; passages of any length."""
    pairs = [pair for problem in problems for pair in choice_pairs(network.tokens, problem)]
    scores = np.array([values[0] for values in network.logits(network.tokens.pairs(pairs, network.card.truncation))], np.float32)
    answers, first = [], 0
    for problem in problems:
        shares = softmax(scores[first : first + len(problem.choices)])
        first += len(problem.choices)
        answers.append(Chosen(int(shares.argmax()), tuple(float(share) for share in shares)))
    return answers


def choice_pairs(tokens: Tokens, problem: Problem) -> list[tuple[str, str]]:
    """What the model reads for each choice: the passage, and question with choice; without a passage question and choice.

    Of a passage that is too long for the model it reads, in their order, the sentences that share most words with question and choice.
    """
    if not problem.passage:
        return [(problem.question, choice) for choice in problem.choices]
    asked = [readable(f"{problem.question} {choice}", tokens.max_tokens) for choice in problem.choices]
    passage = readable(problem.passage, _MOST_PASSAGE_TOKENS)
    parts = [readable(passage[start:end], tokens.max_tokens) for start, end in sentences(passage)]
    lengths, words = _token_sets(tokens, parts)
    own_lengths, own_words = _token_sets(tokens, asked)
    having = Counter(word for part in words for word in part)
    rarity = {word: np.log(1 + len(parts) / count) for word, count in having.items()}
    pairs = []
    for text, length, own in zip(asked, own_lengths, own_words, strict=True):
        worth = [sum(rarity[word] for word in part & own) / max(1, len(part)) ** 0.5 for part in words]
        room = tokens.room_for_pairs - length
        kept: list[int] = []
        for place in sorted(range(len(parts)), key=lambda place: -worth[place]):
            if not kept or lengths[place] <= room:
                kept.append(place)
                room -= lengths[place]
        pairs.append((" ".join(parts[place] for place in sorted(kept)), text))
    return pairs


def _token_sets(tokens: Tokens, texts: Sequence[str]) -> tuple[list[int], list[set[int]]]:
    """How many tokens each text has, and which."""
    rows = tokens.ids(texts)
    return [len(row) for row in rows], [set(row) for row in rows]
