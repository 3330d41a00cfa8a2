"""From the examples of a file to the head that can learn from them: its card, and which examples it is measured on."""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.training.heads.examples import Example, Labelled, MultipleChoice, Plain, Question, Sentence
from indexer.training.heads.features import labels_of
from search.errors import BadInput
from search.heads.card import HeadCard, Kind, Reads, Truncation

MAX_TOKENS = {Kind.TAGGING: 160, Kind.MASK: 128}
_MAX_TOKENS = 256  # of every other kind
HELD_OUT = 0.1
_MOST_LABELS = 1000


@dataclass(frozen=True)
class Reading:
    """What the user may say about how the head reads; None is what suits its kind."""

    max_tokens: int | None = None
    truncation: Truncation | None = None


def define_head(task: str, kind: Kind, reads: Reads, train: Sequence[Example], path: Path, reading: Reading) -> HeadCard:
    """The card of a head that learns from these examples. Raises BadInput where they cannot teach one."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,49}", task):
        raise BadInput(f"The task {task!r} cannot be a name: give small letters, digits, - and _, such as section or desk-2.", field="task")
    labels = labels_of(train) if kind in (Kind.CLASSIFICATION, Kind.TAGGING) else ()
    if kind is Kind.CLASSIFICATION:
        _require_labels(labels, train, path)
    if kind is Kind.CHOICE and len({len(one.choices) for one in train if isinstance(one, MultipleChoice)}) > 1:
        raise BadInput(f"The questions of {path} have different numbers of choices: give each the same.", field="train")
    values = [float(one.target) for one in train if isinstance(one, Labelled)] if kind is Kind.REGRESSION else [0.0, 1.0]
    if min(values) == max(values):
        raise BadInput(f"All rows of {path} have the value {values[0]:g}: there is nothing to learn.", field="train")
    return HeadCard(
        task,
        kind,
        reads,
        labels=labels,
        lowest=min(values),
        highest=max(values),
        max_tokens=reading.max_tokens or MAX_TOKENS.get(kind, _MAX_TOKENS),
        truncation=reading.truncation or ("second" if kind is Kind.SPAN else "longest"),
        description=_description(kind, labels),
    )


def require_known(labels: Sequence[str], examples: Sequence[Example], path: Path) -> None:
    """Raises BadInput for a label in ``examples`` that the training file does not have."""
    unknown = sorted(_targets_of(examples).difference(labels))
    if labels and unknown:
        raise BadInput(f"{path} has the label {unknown[0]!r}, which the training file has not ({', '.join(labels[:10])}).", field="dev")


def hold_out(examples: Sequence[Example], share: float = HELD_OUT) -> tuple[list[Example], list[Example]]:
    """What to learn from and what to measure with: of all texts those with the smallest hashes are held out.

    What shares a text (a passage, the first of two) stays together, and the same text falls on the same side whatever
    else the file has in it. An example is not held out where its label would not be learned at all. Raises BadInput
    where there is too little for both.
    """
    hashes = [zlib.crc32(_text_of(one).encode("utf-8", "replace")) for one in examples]
    limit = max(share * 2**32, min(hashes) + 1)  # of few texts one
    learned = _targets_of([one for one, number in zip(examples, hashes, strict=True) if number >= limit])
    held = [number < limit and learned.issuperset(_targets_of([one])) for one, number in zip(examples, hashes, strict=True)]
    if all(held) or not any(held):
        raise BadInput("There are too few examples to measure with some of them: give more, or others with --dev.", field="train")
    return [one for one, out in zip(examples, held, strict=True) if not out], [one for one, out in zip(examples, held, strict=True) if out]


def most_frequent(train: Iterable[Example], dev: Sequence[Example]) -> float:
    """The accuracy on dev of always giving the label that is most frequent in train."""
    [(label, _)] = Counter(one.target for one in train if isinstance(one, Labelled)).most_common(1)
    return sum(one.target == label for one in dev if isinstance(one, Labelled)) / len(dev)


def _require_labels(labels: Sequence[str], train: Sequence[Example], path: Path) -> None:
    if len(labels) < 2:
        raise BadInput(f"All rows of {path} have the label {labels[0]!r}: a head needs at least two.", field="train")
    if len(labels) > min(_MOST_LABELS, max(2, len(train) // 2)):
        raise BadInput(
            f"{path} has {len(labels):,} different labels in {len(train):,} rows, such as {labels[0][:40]!r}: "
            "name the column of the labels with --label.",
            field="label",
        )


def _description(kind: Kind, labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:6]) + (f" and {len(labels) - 6} more" if len(labels) > 6 else "")
    return {
        Kind.CLASSIFICATION: f"One of {len(labels)} labels: {shown}.",
        Kind.REGRESSION: "A number for two texts.",
        Kind.TAGGING: f"One of {len(labels)} tags for every word: {shown}.",
        Kind.SPAN: "The words of a passage that answer a question, or that there are none.",
        Kind.CHOICE: "Which of several answers to a question is right.",
        Kind.MASK: "The words that may stand for the mask.",
    }[kind]


def _targets_of(examples: Iterable[Example]) -> set[str]:
    targets: set[str] = set()
    for one in examples:
        targets.update(one.tags if isinstance(one, Sentence) else [one.target] if isinstance(one, Labelled) else [])
    return targets


def _text_of(example: Example) -> str:
    if isinstance(example, Labelled):
        return example.texts[0]
    if isinstance(example, Sentence):
        return " ".join(example.words)
    if isinstance(example, Question | MultipleChoice):
        return example.passage or example.question
    assert isinstance(example, Plain)
    return example.text
