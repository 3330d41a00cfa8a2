"""What an article makes of a claim, by the head for stance, which has read the claim and the beginning of an article.

A longer article is judged by windows of that length. One that reports a claim often says only in passing what it makes of it, so
the mean of the most opinionated windows speaks for all, those that least discuss something or are about something else.
docs/answers.md has how that compares with other ways. Knows nothing of networks: the judge is given.
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
OPINIONATED = 2
"""How many windows speak for the article."""

Judge = Callable[[Sequence[tuple[str, str]]], Sequence[Label]]
"""A label for each (claim, text)."""


@dataclass(frozen=True, slots=True)
class Stance:
    """The most probable label and the probability of each, which sum to 1; ``sentence`` says most clearly so, if any is about the claim."""

    label: str
    probabilities: dict[str, float]
    sentence: Window | None


def stances(asked: Sequence[tuple[str, str]], judge: Judge) -> list[Stance]:
    """The stance of each text toward its claim: (claim, text); two passes through the judge for all."""
    cut = [list(islice(windows(text, WORDS, STEP), WINDOWS)) for _, text in asked]
    judged = iter(judge([(claim, text[one.start : one.end]) for (claim, text), row in zip(asked, cut, strict=True) for one in row]))
    opinions = [combined([next(judged).probabilities for _ in row]) for row in cut]
    telling = [
        _sentences(text, cut[row][place]) if label != UNRELATED else []
        for row, ((_, text), (label, _, place)) in enumerate(zip(asked, opinions, strict=True))
    ]
    pairs = [(claim, text[one.start : one.end]) for (claim, text), row in zip(asked, telling, strict=True) for one in row]
    clear = iter(judge(pairs) if pairs else ())
    found = []
    for row, (label, probabilities, _) in enumerate(opinions):
        shares = [next(clear).probabilities.get(label, 0.0) for _ in telling[row]]
        found.append(Stance(label, probabilities, telling[row][shares.index(max(shares))] if shares else None))
    return found


def combined(judged: Sequence[dict[str, float]]) -> tuple[str, dict[str, float], int]:
    """The label and the probabilities of an article from those of its windows, and which window says that label most clearly."""
    opinion = [1 - sum(one.get(label, 0.0) for label in UNDECIDED) for one in judged]
    speaking = sorted(range(len(judged)), key=lambda place: -opinion[place])[:OPINIONATED]
    mean = {label: sum(judged[place][label] for place in speaking) / len(speaking) for label in judged[0]}
    best = max(mean, key=lambda label: mean[label])
    return best, mean, max(range(len(judged)), key=lambda place: judged[place][best])


def _sentences(text: str, window: Window) -> list[Window]:
    """The sentences that stand, in whole or in part, in the window."""
    near = text[: window.end + LONGEST]
    return [one for one in sentences(near) if one.start < window.end and one.end > window.start]
