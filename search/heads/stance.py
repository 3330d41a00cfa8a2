"""What an article makes of a claim, by the head for stance, which has read the claim and the beginning of an article.

A longer article is judged by windows of that length. One that reports a claim often says only in passing what it makes of it, so
the most opinionated window speaks for all, the one that least discusses something or is about something else. docs/answers.md has how
that compares with other ways. Knows nothing of networks: the judge is given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from search.heads.answers import Label
from search.sentences import LONGEST, sentences
from search.text import Window, windows

TASK = "stance"
UNRELATED = "unrelated"
UNDECIDED = ("discuss", UNRELATED)
"""The labels that are no opinion."""
WORDS, STEP = 130, 110
"""Of a window, which with a claim fits into what the head reads."""
WINDOWS = 12
"""Longer articles are read to here, some 1,300 words."""
SELDOM = {"agree": 1.5, "disagree": 4.0}
"""How much more these count than the head says. Of the related articles that it learned from, FNC-1's, 27 in 100 agree and 6 disagree, and
a head that has seen so few of them seldom says so; who asks about a claim of their own has no such reason to expect neither."""

Judge = Callable[[Sequence[tuple[str, str]]], Sequence[Label]]
"""A label for each (claim, text)."""


@dataclass(frozen=True, slots=True)
class Stance:
    """The most probable label and the probability of each, which sum to 1; ``sentence`` is the closest to the claim, if any is."""

    label: str
    probabilities: dict[str, float]
    sentence: Window | None

    @property
    def clear(self) -> bool:
        """Whether the label is more probable than all others together."""
        return self.probabilities[self.label] > 0.5


def stances(asked: Sequence[tuple[str, str]], judge: Judge) -> list[Stance]:
    """The stance of each text toward its claim: (claim, text); two passes through the judge for all."""
    cut = [list(islice(windows(text, WORDS, STEP), WINDOWS)) for _, text in asked]
    judged = iter(judge([(claim, text[one.start : one.end]) for (claim, text), row in zip(asked, cut, strict=True) for one in row]))
    opinions = [combined([next(judged).probabilities for _ in row]) for row in cut]
    told = [
        _read_sentences(text, row[-1].end) if label != UNRELATED else []
        for row, (_, text), (label, _) in zip(cut, asked, opinions, strict=True)
    ]
    pairs = [(claim, text[one.start : one.end]) for (claim, text), row in zip(asked, told, strict=True) for one in row]
    close = iter(judge(pairs) if pairs else ())
    found = []
    for row, (label, probabilities) in zip(told, opinions, strict=True):
        nearness = [_nearness(next(close).probabilities, label) for _ in row]
        found.append(Stance(label, probabilities, row[nearness.index(max(nearness))] if row else None))
    return found


def combined(judged: Sequence[dict[str, float]]) -> tuple[str, dict[str, float]]:
    """The label and the probabilities of an article from those of its windows."""
    speaking = max((_fair(one) for one in judged), key=lambda one: 1 - sum(one.get(label, 0.0) for label in UNDECIDED))
    return max(speaking, key=lambda label: speaking[label]), speaking


def _fair(probabilities: dict[str, float]) -> dict[str, float]:
    """The probabilities with what is seldom counting more, again with a sum of 1."""
    weighed = {label: share * SELDOM.get(label, 1.0) for label, share in probabilities.items()}
    return {label: share / sum(weighed.values()) for label, share in weighed.items()}


def _read_sentences(text: str, end: int) -> list[Window]:
    """The sentences of what was read, which ends at ``end``; the last one to its own end."""
    return [one for one in sentences(text[: end + LONGEST]) if one.start < end]


def _nearness(probabilities: dict[str, float], label: str) -> float:
    """How surely a sentence is about the claim or, where the head has no label for that, how surely it says the label."""
    return 1 - probabilities[UNRELATED] if UNRELATED in probabilities else probabilities[label]
