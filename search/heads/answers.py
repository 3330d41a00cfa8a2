"""What the heads answer as JSON, for the HTTP API and the command line alike. Knows nothing of networks."""

from typing import Generic, TypeVar

from pydantic import BaseModel

from search.heads.card import HeadCard, Kind, Reads

Result = TypeVar("Result")


class Results(BaseModel, Generic[Result]):
    """Answers in the order in which they were asked for."""

    results: list[Result]


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


class Fillings(Results[list[FillingAnswer]]):
    """Tokens for the masks of each text and, if asked for, how surprising each text is, from 1."""

    perplexities: list[float | None] | None = None


class ChoiceAnswer(BaseModel):
    """The position of the best choice, from 0, and the probability of each."""

    choice: int
    probabilities: list[float]


class TokenVectorAnswer(BaseModel):
    """A token with its [start, end) characters and its last state."""

    token: str
    start: int
    end: int
    vector: list[float]


class HeadAnswer(BaseModel):
    """An installed head: what it reads and answers, where, and how good it is beside what others report."""

    task: str
    kind: Kind
    reads: Reads
    labels: list[str]
    lowest: float | None
    highest: float | None
    endpoint: str
    description: str
    trained_on: str
    figures: dict[str, float]
    published: dict[str, str]
    max_tokens: int
    model_card: str
    """Markdown: data with licences, limits, figures."""
    fingerprint: str

    @classmethod
    def of(cls, card: HeadCard, model_card: str, fingerprint: str) -> "HeadAnswer":
        """The head's card as it goes over the wire, with the one for people."""
        return cls(
            task=card.task,
            kind=card.kind,
            reads=card.reads,
            labels=list(card.labels),
            lowest=card.lowest if card.kind is Kind.REGRESSION else None,
            highest=card.highest if card.kind is Kind.REGRESSION else None,
            endpoint=card.endpoint,
            description=card.description,
            trained_on=card.trained_on,
            figures=dict(card.figures),
            published=dict(card.published),
            max_tokens=card.max_tokens,
            model_card=model_card,
            fingerprint=fingerprint,
        )


class CatalogueAnswer(BaseModel):
    """All installed heads."""

    heads: list[HeadAnswer]
