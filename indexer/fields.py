"""From a record's fields, under whatever names, to a clean and valid article. Knows nothing of files."""

import ast
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache

from indexer.dates import NO_DATE, parse_date
from indexer.html import plain_text
from indexer.readers.record import Record
from search.article import Article, Precision
from search.errors import BadRecord
from search.text import clean_line, clean_text

TEXT_CHARACTERS = 5_000_000  # of a body; a longer one is an archive in one record
TITLE_CHARACTERS = 10_000
NAME_CHARACTERS = 500  # of a source, author, topic or language; what is longer is no name
KEY_BYTES = 2_000  # PostgreSQL's unique index takes no more than 2,704

# The names of each field as _folded() writes them, most telling first; the first that holds something is taken.
_NAMES = {
    "id": "id articleid uri guid key uuid docid documentid storiesid storyid newsid",
    "title": "title headline articletitle heading name",
    "text": "text body bodytext content maintext fulltext articletext articlebody article story contenttext plaintext bodyhtml bodyxhtml"
    " contenthtml html",
    "summary": "description summary lead abstract leadparagraph standfirst snippet excerpt trailtext",
    "url": "url link weburl href canonicalurl articleurl permalink",
    "published_at": "publishedat datepublished publishdate publicationdate pubdate datepublish webpublicationdate publisheddate publishedon"
    " published datetime date timestamp versioncreated firstcreated createdat created",
    "source": "source publisher outlet medianame publication sourcename sourcedomain site sitename newspaper provider domain",
    "author": "author authors byline creator writer journalist",
    "language": "language lang inlanguage",
    "topics": "topics topic categories category sections section sectionname subjects subject tags keywords",
}
NAMES: Mapping[str, tuple[str, ...]] = {meaning: tuple(names.split()) for meaning, names in _NAMES.items()}
_CONTENT = frozenset(NAMES["title"] + NAMES["text"] + NAMES["summary"])
_INNER_TEXT = ("text", "value", "rendered", "content", "html", "#text")  # of an object in the place of a text
_INNER_NAME = ("name", "title", "label", "value", "rendered", "domain")  # of an object in the place of a name


def article_from(record: Record, now: datetime) -> Article:
    """The record as an article; raises BadRecord, naming field and value, where it cannot be one.

    Names of fields are compared without case, blanks and punctuation. Of several names for one thing the most telling
    that holds something is taken, a description or summary only where there is no body; everything else stays in ``extra``.
    The key is the record's own id, else its URL, else "sha256:" and the hash of title and text, so that the same dump
    gives the same keys again. Only a title or a text is required; a text may have 5 million characters, a title 10,000.
    HTML becomes text with its paragraphs. A URL that is not http(s), and a source, author, language or topic of a shape
    that nobody expects, stay in ``extra``; an unusable id, title, text or date rejects the record.
    """
    fields = _Fields(record.fields)
    title, text = fields.take_content()
    key = fields.take_id()
    link = fields.take_link()
    published_at, precision = fields.take_date(now)
    languages = fields.take_names("language")
    return Article(
        key=key or link or _content_key(title, text),
        title=title,
        text=text,
        url=link if link and _is_web(link) else None,
        source=", ".join(fields.take_names("source")) or None,
        author=", ".join(fields.take_names("author")) or None,
        language=languages[0].lower() if languages else None,
        published_at=published_at,
        published_precision=precision,
        topics=fields.take_names("topics"),
        extra=fields.rest(),
    )


def content_from(record: Record) -> tuple[str, str, str]:
    """Key, title and text of the article that the record would be, whatever its other fields hold; raises BadRecord as above."""
    fields = _Fields(record.fields)
    title, text = fields.take_content()
    return fields.take_id() or fields.take_link() or _content_key(title, text), title, text


def has_content(names: Iterable[str]) -> bool:
    """Whether one of these field names stands for a title, a text or a summary."""
    return any(_folded(name) in _CONTENT for name in names)


class _Fields:
    """A record's fields by what they mean; what nobody takes is the rest."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        inner = fields.get("_source")
        if isinstance(inner, dict):  # a hit of Elasticsearch
            fields = {**{name: value for name, value in fields.items() if name != "_source"}, **inner}
        self._rest = {_cleaned(name): _unwrapped(value) for name, value in fields.items()}
        self._names: dict[str, list[str]] = {}
        for name in self._rest:
            self._names.setdefault(_folded(name), []).append(name)

    def _find(self, meaning: str) -> tuple[str, object] | None:
        """The most telling of the fields with this meaning that is not empty."""
        for folded in NAMES[meaning]:
            for name in self._names.get(folded, ()):
                if name in self._rest and not _is_empty(self._rest[name]):
                    return name, self._rest[name]
        return None

    def take_content(self) -> tuple[str, str]:
        """Title and text, of which one may be empty."""
        names = [clean_line(name[:30]) for name in list(self._rest)[:8]]
        title = self.take_text("title", TITLE_CHARACTERS, clean_line)
        text = self.take_text("text", TEXT_CHARACTERS, clean_text) or self.take_text("summary", TEXT_CHARACTERS, clean_text)
        if not title and not text:
            raise BadRecord(f"there is neither a title nor a text (fields: {', '.join(names) or 'none'})", field="text")
        return title, text

    def take_text(self, meaning: str, limit: int, clean: Callable[[str], str]) -> str:
        """The cleaned text of a field, "" where there is none."""
        if not (found := self._find(meaning)):
            return ""
        name, value = found
        raw = _text(name, value)
        text = clean(plain_text(raw)) if len(raw) <= 2 * limit else raw
        if len(text) > limit:
            raise BadRecord(f"{name} has {len(text):,} characters, more than the {limit:,} that are read", field=name)
        del self._rest[name]
        return text

    def take_id(self) -> str | None:
        if not (found := self._find("id")):
            return None
        name, value = found
        if isinstance(value, float) and value.is_integer():  # a column of whole numbers with gaps
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise BadRecord(f"{name} is {_kind(value)} ({_shown(value)}) where a string or a whole number was expected", field=name)
        key = clean_line(str(value))
        if len(key.encode()) > KEY_BYTES:
            raise BadRecord(f"{name} is longer than {KEY_BYTES:,} bytes ({_shown(key)})", field=name)
        del self._rest[name]
        return key

    def take_link(self) -> str | None:
        """The URL; one that no browser could follow stays in the rest as well."""
        if not (found := self._find("url")):
            return None
        name, value = found
        if not isinstance(value, str):
            return None
        link = clean_line(value)
        if len(link.encode()) > KEY_BYTES:
            raise BadRecord(f"{name} is longer than {KEY_BYTES:,} bytes ({_shown(link)})", field=name)
        if _is_web(link):
            del self._rest[name]
        return link

    def take_date(self, now: datetime) -> tuple[datetime, Precision] | tuple[None, None]:
        if not (found := self._find("published_at")):
            return None, None
        name, value = found
        if isinstance(value, str) and value.strip().lower() in NO_DATE:
            return None, None
        try:
            moment = parse_date(value, now)
        except BadRecord as error:
            raise BadRecord(f"{name}: {error}", field=name) from error
        del self._rest[name]
        return moment

    def take_names(self, meaning: str) -> tuple[str, ...]:
        """The distinct names that a string, a list or an object of names holds, in their order."""
        if not (found := self._find(meaning)):
            return ()
        name, value = found
        names = _names_in(value, split=meaning == "topics")
        if not names or max(map(len, names)) > NAME_CHARACTERS:
            return ()
        del self._rest[name]
        return tuple(dict.fromkeys(names))

    def rest(self) -> dict[str, object]:
        """What was not taken and is not empty, as JSON values."""
        return {name: _json_value(value) for name, value in self._rest.items() if not _is_empty(value)}


def _is_web(link: str) -> bool:
    return link.lower().startswith(("http://", "https://"))


@lru_cache(maxsize=4096)
def _cleaned(name: str) -> str:
    return clean_line(name)


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _unwrapped(value: object) -> object:
    """The value of MongoDB's {"$oid": …}, {"$date": …} and {"$date": {"$numberLong": …}}."""
    while isinstance(value, dict) and len(value) == 1 and (name := next(iter(value))) in ("$oid", "$date", "$numberLong", "$numberInt"):
        value = value[name]
    return value


def _is_empty(value: object) -> bool:
    if isinstance(value, str):
        return not value or value.isspace()
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, bytes | list | tuple | dict) and not value)


def _text(name: str, value: object) -> str:
    """A string as it is; the paragraphs of a list on lines of their own; the text inside an object."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return _decoded(name, value)
    if isinstance(value, dict):
        for inner in _INNER_TEXT:
            if isinstance(value.get(inner), str | list):
                return _text(name, value[inner])
    if isinstance(value, list | tuple):
        return "\n".join(_text(name, paragraph) for paragraph in value if not _is_empty(paragraph))
    raise BadRecord(f"{name} is {_kind(value)} ({_shown(value)}) where a text was expected", field=name)


def _decoded(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise BadRecord(
            f"{name} holds bytes that are not UTF-8 (byte {error.start + 1} is 0x{value[error.start]:02X})", field=name
        ) from error


def _names_in(value: object, split: bool) -> list[str]:
    """Names in any usual shape; none where the shape is unknown. ``split`` parts a string at ";" and "|"."""
    if isinstance(value, str):
        listed = _listed(value)
        if listed is not None:
            return _names_in(listed, split=False)
        pieces = value.replace("|", ";").split(";") if split else [value]
        return [name for piece in pieces if (name := clean_line(plain_text(piece)))]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [str(value)]
    if isinstance(value, dict):
        return next((_names_in(value[inner], split=False) for inner in _INNER_NAME if isinstance(value.get(inner), str)), [])
    if isinstance(value, list | tuple):
        return [name for item in value for name in _names_in(item, split=False)]
    return []


def _listed(text: str) -> list[object] | None:
    """The list that a CSV cell holds as JSON or as Python prints it: '["a", "b"]', "['a', 'b']"."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]") and len(text) < 10_000):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, list):
            return value
    return None


def _content_key(title: str, text: str) -> str:
    return "sha256:" + hashlib.sha256(f"{title}\n\n{text}".encode()).hexdigest()


def _json_value(value: object) -> object:
    """The value as JSON can hold it and both databases can store it."""
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {clean_line(str(name)): _json_value(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_json_value(inner) for inner in value]
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, bytes):
        return clean_text(value.decode("utf-8", "replace"))
    return str(value)


_KINDS: dict[type, str] = {bool: "a truth value", int: "a number", float: "a number", dict: "an object", list: "a list", str: "a string"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def _shown(value: object) -> str:
    text = str(value)
    return clean_line(text) if len(text) <= 60 else f"{clean_line(text[:60])}…"
