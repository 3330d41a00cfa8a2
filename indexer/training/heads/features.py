"""Examples as numbers: token ids and what the head should answer for them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.training.heads.examples import Example, Labelled, MultipleChoice, Plain, Question, Sentence
from search.errors import BadInput
from search.heads.card import HeadCard, Kind, Reads
from search.heads.choosing import choice_pairs
from search.heads.problem import Problem
from search.heads.reading import question_windows
from search.heads.tokens import Encoding, Tokens

IGNORED = -100
"""Target of tokens that count for nothing, as torch's cross-entropy expects it."""


@dataclass(frozen=True, slots=True)
class Feature:
    """What the model reads at once, and its target.

    ``encodings`` are several for multiple choice (one per choice) and one otherwise. ``target`` is a label's number, a
    number in 0..1 (regression), a label's or token's number per token (tagging, masks), or the first and last token of the
    span.
    """

    encodings: tuple[Encoding, ...]
    target: int | float | tuple[int, ...]

    @property
    def tokens(self) -> int:
        return sum(len(encoding["input_ids"]) for encoding in self.encodings)


def labels_of(examples: Sequence[Example]) -> tuple[str, ...]:
    """The labels or tags in use, sorted; a tagger gets "O" first where it is used."""
    if isinstance(examples[0], Sentence):
        tags = {tag for sentence in examples if isinstance(sentence, Sentence) for tag in sentence.tags}
        return tuple(sorted(tags, key=lambda tag: (tag != "O", tag)))
    return tuple(sorted({example.target for example in examples if isinstance(example, Labelled)}))


def features_of(card: HeadCard, tokens: Tokens, examples: Sequence[Example]) -> list[Feature]:
    """The features of all examples, in order; a question on a long passage gives one for each window that it is read in."""
    if card.kind in (Kind.CLASSIFICATION, Kind.REGRESSION):
        return _labelled(card, tokens, [example for example in examples if isinstance(example, Labelled)])
    if card.kind is Kind.TAGGING:
        return _tagged(card, tokens, [example for example in examples if isinstance(example, Sentence)])
    if card.kind is Kind.SPAN:
        return [feature for example in examples if isinstance(example, Question) for feature in _spans(tokens, example)]
    if card.kind is Kind.MASK:
        return _masked(tokens, [example.text for example in examples if isinstance(example, Plain)])
    return _choices(card, tokens, [example for example in examples if isinstance(example, MultipleChoice)])


def _labelled(card: HeadCard, tokens: Tokens, examples: Sequence[Labelled]) -> list[Feature]:
    if card.reads is Reads.PAIR:
        encodings = tokens.pairs([(example.texts[0], example.texts[1]) for example in examples], card.truncation)
    else:
        encodings = tokens.texts([example.texts[0] for example in examples])
    if card.kind is Kind.REGRESSION:
        width = card.highest - card.lowest
        return [Feature((row,), (float(one.target) - card.lowest) / width) for row, one in zip(encodings, examples, strict=True)]
    numbers = {label: number for number, label in enumerate(card.labels)}
    return [Feature((row,), _number(numbers, one.target)) for row, one in zip(encodings, examples, strict=True)]


def _tagged(card: HeadCard, tokens: Tokens, examples: Sequence[Sentence]) -> list[Feature]:
    numbers = {label: number for number, label in enumerate(card.labels)}
    encodings, starts = tokens.words([sentence.words for sentence in examples])
    features = []
    for sentence, encoding, firsts in zip(examples, encodings, starts, strict=True):
        target = np.full(len(encoding["input_ids"]), IGNORED)
        for tag, place in zip(sentence.tags, firsts, strict=False):  # words beyond the limit have no token
            target[place] = _number(numbers, tag)
        features.append(Feature((encoding,), tuple(target.tolist())))
    return features


def _spans(tokens: Tokens, example: Question) -> list[Feature]:
    features = []
    for encoding, offsets in question_windows(tokens, example.question, example.passage):
        target = (0, 0)  # [CLS]: not in this window
        for start, end in example.answers[:1]:
            first = next((place for place, span in enumerate(offsets) if span and span[0] <= start < span[1]), None)
            last = next((place for place, span in enumerate(offsets) if span and span[0] < end <= span[1]), None)
            if first is not None and last is not None:
                target = (first, last)
        features.append(Feature((encoding,), target))
    return features


def _masked(tokens: Tokens, texts: Sequence[str], share: float = 0.15, seed: int = 17) -> list[Feature]:
    """Of each text 15 % of the tokens to be guessed: 80 % of them masked, 10 % another token, 10 % as they were (Devlin et al. 2019)."""
    rng = np.random.default_rng(seed)
    tokenizer = tokens.tokenizer
    features = []
    for encoding in tokens.texts(texts):
        ids = np.array(encoding["input_ids"])
        chosen = np.isin(ids, tokenizer.all_special_ids, invert=True) & (rng.random(len(ids)) < share)
        if not chosen.any():
            continue
        target = np.where(chosen, ids, IGNORED)
        fate = rng.random(len(ids))
        ids = np.where(chosen & (fate < 0.8), tokenizer.mask_token_id, ids)
        ids = np.where(chosen & (fate >= 0.9), rng.integers(0, len(tokenizer), len(ids)), ids)
        features.append(Feature(({**encoding, "input_ids": ids.tolist()},), tuple(target.tolist())))
    return features


def _choices(card: HeadCard, tokens: Tokens, examples: Sequence[MultipleChoice]) -> list[Feature]:
    features = []
    for example in examples:
        pairs = choice_pairs(tokens, Problem(example.question, example.choices, example.passage))
        features.append(Feature(tuple(tokens.pairs(pairs, card.truncation)), example.answer))
    return features


def _number(numbers: dict[str, int], label: str) -> int:
    if label not in numbers:
        raise BadInput(f"The label {label!r} is not among those of the training file ({', '.join(numbers)}).", field="dev")
    return numbers[label]
