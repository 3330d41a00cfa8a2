"""Conditions that an article must meet, as a tree of frozen values: what the operators of the query language mean.

Words in here are folded (see ``words``): they match as written, whole, without regard to case and accents.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

NameField = Literal["source", "author", "topic", "language", "sentiment", "person", "organisation", "place", "label"]
"""The first four are what the dump says of an article, the others what the heads say; "label" has those of a user's own."""

ENTITY_FIELDS: tuple[NameField, ...] = ("person", "organisation", "place")


@dataclass(frozen=True, slots=True)
class Contains:
    """The title or the body contains these words next to each other, in this order; with ``in_title``, the title does.

    With ``prefix`` there is one word, and a word that begins with it will do.
    """

    words: tuple[str, ...]
    in_title: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """The title or the body contains both, in either order, the last word of the one at most ``distance`` words before the
    first word of the other: at a distance of 1 they stand side by side."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    distance: int


@dataclass(frozen=True, slots=True)
class Named:
    """The source (author, language, one of the topics, …) has a name with these words next to each other, in this order.

    An "entity" is a person, an organisation or a place.
    """

    field: NameField | Literal["entity"]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """The article has a date, and it is within these two, which are UTC and inclusive; None is no limit."""

    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Not:
    """The article does not meet the condition."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """The article meets all of the conditions, of which there are two or more."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """The article meets at least one of the conditions, of which there are two or more."""

    conditions: tuple["Condition", ...]


Condition = Contains | Near | Named | Published | Not | And | Or


def all_of(conditions: "list[Condition]") -> Condition | None:
    """One condition for all of them; None when there are none."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return And(tuple(conditions))
