"""How a query was understood: the words that are searched by meaning, the condition that must hold, and what to tell the user."""

from dataclasses import dataclass
from enum import StrEnum

from search.language.condition import Condition


class Kind(StrEnum):
    """What a piece of a query is."""

    WORDS = "words"
    """Searched by meaning and by BM25; no article must contain them."""
    CONTAINS = "contains"
    """A word or phrase that must be there as written."""
    PREFIX = "prefix"
    """The beginning of a word that must be there."""
    NEAR = "near"
    TITLE = "title"
    SOURCE = "source"
    AUTHOR = "author"
    TOPIC = "topic"
    LANGUAGE = "language"
    SENTIMENT = "sentiment"
    PERSON = "person"
    ORGANISATION = "organisation"
    PLACE = "place"
    ENTITY = "entity"
    """A person, an organisation or a place."""
    LABEL = "label"
    PUBLISHED = "published"
    LIKE = "like"
    """The address of an article that is stored: what is like the article is searched for."""
    GROUP = "group"
    """Conditions joined by OR, or a group in parentheses that is excluded."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part [start, end) of the query and what it was taken for; ``text`` is it without its leading minus.

    ``excluded`` pieces must not hold. All kinds but WORDS are conditions, which hold for every result.
    """

    kind: Kind
    text: str
    excluded: bool
    start: int
    end: int


class Reading(StrEnum):
    """Why something that looks like an operator was read as plain text."""

    OPEN_QUOTE = "open_quote"
    OPEN_GROUP = "open_group"
    NO_DATE = "no_date"
    NO_WORDS = "no_words"
    NO_NEAR = "no_near"
    SHORT_PREFIX = "short_prefix"
    MANY_WORDS_PREFIX = "many_words_prefix"
    NEGATIVE_NUMBER = "negative_number"
    NO_ENTITIES = "no_entities"
    NOT = "not"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"


_MESSAGES = {
    Reading.OPEN_QUOTE: "the quotation mark in {text} is not closed",
    Reading.OPEN_GROUP: "the parenthesis in {text} is not closed",
    Reading.NO_DATE: "{text} has no date: write after:2020, after:2020-04 or after:2020-04-21",
    Reading.NO_WORDS: "{text} has no word",
    Reading.NO_NEAR: 'near needs a distance from 1 to 20 and two words: near5:"oil price"',
    Reading.SHORT_PREFIX: "{text} needs two letters before the *",
    Reading.MANY_WORDS_PREFIX: "{text} is more than one word before the *",
    Reading.NEGATIVE_NUMBER: '{text} is a number; to leave it out, write -"{number}"',
    Reading.NO_ENTITIES: "{text} needs annotated articles, which this archive does not have: run `broadsheet annotate`",
    Reading.NOT: "to leave a word out, write -word",
    Reading.TOO_DEEP: "parentheses go at most 20 deep",
    Reading.TOO_MANY: "a query can have at most 100 conditions",
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something at [start, end) that was read as plain text, and why."""

    reading: Reading
    text: str
    start: int
    end: int

    @property
    def message(self) -> str:
        """In English: what was read as plain text, and what to write instead."""
        why = _MESSAGES[self.reading].format(text=self.text, number=self.text.lstrip("-－"))
        return f"Read as plain text: {why}."


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a query text asks for.

    ``words`` is what the encoder, BM25 and the reranker read: all whole words that were not excluded, phrases without their
    quotation marks; empty when there are only exclusions, beginnings of words, names and dates. ``condition`` holds for every result.
    ``pieces`` say in the order of the text what was understood; without a condition there is one, or none. ``said`` are the
    stretches [start, end) of the text that ``words`` was put together from.
    """

    text: str
    words: str
    condition: Condition | None = None
    pieces: tuple[Piece, ...] = ()
    notes: tuple[Note, ...] = ()
    said: tuple[tuple[int, int], ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the condition alone says which articles match, as no word is left to be searched by meaning."""
        return self.condition is not None and all(piece.kind is not Kind.WORDS for piece in self.pieces)

    @property
    def summary(self) -> str:
        """What was understood, on one line in English; empty when all of it is plain text."""
        if self.pieces and self.pieces[0].kind is Kind.LIKE:
            return f"More like: {self.pieces[0].text}"
        if self.condition is None:
            return ""
        parts = {
            "By meaning": [piece.text for piece in self.pieces if piece.kind is Kind.WORDS],
            "Must hold": [piece.text for piece in self.pieces if piece.kind is not Kind.WORDS and not piece.excluded],
            "Must not hold": [piece.text for piece in self.pieces if piece.excluded],
        }
        return " ".join(f"{name}: {' · '.join(texts)}." for name, texts in parts.items() if texts)
