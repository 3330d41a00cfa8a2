"""Heads that answer by words: the first number in a passage answers every question; a text supports what it shares a word with."""

import re
from collections.abc import Sequence

from search.heads.answers import Label, SpanAnswer
from search.heads.card import HeadCard, Kind, Reads

SPAN = HeadCard("answer", Kind.SPAN, Reads.PAIR)
STANCE = HeadCard("stance", Kind.CLASSIFICATION, Reads.PAIR, labels=("agree", "disagree", "discuss", "unrelated"))
_NUMBER = re.compile(r"\b(?:forty years|six months|four per cent|three tankers)\b")


class AskingHeads:
    """Counts the batches that it was asked for."""

    def __init__(self, *cards: HeadCard) -> None:
        self._cards = cards
        self.batches: list[int] = []

    def cards(self) -> list[HeadCard]:
        return list(self._cards)

    def answer(self, questions: Sequence[tuple[str, str]], task: str | None = None) -> list[SpanAnswer]:
        assert task in (None, "answer")
        self.batches.append(len(questions))
        return [self._answer(passage) for _, passage in questions]

    def _answer(self, passage: str) -> SpanAnswer:
        found = _NUMBER.search(passage)
        return SpanAnswer(answer=found[0], start=found.start(), end=found.end(), probability=0.8) if found else SpanAnswer(answer=None)

    def pair(self, pairs: Sequence[tuple[str, str]], task: str) -> list[Label]:
        assert task == "stance"
        self.batches.append(len(pairs))
        return [self._stance({word for word in claim.lower().split() if len(word) > 3}, text.lower()) for claim, text in pairs]

    def _stance(self, words: set[str], text: str) -> Label:
        share = sum(word in text for word in words) / max(len(words), 1)
        shares = {"agree": 0.9 * share, "disagree": 0.05 * share, "discuss": 0.05 * share, "unrelated": 1 - share}
        return Label(label=max(shares, key=lambda label: shares[label]), probabilities=shares)
