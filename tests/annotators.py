"""A stand-in at the seam of annotating: what it says of an article follows from the article's own words, so anyone can work it out."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from search.annotation import ENTITIES, SENTIMENT, TOPIC, Annotation, Entity, EntityType
from search.article import Article

NAMES: dict[str, tuple[str, EntityType]] = {
    "oil": ("OPEC", "organisation"),
    "match": ("Ada Bell", "person"),
    "election": ("Ben Öz Carr", "person"),
    "storm": ("Port Élan", "place"),
    "price": ("New Élan", "place"),
    "virus": ("Omicron", "other"),
}
HEADS = {TOPIC: "topic:1", SENTIMENT: "tone:1", ENTITIES: "ner:1", "section": "section:1", "mood": "mood:1"}


class WordAnnotator:
    """Counts the articles that it was asked about; ``fingerprints`` may be changed, as by a head that is trained anew."""

    def __init__(self, heads: Mapping[str, str] = HEADS) -> None:
        self.fingerprints = dict(heads)
        self.asked: list[tuple[str, frozenset[str]]] = []

    def annotate(self, articles: Sequence[Article], tasks: Collection[str]) -> list[list[Annotation]]:
        self.asked += [(article.key, frozenset(tasks)) for article in articles]
        return [[said(article, task, self.fingerprints[task]) for task in sorted(tasks)] for article in articles]


def said(article: Article, task: str, fingerprint: str) -> Annotation:
    """What the annotator says of an article."""
    words = article.text.split()
    if task == ENTITIES:
        found = [(NAMES[word], count) for word, count in Counter(words).most_common() if word in NAMES]
        return Annotation(task, fingerprint, entities=tuple(Entity(name, kind, count, 0.75, ((0, 1),)) for (name, kind), count in found))
    labels = {
        TOPIC: ("Predicted", "World"),
        SENTIMENT: ("negative", "neutral", "positive"),
        "section": ("Home", "Abroad", "Sport & Games"),
        "mood": ("Calm", "Home"),
    }[task]
    return Annotation(task, fingerprint, labels[len(words) % len(labels)], 0.5)
