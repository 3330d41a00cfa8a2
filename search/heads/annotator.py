"""What the heads say of articles: the body that heads share reads an article for all of them, and each looks at what was read.

A head with a body of its own reads for itself.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from search.annotation import ENTITIES, SENTIMENT, TOPIC, Annotation
from search.article import Article
from search.errors import BadInput, NotFound
from search.heads.card import HeadCard, Kind, Reads
from search.heads.catalogue import Heads

if TYPE_CHECKING:
    from search.heads.article_windows import Read
    from search.heads.shared_reading import Seen, SharedReading
    from search.models.device import Placement

_TONES = ("tone", "sentiment")  # the first is trained on news, the second on reviews of films
_TAGGER = "ner"
_TASK_OF_HEAD = {"tone": SENTIMENT, _TAGGER: ENTITIES}
_DIGITS = 4  # of a probability


def annotating_heads(installed: Heads, own: Heads) -> dict[str, str]:
    """What can be said of articles, each task with the head that says it: Broadsheet's own three, and every label of a user's own."""
    cards, owned = ({card.task: card for card in heads.cards()} for heads in (installed, own))
    found: dict[str, str] = {}
    if TOPIC in cards and _labels_texts(cards[TOPIC]):
        found[TOPIC] = TOPIC
    tones = [task for among in (owned, cards) for task in _TONES if task in among and _labels_texts(among[task])]
    if tones:
        found[SENTIMENT] = tones[0]
    if _TAGGER in cards and cards[_TAGGER].kind is Kind.TAGGING:
        found[ENTITIES] = _TAGGER
    reserved = {TOPIC, SENTIMENT, ENTITIES, *_TONES}
    return found | {task: task for task, card in owned.items() if task not in reserved and _labels_texts(card)}


def chosen_tasks(wanted: Collection[str], available: Mapping[str, str]) -> dict[str, str]:
    """Those that are asked for, by the name of the task or of its head, or all. Raises NotFound and BadInput, naming what there is."""
    if not available:
        raise NotFound("There is no head to annotate articles with: train one with `broadsheet train head TASK`.")
    tasks = [stored_task(task) for task in wanted] or list(available)
    for task in tasks:
        if task not in available:
            raise BadInput(f"Articles cannot be annotated with {task!r}: choose among {', '.join(available)}.", field="task")
    return {task: available[task] for task in tasks}


def stored_task(name: str) -> str:
    """The task under which annotations are stored, by its own name or by that of a head that answers it."""
    return _TASK_OF_HEAD.get(name, name)


@dataclass(frozen=True, slots=True)
class _Head:
    """A head, the task that it answers, and the folder of the body that it shares, if it does."""

    task: str
    name: str
    card: HeadCard
    folder: Path
    body: Path | None


class HeadAnnotator:
    """Annotates articles with installed heads, which are opened when the first article is read; not for several threads at once.

    ``fingerprints`` tells, for each task, the head that answers it from every other.
    """

    def __init__(self, heads: Heads, tasks: Mapping[str, str], place: "Placement") -> None:
        """``tasks`` names the head that answers each. Raises NotFound for a head that is not installed."""
        self._heads = heads
        self._place = place
        self._tasks = {task: _described(task, name, heads) for task, name in tasks.items()}
        self._readings: dict[Path, SharedReading] = {}
        self.fingerprints = {task: heads.fingerprint(name) for task, name in tasks.items()}

    def annotate(self, articles: Sequence[Article], tasks: Collection[str]) -> list[tuple[Annotation, ...]]:
        """What is said of each article, in order: one annotation for each of the tasks."""
        from search.heads.article_windows import Read

        texts = [Read.of(article) for article in articles]
        groups: dict[Path | str, list[_Head]] = defaultdict(list)
        for head in (self._tasks[task] for task in sorted(tasks)):
            groups[head.body or head.name].append(head)
        found: list[list[Annotation]] = [[] for _ in articles]
        for heads in groups.values():
            for own, annotations in zip(found, self._said(heads, texts), strict=True):
                own.extend(annotations)
        return [tuple(own) for own in found]

    def _said(self, heads: Sequence[_Head], texts: "Sequence[Read]") -> list[list[Annotation]]:
        """What heads say that share a body, or what a single one does."""
        from search.heads.classification import labelled
        from search.heads.mentions import names_of

        written = [text.text for text in texts]
        body = heads[0].body
        seen = self._reading(body).read(written, [head.name for head in heads]) if body else self._seen_alone(heads[0], written)
        said: list[list[Annotation]] = [[] for _ in texts]
        for head in heads:
            fingerprint = self.fingerprints[head.task]
            if head.card.kind is Kind.TAGGING:
                for own, text, mentions in zip(said, texts, seen.mentions[head.name], strict=True):
                    own.append(Annotation(head.task, fingerprint, entities=names_of(mentions, text.body)))
            else:
                for own, one in zip(said, labelled(head.card.labels, seen.logits[head.name]), strict=True):
                    own.append(Annotation(head.task, fingerprint, one.label, round(one.probabilities[one.label], _DIGITS)))
        return said

    def _seen_alone(self, head: _Head, texts: Sequence[str]) -> "Seen":
        from search.heads.shared_reading import Seen
        from search.heads.tagging import tag_texts

        network = self._heads.head(head.name)
        if head.card.kind is Kind.TAGGING:
            return Seen({}, {head.name: [list(one.entities) for one in tag_texts(network, texts)]})
        return Seen({head.name: network.logits(network.tokens.texts(texts))}, {})

    def _reading(self, body: Path) -> "SharedReading":
        from search.heads.shared_reading import SharedReading

        if body not in self._readings:
            sharing = {head.name: (head.card, head.folder) for head in self._tasks.values() if head.body == body}
            self._readings[body] = SharedReading.open(body, sharing, self._place)
        return self._readings[body]


def _described(task: str, name: str, heads: Heads) -> _Head:
    card, folder = heads.card(name), heads.folder(name)
    return _Head(task, name, card, folder, (folder / card.body).resolve() if card.body else None)


def _labels_texts(card: HeadCard) -> bool:
    return card.kind is Kind.CLASSIFICATION and card.reads is Reads.TEXT
