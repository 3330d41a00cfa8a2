"""What the heads say of an article as JSON: short beside a search hit, in full with the article."""

from pydantic import BaseModel

from search.annotation import ENTITIES, Annotation, Annotations, EntityType
from search.article import Article


class PredictedAnswer(BaseModel):
    """A label with its probability."""

    label: str
    probability: float


class AnnotatedAnswer(PredictedAnswer):
    """The same with what tells the head that said it from every other."""

    fingerprint: str


class NameAnswer(BaseModel):
    """A name, how often it is there, and the [start, end) characters in the text of the mentions that are surest."""

    name: str
    type: EntityType
    count: int
    probability: float
    mentions: list[tuple[int, int]]


class NamesAnswer(BaseModel):
    """The names in an article, most frequent first."""

    fingerprint: str
    names: list[NameAnswer]


class HitAnnotationsAnswer(BaseModel):
    """What heads say of a hit. ``topic`` is there where the dump has none; ``labels`` has those of a user's own heads by task."""

    topic: PredictedAnswer | None
    sentiment: PredictedAnswer | None
    labels: dict[str, PredictedAnswer]

    @classmethod
    def of(cls, annotations: Annotations, article: Article) -> "HitAnnotationsAnswer | None":
        """The annotations as they go over the wire; None where there are none."""
        if not annotations:
            return None
        labels = {task: found for task, one in annotations.labels.items() if (found := _predicted(one))}
        return cls(topic=_predicted(annotations.topic(article.topics)), sentiment=_predicted(annotations.sentiment), labels=labels)


class AnnotationsAnswer(BaseModel):
    """What heads say of an article, each with the fingerprint of the head. ``topic`` is there where the dump has none."""

    topic: AnnotatedAnswer | None
    sentiment: AnnotatedAnswer | None
    entities: NamesAnswer | None
    labels: dict[str, AnnotatedAnswer]

    @classmethod
    def of(cls, annotations: Annotations, article: Article) -> "AnnotationsAnswer | None":
        """The annotations as they go over the wire; None where there are none."""
        if not annotations:
            return None
        labels = {task: found for task, one in annotations.labels.items() if (found := _annotated(one))}
        return cls(
            topic=_annotated(annotations.topic(article.topics)),
            sentiment=_annotated(annotations.sentiment),
            entities=_names(annotations.by_task.get(ENTITIES)),
            labels=labels,
        )


def _predicted(one: Annotation | None) -> PredictedAnswer | None:
    if one is None or one.label is None or one.probability is None:
        return None
    return PredictedAnswer(label=one.label, probability=one.probability)


def _annotated(one: Annotation | None) -> AnnotatedAnswer | None:
    if one is None or one.label is None or one.probability is None:
        return None
    return AnnotatedAnswer(label=one.label, probability=one.probability, fingerprint=one.fingerprint)


def _names(one: Annotation | None) -> NamesAnswer | None:
    if one is None:
        return None
    names = [
        NameAnswer(name=each.name, type=each.type, count=each.count, probability=each.probability, mentions=list(each.mentions))
        for each in one.entities
    ]
    return NamesAnswer(fingerprint=one.fingerprint, names=names)
