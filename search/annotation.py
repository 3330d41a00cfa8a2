"""What the heads say of an article beside what its dump says: a label, or the names in it. Knows nothing of models, SQL or files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

TOPIC, SENTIMENT, ENTITIES = "topic", "sentiment", "entities"
"""The tasks of Broadsheet's own. Every other task is a head that a user has trained, and its labels are filters under its name."""

EntityType = Literal["person", "organisation", "place", "other"]
AnnotationField = Literal["sentiment", "person", "organisation", "place", "label"]
ANNOTATION_FIELDS: tuple[AnnotationField, ...] = ("sentiment", "person", "organisation", "place", "label")


@dataclass(frozen=True, slots=True)
class Entity:
    """A name in an article: how often it is there, and the [start, end) characters in the body of the mentions that are surest.

    ``probability`` is that of the surest mention.
    """

    name: str
    type: EntityType
    count: int
    probability: float
    mentions: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one head says: a label with its probability or, for ENTITIES, the names, most frequent first.

    ``fingerprint`` tells the head that said it from every other.
    """

    task: str
    fingerprint: str
    label: str | None = None
    probability: float | None = None
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotations:
    """All that is said of one article, by task."""

    by_task: Mapping[str, Annotation] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_task)

    def __iter__(self) -> Iterator[Annotation]:
        return iter(self.by_task.values())

    @property
    def sentiment(self) -> Annotation | None:
        return self.by_task.get(SENTIMENT)

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The names in the article, most frequent first."""
        found = self.by_task.get(ENTITIES)
        return found.entities if found else ()

    @property
    def labels(self) -> dict[str, Annotation]:
        """What heads of the user's own say, in alphabetical order of their tasks."""
        return {task: self.by_task[task] for task in sorted(self.by_task) if task not in (TOPIC, SENTIMENT, ENTITIES)}

    def topic(self, stated: Sequence[str]) -> Annotation | None:
        """The predicted topic; None where the dump has stated one, which counts for more."""
        return None if stated else self.by_task.get(TOPIC)

    def topics(self, stated: Sequence[str]) -> tuple[str, ...]:
        """The topics that the article is found under: those of the dump or, where there are none, the predicted one."""
        predicted = self.topic(stated)
        return (predicted.label,) if predicted and predicted.label else tuple(stated)

    def names(self, field: AnnotationField) -> tuple[str, ...]:
        """The names that the article is found under in a field; a label is one of "task: label"."""
        if field == "sentiment":
            return (self.sentiment.label,) if self.sentiment and self.sentiment.label else ()
        if field == "label":
            return tuple(label_name(task, found.label) for task, found in self.labels.items() if found.label)
        return tuple(entity.name for entity in self.entities if entity.type == field)


NOTHING = Annotations()


def label_name(task: str, label: str) -> str:
    """A label of a user's own head as a name among those of other heads: "section: Politics"."""
    return f"{task}: {label}"


def task_of(name: str) -> str:
    """The task of a name that ``label_name`` has made."""
    return name.partition(": ")[0]
