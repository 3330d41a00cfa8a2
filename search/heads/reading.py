"""Extractive question answering: the span of a passage that answers a question, or none.

A span (i, j) with i ≤ j is worth start_i + end_j; no answer is worth start and end of [CLS] (Devlin et al. 2019). Long
passages are read in windows that overlap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.heads.network import Logits, Network
from search.heads.tokens import Encoding, Tokens
from search.models.loading import readable

LONGEST_ANSWER = 30
"""Tokens."""
_MAX_QUESTION_TOKENS = 64
_MAX_PASSAGE_TOKENS = 20_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A span of the passage: [start, end) characters. ``probability`` is its share among all spans and no answer."""

    text: str
    start: int
    end: int
    probability: float


def read(network: Network, questions: Sequence[tuple[str, str]]) -> list[Answer | None]:
    """The best answer to each (question, passage), in order; None when "no answer" is the likelier."""
    windows, owners, spans = [], [], []
    for number, (question, passage) in enumerate(questions):
        for encoding, offsets in question_windows(network.tokens, question, passage):
            windows.append(encoding)
            owners.append(number)
            spans.append(offsets)
    best: list[tuple[float, Answer | None]] = [(-np.inf, None)] * len(questions)
    for number, offsets, logits in zip(owners, spans, network.logits(windows), strict=True):
        value, answer = _best_span(logits, offsets, questions[number][1])
        # A window without the answer says so with confidence; it must not outvote the one that has it.
        if answer is not None and (best[number][1] is None or value > best[number][0]):
            best[number] = value, answer
    return [answer for _, answer in best]


def question_windows(tokens: Tokens, question: str, passage: str) -> list[tuple[Encoding, list[tuple[int, int] | None]]]:
    """Question and part of the passage, each with the characters of the passage's tokens (None for all others)."""
    tokenizer: Any = tokens.tokenizer
    limit = min(_MAX_QUESTION_TOKENS, tokens.max_tokens // 3)
    question = readable(question, limit)
    ends = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    question = question[: ends[limit - 1][1]] if len(ends) > limit else question
    encoded = tokenizer(
        question,
        readable(passage, _MAX_PASSAGE_TOKENS),
        truncation="only_second",
        max_length=tokens.max_tokens,
        stride=tokens.max_tokens // 4,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    windows = []
    for row in range(len(encoded["input_ids"])):
        offsets = [
            tuple(span) if part == 1 else None for span, part in zip(encoded["offset_mapping"][row], encoded.sequence_ids(row), strict=True)
        ]
        names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in encoded]
        windows.append(({name: encoded[name][row] for name in names}, offsets))
    return windows


def _best_span(logits: Logits, offsets: Sequence[tuple[int, int] | None], passage: str) -> tuple[float, Answer | None]:
    """The best span of a window by start + end less the value of no answer; None when no span is worth more."""
    inside = np.array([span is not None and span[1] > span[0] for span in offsets])
    if not inside.any():
        return -np.inf, None
    start, end = np.where(inside, logits[:, 0], -np.inf), np.where(inside, logits[:, 1], -np.inf)
    values = start[:, None] + end[None, :]  # (i, j)
    length = np.arange(len(start))[None, :] - np.arange(len(start))[:, None]
    values = np.where((length >= 0) & (length < LONGEST_ANSWER), values, -np.inf)
    nothing = float(logits[0].sum())
    first, last = (int(place) for place in np.unravel_index(int(values.argmax()), values.shape))
    value = float(values[first, last])
    if value <= nothing:
        return value - nothing, None
    highest = max(value, nothing)
    share = np.exp(value - highest) / (np.exp(values - highest).sum() + np.exp(nothing - highest))
    one, other = offsets[first], offsets[last]
    assert one is not None
    assert other is not None
    return value - nothing, Answer(passage[one[0] : other[1]], one[0], other[1], float(share))
