"""Articles as JSON lines in the format that ``broadsheet index`` reads: what goes out comes back in as it was."""

import json
from typing import TextIO

from search.article import Article, Precision
from search.store import Archive

_LENGTH: dict[Precision, int] = {"year": 4, "month": 7, "day": 10}


def write_jsonl(archive: Archive, file: TextIO) -> int:
    """Writes one line per article, by id; returns their number."""
    count = 0
    for batch in archive.all_articles():
        for stored in batch:
            file.write(json.dumps(record_of(stored.article), ensure_ascii=False) + "\n")
            count += 1
    return count


def record_of(article: Article) -> dict[str, object]:
    """The article as a JSON object with the names that a dump has; what is not known of it is left out."""
    record: dict[str, object] = {
        "id": article.key,
        "title": article.title,
        "text": article.text,
        "url": article.url,
        "published_at": _date(article),
        "source": article.source,
        "author": article.author,
        "language": article.language,
        "topic": list(article.topics),
    }
    known = {name: value for name, value in record.items() if value not in (None, "", [])}
    return {**{name: value for name, value in article.extra.items() if name not in known}, **known}


def _date(article: Article) -> str | None:
    """The date as precisely as the dump stated it: "2020-04" stays a month."""
    if article.published_at is None:
        return None
    stated = article.published_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if article.published_precision == "minute":
        return article.published_at.strftime("%Y-%m-%dT%H:%MZ")
    return stated[: _LENGTH.get(article.published_precision, len(stated))] if article.published_precision else stated
