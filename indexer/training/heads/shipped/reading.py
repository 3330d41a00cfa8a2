"""Heads that read closely: answers, multiple choice, hidden words."""

import random
from collections.abc import Sequence
from pathlib import Path

from indexer.training.heads.examples import Example, Plain, Question, read_examples
from indexer.training.heads.shipped.head import Shipped, is_held_out, read_jsonl
from search.heads.card import HeadCard, Kind, Reads


def answer(data: Path) -> Shipped:
    train: list[Question] = []
    dev: list[Example] = []
    for name in ("new_wiki", "reddit", "amazon"):
        for one in read_examples(data / "squadshifts" / f"{name}.json", Kind.SPAN):
            assert isinstance(one, Question)
            held = is_held_out(one.passage)
            (dev if held else train).append(one)
    train = [_near_answer(one, place) if place % 3 else one for place, one in enumerate(train)]
    train += [one for one in read_examples(data / "causal_news_corpus" / "train.json", Kind.SPAN) if isinstance(one, Question)]
    # A question on another passage has no answer: one in ten, so that the head learns to say so.
    for place in range(0, len(train) - 1000, 10):
        train.append(Question(train[place].question, train[place + 1000].passage, ()))
    card = HeadCard(
        "answer",
        Kind.SPAN,
        Reads.PAIR,
        max_tokens=256,
        truncation="second",
        description="The words of a passage that answer a question, or that there are none.",
        trained_on="nine tenths (by passage) of SquadShifts (Wikipedia, Reddit, Amazon reviews) and the Causal News Corpus",
        published={"DistilBERT": "F1 0.869 (SQuAD v1.1)", "BERT-base": "F1 0.885 (the same)"},
    )
    return Shipped(
        card,
        train,
        {"squadshifts, held-out passages": dev},
        (1.3, 1.8, 1.6),
        2048,
        "SquadShifts: none stated, research use; Causal News Corpus: CC0 1.0",
        "Questions that were written with the passage in view; an answer is a span of at most 30 tokens, never a yes or no.",
    )


def _near_answer(example: Question, seed: int, length: int = 500) -> Question:
    """The example with a part of its passage, about 500 characters about the answer: it is read in half of the time."""
    start, end = example.answers[0]
    first = max(0, start - random.Random(seed).randrange(max(1, length - (end - start))))
    first = example.passage.rfind(" ", 0, first) + 1 if first else 0
    passage = example.passage[
        first : example.passage.find(" ", max(end, first + length)) if len(example.passage) > first + length else None
    ]
    return Question(example.question, passage, ((start - first, end - first),))


def choice(data: Path) -> Shipped:
    train, dev = (read_examples(data / "mcqa" / f"{split}.jsonl", Kind.CHOICE) for split in ("train", "dev"))
    card = HeadCard(
        "choice",
        Kind.CHOICE,
        Reads.PAIR,
        max_tokens=96,
        description="Which of several answers to a question on a passage is right.",
        trained_on="3,246 questions with four options on OANC passages",
        published={"chance": "accuracy 0.25"},
    )
    return Shipped(
        card,
        train,
        {"mcqa": dev},
        (0.5, 0.2, 3),
        2048,
        "OANC multiple choice: CC BY 4.0",
        "Little better than chance on hard questions: reading comprehension needs a larger body.",
    )


def mask(data: Path) -> Shipped:
    train, dev = (
        [Plain(row["text"]) for row in [*read_jsonl(data / "ag_news" / f"{split}.jsonl"), *articles]]
        for split, articles in zip(("train", "dev"), _parted(read_jsonl(data / "reuters21578" / "corpus.jsonl")[::3]), strict=True)
    )
    card = HeadCard(
        "mask",
        Kind.MASK,
        max_tokens=128,
        description="The words that may stand for [MASK] in English news.",
        trained_on="the descriptions of AG News and a third of the articles of Reuters-21578, each to its 128th token",
    )
    return Shipped(
        card,
        train,
        {"ag_news and reuters21578": dev[::4]},
        (0.7, 0.1, 0.1),
        2048,
        "AG News: research and other non-commercial use; Reuters-21578: research only",
        "A weak language model: its body was made for comparing sentences and its word embeddings are not tuned.",
    )


def _parted(rows: Sequence[dict[str, str]]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    held = [is_held_out(row["text"]) for row in rows]
    return [row for row, out in zip(rows, held, strict=True) if not out], [row for row, out in zip(rows, held, strict=True) if out]
