"""What the heads answer as JSON, for the HTTP API and the command line alike; the one place where it is made."""

from collections.abc import Sequence

from pydantic import BaseModel

from search.heads.card import HeadCard, Kind, Reads
from search.heads.catalogue import Heads
from search.heads.choosing import Problem
from search.heads.tagging import Tagged


class Label(BaseModel):
    """The most probable label, and the probability of each."""

    label: str
    probabilities: dict[str, float]


class Value(BaseModel):
    """A number within the range of the task."""

    value: float


class TokenAnswer(BaseModel):
    """A word with its [start, end) characters and its tag."""

    text: str
    start: int
    end: int
    tag: str


class EntityAnswer(BaseModel):
    """A name with its type and its [start, end) characters; ``probability`` is that of its least certain word."""

    text: str
    type: str
    start: int
    end: int
    probability: float


class TaggedAnswer(BaseModel):
    """The words of a text, and its entities where the tags are BIO."""

    tokens: list[TokenAnswer]
    entities: list[EntityAnswer]


class SpanAnswer(BaseModel):
    """The words of the passage that answer; ``answer`` is null when there are none."""

    answer: str | None
    start: int | None = None
    end: int | None = None
    probability: float | None = None


class FillingAnswer(BaseModel):
    """A token for a mask; "##s" continues the word before it."""

    token: str
    probability: float


class ChoiceAnswer(BaseModel):
    """The position of the best choice, from 0, and the probability of each."""

    choice: int
    probabilities: list[float]


class HeadAnswer(BaseModel):
    """An installed head."""

    task: str
    kind: Kind
    reads: Reads
    labels: list[str]
    endpoint: str
    description: str
    trained_on: str
    figures: dict[str, float]
    published: dict[str, str]

    @classmethod
    def of(cls, card: HeadCard) -> "HeadAnswer":
        """The head's card as it goes over the wire."""
        return cls(
            task=card.task,
            kind=card.kind,
            reads=card.reads,
            labels=list(card.labels),
            endpoint=_ENDPOINTS.get(card.kind, "/pair" if card.reads is Reads.PAIR else "/classify"),
            description=card.description,
            trained_on=card.trained_on,
            figures=dict(card.figures),
            published=dict(card.published),
        )


_ENDPOINTS = {Kind.TAGGING: "/tag", Kind.SPAN: "/answer", Kind.CHOICE: "/choose", Kind.MASK: "/fill-mask"}


def classify(heads: Heads, task: str, texts: Sequence[str]) -> list[Label]:
    """A label for each text. Raises NotFound for a task without a head, BadInput for one of another kind."""
    from search.heads import classification

    found = classification.classify(heads.head(task), texts)
    return [Label(label=one.label, probabilities=one.probabilities) for one in found]


def pair(heads: Heads, task: str, pairs: Sequence[tuple[str, str]]) -> list[Label | Value]:
    """A label or a number for each pair, as the task has it."""
    from search.heads import classification

    network = heads.head(task)
    if network.card.kind is Kind.REGRESSION:
        return [Value(value=value) for value in classification.rate_pairs(network, pairs)]
    found = classification.classify_pairs(network, pairs)
    return [Label(label=one.label, probabilities=one.probabilities) for one in found]


def tag(heads: Heads, task: str, texts: Sequence[str]) -> list[TaggedAnswer]:
    """Tags and entities of each text."""
    from search.heads import tagging

    return [_tagged(one) for one in tagging.tag_texts(heads.head(task), texts)]


def tag_words(heads: Heads, task: str, sentences: Sequence[Sequence[str]]) -> list[TaggedAnswer]:
    """The same for texts that are given as words."""
    from search.heads import tagging

    return [_tagged(one) for one in tagging.tag_words(heads.head(task), sentences)]


def answer(heads: Heads, questions: Sequence[tuple[str, str]]) -> list[SpanAnswer]:
    """The answer to each (question, passage)."""
    from search.heads import reading

    found = reading.read(heads.head(heads.first(Kind.SPAN)), questions)
    return [
        SpanAnswer(answer=one.text, start=one.start, end=one.end, probability=one.probability) if one else SpanAnswer(answer=None)
        for one in found
    ]


def fill_masks(heads: Heads, texts: Sequence[str], top_k: int) -> list[list[FillingAnswer]]:
    """The likeliest tokens for the first mask of each text, or, where it has several, for all of them one after the other."""
    from search.heads import masking

    found = masking.fill_masks(heads.head(heads.first(Kind.MASK)), texts, top_k)
    return [[FillingAnswer(token=one.token, probability=one.probability) for place in text for one in place] for text in found]


def choose(heads: Heads, problems: Sequence[Problem]) -> list[ChoiceAnswer]:
    """The best choice of each problem."""
    from search.heads import choosing

    found = choosing.choose(heads.head(heads.first(Kind.CHOICE)), problems)
    return [ChoiceAnswer(choice=one.choice, probabilities=list(one.probabilities)) for one in found]


def _tagged(found: Tagged) -> TaggedAnswer:
    return TaggedAnswer(
        tokens=[TokenAnswer(text=word.text, start=word.start, end=word.end, tag=word.tag) for word in found.words],
        entities=[
            EntityAnswer(text=one.text, type=one.type, start=one.start, end=one.end, probability=one.probability) for one in found.entities
        ],
    )
