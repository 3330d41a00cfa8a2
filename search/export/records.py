"""A hit as a flat record, and records as JSON, JSON lines and CSV rows."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from search.export.results import Results
from search.export.spreadsheet import Cell, csv_lines
from search.response import Hit

Value = str | int | float | datetime | None | list[str]

COLUMNS = (
    "rank",
    "id",
    "key",
    "title",
    "url",
    "source",
    "author",
    "published_at",
    "precision",
    "language",
    "topics",
    "similarity",
    "bm25",
    "fused",
    "relevance",
    "snippet",
    "link",
)


def record(hit: Hit, results: Results) -> dict[str, Value]:
    """What is exported of a hit, by the names of COLUMNS; ``link`` is the article's permanent address here."""
    article = hit.article
    values: tuple[Value, ...] = (
        hit.rank,
        hit.id,
        article.key,
        article.title,
        article.url,
        article.source,
        article.author,
        article.published_at,
        article.published_precision,
        article.language,
        list(article.topics),
        hit.similarity,
        hit.bm25,
        hit.fused,
        hit.relevance,
        hit.snippet.text,
        results.article_link(hit.id),
    )
    return dict(zip(COLUMNS, values, strict=True))


def csv_table(results: Results, *, byte_order_mark: bool = False) -> Iterator[str]:
    """One row per hit; several topics are parted by a semicolon, and the snippet is on one line."""
    return csv_lines(COLUMNS, _rows(results), byte_order_mark=byte_order_mark)


def json_lines(results: Results) -> Iterator[str]:
    """One JSON object per hit and line."""
    for hit in results.hits:
        yield _json(record(hit, results)) + "\n"


def json_document(results: Results) -> Iterator[str]:
    """One JSON object with what was asked and an array of the hits, a line each."""
    head = {"query": results.query, "total": results.total, "snapshot": results.snapshot, "link": results.page}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "hits": ['
    separator = "\n"
    for hit in results.hits:
        yield separator + _json(record(hit, results))
        separator = ",\n"
    yield "\n]}\n"


def _rows(results: Results) -> Iterable[list[Cell]]:
    for hit in results.hits:
        values = record(hit, results)
        values["topics"] = "; ".join(hit.article.topics)
        values["snippet"] = " ".join(hit.snippet.text.split())
        yield [value for value in values.values() if not isinstance(value, list)]


def _json(values: dict[str, Value]) -> str:
    return json.dumps(values, ensure_ascii=False, default=_instant)


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
