"""What is searched: articles and the passages they are cut into. Knows nothing of SQL, files or models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from search.annotation import NOTHING, Annotations

Precision = Literal["year", "month", "day", "minute", "second"]


@dataclass(frozen=True, slots=True)
class Article:
    """One news article, cleaned and valid.

    ``key`` is the caller's own id or the URL and is unique in an archive. ``published_at`` is in UTC, and
    ``published_precision`` says how much of it the dump really stated (a bare "2020-04" is the first instant
    of that month with precision "month"). Paragraphs of ``text`` are separated by "\\n". ``extra`` keeps the
    fields of the dump that Broadsheet does not know, as JSON values.
    """

    key: str
    title: str
    text: str
    url: str | None = None
    source: str | None = None
    author: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    published_precision: Precision | None = None
    topics: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the archive holds it: ``id`` is the database key and is never reused.

    ``annotations`` are there where whoever fetched the article asked for them.
    """

    id: int
    article: Article
    indexed_at: datetime
    annotations: Annotations = NOTHING


@dataclass(frozen=True, slots=True)
class Lead:
    """What tells which story an article reports: its head and the beginning of its body; ``length`` counts all characters of the body."""

    id: int
    title: str
    text: str
    length: int
    source: str | None = None
    published_at: datetime | None = None
    published_precision: Precision | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A window ``text[start:end]`` of an article's body, counted in characters; ``id`` is also its FAISS id."""

    id: int
    article_id: int
    ordinal: int
    start: int
    end: int
