"""From the mentions that a tagger finds to the names in an article: each once, with how often it is there."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from search.annotation import Entity, EntityType
from search.heads import tagging

LEAST_PROBABILITY = 0.5
"""Of a mention, below which it is left out: a wrong name in a facet is worse than one that is missing."""
MOST_NAMES = 60
"""Of an article: those that are mentioned most."""
MOST_MENTIONS = 3
"""Of a name, whose places are kept: the surest."""

_TYPES: dict[str, EntityType] = {
    **dict.fromkeys(("PER", "PERSON"), "person"),
    **dict.fromkeys(("ORG", "ORGANISATION", "ORGANIZATION", "CORPORATION"), "organisation"),
    **dict.fromkeys(("LOC", "LOCATION", "GPE", "PLACE"), "place"),
}
_TITLES = {"mr", "mrs", "ms", "miss", "dr", "prof", "the", "a", "an"}
_PARTICLES = {"al", "bin", "da", "das", "de", "del", "den", "der", "di", "dos", "du", "el", "ibn", "la", "le", "ter", "van", "von", "zu"}
_POSSESSIVE = ("'s", "’s", "'", "’")


def names_of(mentions: Iterable[tagging.Entity], body: int) -> tuple[Entity, ...]:
    """The names, most frequent first; ``body`` is where the body begins in the text that the mentions are of.

    One name has one type, that of which its mentions are surest together. A person's last name alone counts for the whole name
    where the article has one person of that name.
    """
    found: dict[str, list[tuple[str, tagging.Entity]]] = defaultdict(list)
    for mention in mentions:
        cleaned = _cleaned(mention) if mention.probability >= LEAST_PROBABILITY else None
        if cleaned:
            found[cleaned[0].casefold()].append(cleaned)
    types = {name: _type(one for _, one in same) for name, same in found.items()}
    for name, whole in _whole_names([name for name, kind in types.items() if kind == "person"]).items():
        found[whole] += [(found[whole][0][0], mention) for _, mention in found.pop(name)]
    entities = [_entity([name for name, _ in same], types[key], [one for _, one in same], body) for key, same in found.items()]
    return tuple(sorted(entities, key=lambda entity: -entity.count)[:MOST_NAMES])


def _cleaned(mention: tagging.Entity) -> tuple[str, tagging.Entity] | None:
    """The name in a mention, and the mention without what does not belong to it; None where no name is left.

    Not every tagger is told of capitals (search/heads/casing.py), but the article has them: small words beside a name are not of it, but
    for particles in front.
    """
    parts = list(re.finditer(r"\S+", mention.text))
    opened = next((place for place, part in enumerate(parts) if part[0].startswith("(")), len(parts))
    parts = parts[:opened]
    while parts and (_is_small(parts[-1][0])):
        parts.pop()
    while parts and _is_in_front(parts[0][0]):
        parts.pop(0)
    name = " ".join(part[0] for part in parts)
    for ending in _POSSESSIVE:
        name = name.removesuffix(ending)
    name = name.strip(' .,;:-"“”')
    if sum(map(str.isalpha, name)) < (2 if name.isascii() else 1):
        return None
    return name, replace(mention, start=mention.start + parts[0].start(), end=mention.start + parts[-1].end())


def _is_in_front(word: str) -> bool:
    return word.casefold().rstrip(".") in _TITLES or (_is_small(word) and word not in _PARTICLES)


def _is_small(word: str) -> bool:
    return word == word.lower() != word.upper()


def _type(mentions: Iterable[tagging.Entity]) -> EntityType:
    sure: Counter[EntityType] = Counter()
    for mention in mentions:
        sure[_TYPES.get(mention.type.upper(), "other")] += mention.probability  # type: ignore[assignment]
    return max(sure, key=sure.__getitem__)


def _whole_names(persons: Sequence[str]) -> dict[str, str]:
    """For each person's last name alone the only whole name that ends with it."""
    whole: dict[str, list[str]] = defaultdict(list)
    for person in persons:
        if " " in person:
            whole[person.rpartition(" ")[2]].append(person)
    return {person: whole[person][0] for person in persons if len(whole.get(person, ())) == 1}


def _entity(spellings: Sequence[str], kind: EntityType, mentions: Sequence[tagging.Entity], body: int) -> Entity:
    surest = sorted((one for one in mentions if one.start >= body), key=lambda one: -one.probability)[:MOST_MENTIONS]
    return Entity(
        name=Counter(spellings).most_common(1)[0][0],
        type=kind,
        count=len(mentions),
        probability=round(max(one.probability for one in mentions), 4),
        mentions=tuple(sorted((one.start - body, one.end - body) for one in surest)),
    )
