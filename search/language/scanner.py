"""Cuts a query into tokens from left to right: complete operators and plain text. Reads every character once or twice."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, get_args

from search.annotation import ANNOTATION_FIELDS
from search.dates import parse_period
from search.errors import BadInput
from search.language.condition import Condition, Contains, Named, NameField, Near, Published
from search.language.understanding import Kind, Note, Reading
from search.language.words import ends_unspaced, fold, words

MAX_DISTANCE = 20
_MINUS = "-－"
_OPENING, _CLOSING = "(（", ")）"
_QUOTES = {'"': '"＂', "＂": '"＂', "“": "”“", "„": "“”", "«": "»", "「": "」", "『": "』"}
_DIRECTED = "“„«「『"  # these open a phrase in the middle of a text without spaces, too
_STARS = "*＊"
_STOPS = "，。、；！？"  # after which no space is written
_NAMED: dict[str, NameField | Literal["entity"]] = {**{field: field for field in get_args(NameField)}, "entity": "entity"}
_ANNOTATED = (*ANNOTATION_FIELDS, "entity")
_FIELD = re.compile(rf"(title|{'|'.join(_NAMED)}|after|before|on|near(\d*))[:：]", re.IGNORECASE)


class Role(Enum):
    """What a token is to the parser."""

    TEXT = auto()
    CONDITION = auto()
    OR = auto()
    AND = auto()
    OPEN = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """Characters [start, end) of the query; [said_start, said_end) of them are words that were asked for, if any."""

    role: Role
    start: int
    end: int
    excluded: bool = False
    kind: Kind = Kind.WORDS
    condition: Condition | None = None
    said: tuple[int, int] | None = None


class Scanner:
    """The tokens of one query, and notes on what only looks like an operator."""

    def __init__(self, text: str, annotated: bool) -> None:
        self.text = text
        self._annotated = annotated
        self.notes: list[Note] = []

    def tokens(self) -> Iterator[Token]:
        """All characters but the spaces between tokens, each in one token."""
        place = 0
        while place < len(self.text):
            if self.text[place].isspace():
                place += 1
                continue
            token = self._token(place)
            yield token
            place = token.end

    def note(self, reading: Reading, start: int, end: int) -> None:
        """Records why [start, end) is plain text."""
        shown = self.text[start:end]
        self.notes.append(Note(reading, shown if len(shown) <= 40 else shown[:40] + "…", start, end))

    def _token(self, start: int) -> Token:
        text = self.text
        excluded = text[start] in _MINUS and self._starts_a_word(start)
        first = start + excluded
        if excluded and text[first : first + 1].isdigit():
            end = self._chunk_end(start)
            self.note(Reading.NEGATIVE_NUMBER, start, end)
            return Token(Role.TEXT, start, end)
        if first == len(text) or (excluded and (text[first].isspace() or text[first] in _MINUS + _CLOSING + _STOPS)):
            return Token(Role.TEXT, start, first if first > start else start + 1)
        if text[first] in _OPENING:
            return Token(Role.OPEN, start, first + 1, excluded)
        if text[first] in _CLOSING or text[first] in _STOPS:
            return Token(Role.CLOSE if text[first] in _CLOSING else Role.TEXT, start, first + 1)
        if text[first] in _QUOTES:
            return self._phrase(start, first, excluded)
        if field := _FIELD.match(text, first):
            return self._field(start, excluded, field)
        return self._word(start, first, excluded)

    def _starts_a_word(self, place: int) -> bool:
        if place == 0 or self.text[place - 1].isspace() or self.text[place - 1] in _OPENING + _STOPS:
            return True
        return self.text[place] == "－" and self.text[place - 1] in "）”」』"  # Chinese puts no space there

    def _phrase(self, start: int, first: int, excluded: bool) -> Token:
        closed = self._closing(first)
        if closed is None:
            self.note(Reading.OPEN_QUOTE, start, self._chunk_end(first + 1))
            return Token(Role.TEXT, start, first + 1)
        found = words(self.text[first + 1 : closed])
        if not found:
            return Token(Role.TEXT, start, closed + 1)
        return Token(Role.CONDITION, start, closed + 1, excluded, Kind.CONTAINS, Contains(tuple(found)), (first + 1, closed))

    def _word(self, start: int, first: int, excluded: bool) -> Token:
        end = self._chunk_end(first)
        chunk = self.text[first:end]
        if not excluded and chunk in ("OR", "AND"):
            return Token(Role[chunk], start, end)
        if chunk == "NOT" and self.text != self.text.upper():
            self.note(Reading.NOT, start, end)
        condition = self._contains(chunk, start, end)
        starred = condition is not None and (condition.prefix or (ends_unspaced(chunk.rstrip(_STARS)) and chunk[-1] in _STARS))
        if condition is None or not (starred or excluded):
            return Token(Role.TEXT, start, end)
        if condition.prefix:  # the beginning of a word says nothing of its meaning
            return Token(Role.CONDITION, start, end, excluded, Kind.PREFIX, condition)
        return Token(Role.CONDITION, start, end, excluded, Kind.CONTAINS, condition, (first, end - starred))

    def _contains(self, chunk: str, start: int, end: int) -> Contains | None:
        """What a chunk stands for as a condition; None when it has no word."""
        found = tuple(words(chunk))
        if not found:
            return None
        if chunk[-1] not in _STARS or any(star in chunk[:-1] for star in _STARS):
            return Contains(found)
        if ends_unspaced(chunk[:-1]):
            return Contains(found)  # there each character is a word, and any may follow
        if len(found) > 1:
            self.note(Reading.MANY_WORDS_PREFIX, start, end)
            return Contains(found)
        if not chunk[-2].isalnum() or len(found[0]) < 2:
            self.note(Reading.SHORT_PREFIX, start, end)
            return Contains(found)
        return Contains(found, prefix=True)

    def _field(self, start: int, excluded: bool, field: "re.Match[str]") -> Token:
        name, first = field[1].casefold(), field.end()
        closed = self._closing(first) if first < len(self.text) and self.text[first] in _QUOTES else None
        inner = (first, self._chunk_end(first)) if closed is None else (first + 1, closed)
        end = inner[1] if closed is None else closed + 1
        value = self.text[inner[0] : inner[1]]
        if not value.strip():
            return Token(Role.TEXT, start, end)  # "Source: Reuters" in a pasted text
        if name.startswith("near"):
            return self._near(start, end, excluded, int(field[2][:4] or 0), inner if closed is not None else None)
        if name in ("after", "before", "on"):
            return self._published(start, end, excluded, name, value)
        if name in _ANNOTATED and not self._annotated:
            self.note(Reading.NO_ENTITIES, start, end)
            return Token(Role.TEXT, start, end)
        found = tuple(words(value))
        if not found:
            self.note(Reading.NO_WORDS, start, end)
            return Token(Role.TEXT, start, end)
        if name == "title":
            contains = self._contains(value, start, end) if closed is None else None
            prefix = contains is not None and contains.prefix
            return Token(Role.CONDITION, start, end, excluded, Kind.TITLE, Contains(found, True, prefix), None if prefix else inner)
        return Token(Role.CONDITION, start, end, excluded, Kind(name), Named(_NAMED[name], found))

    def _near(self, start: int, end: int, excluded: bool, distance: int, inner: tuple[int, int] | None) -> Token:
        parts = [tuple(words(part)) for part in self.text[inner[0] : inner[1]].split()] if inner else []
        if inner is None or len(parts) != 2 or not all(parts) or not 1 <= distance <= MAX_DISTANCE:
            self.note(Reading.NO_NEAR, start, end)
            return Token(Role.TEXT, start, end)
        return Token(Role.CONDITION, start, end, excluded, Kind.NEAR, Near(parts[0], parts[1], distance), inner)

    def _published(self, start: int, end: int, excluded: bool, name: str, value: str) -> Token:
        try:
            period = parse_period(fold(value).upper().rstrip(".,;"), name)
        except BadInput:
            self.note(Reading.NO_DATE, start, end)
            return Token(Role.TEXT, start, end)
        condition = Published(None if name == "before" else period.first, None if name == "after" else period.last)
        return Token(Role.CONDITION, start, end, excluded, Kind.PUBLISHED, condition)

    def _closing(self, quote: int) -> int | None:
        """Where the quotation that opens here ends."""
        places = [self.text.find(closer, quote + 1) for closer in _QUOTES[self.text[quote]]]
        return min((place for place in places if place >= 0), default=None)

    def _chunk_end(self, start: int) -> int:
        """The end of the text that runs from here to a space, or to a sign that ends it without one."""
        inside = 0  # parentheses that belong to the chunk, as in f(x)
        for place in range(start, len(self.text)):
            character = self.text[place]
            if character.isspace() or character in _STOPS or character == "（":
                return max(place, start + 1)
            if place > start and character in _DIRECTED and self._closing(place) is not None:
                return place
            if character == "(":
                inside += 1
            elif character in _CLOSING:
                if inside == 0:
                    return max(place, start + 1)
                inside -= 1
        return len(self.text)
