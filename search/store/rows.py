"""Rows to values and back: the statements behind the archive, each within the caller's transaction."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, Select, Table, bindparam, delete, insert, literal, select, update

from search.article import Article, StoredArticle
from search.store.hashes import key_hash
from search.store.records import Identity, PassageBatch, State, Write
from search.store.schema import archive, articles, passages, removed_articles, removed_passages

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]

_CHUNK = 500  # values in one IN (...)


def fetch(connection: Connection, query: AnySelect, column: ColumnElement[Any], values: Sequence[Any]) -> Iterator[AnyRow]:
    """The rows whose column has one of the values, a chunk of values at a time."""
    query = query.where(column.in_(bindparam("values", expanding=True)))
    for chunk in chunks(values):
        yield from connection.execute(query, {"values": chunk})


def stored_article(row: AnyRow) -> StoredArticle:
    """The article of a row of ``articles``."""
    article = Article(
        key=row.key,
        title=row.title,
        text=row.text,
        url=row.url,
        source=row.source,
        author=row.author,
        language=row.language,
        published_at=row.published_at,
        published_precision=row.published_precision,
        topics=tuple(row.topics),
        extra=row.extra,
    )
    return StoredArticle(row.id, article, row.indexed_at)


def passage_batch(found: Sequence[AnyRow]) -> PassageBatch:
    """The passages of at least one row (id, article_id, start, end, vector)."""
    ids, article_ids, starts, ends, vectors = zip(*found, strict=True)
    id_, article_id, start, end = (np.array(column, np.int64) for column in (ids, article_ids, starts, ends))
    return PassageBatch(id_, article_id, start, end, np.frombuffer(b"".join(vectors), "<f2").reshape(len(found), -1))


def identity(connection: Connection) -> Identity | None:
    """What the vectors were made with, once that is fixed."""
    stored = archive.c
    columns = stored.encoder_fingerprint, stored.dimension, stored.passage_words, stored.passage_step, stored.encoder_name
    row = connection.execute(select(*columns)).one()
    return None if row.encoder_fingerprint is None else Identity(*row)


def states(connection: Connection, keys: Sequence[str]) -> dict[str, State]:
    """What is stored under each of the keys."""
    by_hash = {key_hash(key): key for key in keys}
    query = select(articles.c.key_hash, articles.c.id, articles.c.text_hash, articles.c.record_hash)
    found = fetch(connection, query, articles.c.key_hash, list(by_hash))
    return {by_hash[row.key_hash]: State(row.id, row.text_hash, row.record_hash) for row in found}


def next_revision(connection: Connection) -> int:
    """A revision above all that were committed; PostgreSQL makes a second writer wait here for the first to end."""
    revision: int = connection.execute(update(archive).values(revision=archive.c.revision + 1).returning(archive.c.revision)).scalar_one()
    return revision


def insert_articles(connection: Connection, writes: Sequence[Write], revision: int) -> dict[int, Write]:
    """Stores new articles; the writes by the ids that the database gave them."""
    if not writes:
        return {}
    values = [_article_values(write, revision) for write in writes]
    by_hash = {value["key_hash"]: write for value, write in zip(values, writes, strict=True)}
    found = connection.execute(insert(articles).returning(articles.c.id, articles.c.key_hash), values)
    return {row.id: by_hash[row.key_hash] for row in found}


def update_articles(connection: Connection, writes: Mapping[int, Write], revision: int) -> None:
    """Stores new versions of articles under the ids that they have."""
    if writes:
        values = [_article_values(write, revision) | {"article_id": id_} for id_, write in writes.items()]
        connection.execute(update(articles).where(articles.c.id == bindparam("article_id")), values)


def insert_passages(connection: Connection, writes: Mapping[int, Write], revision: int) -> None:
    """Stores the passages of the writes that have any, in the order of the article ids."""
    values = [
        {"article_id": id_, "revision": revision, "ordinal": ordinal, "start": start, "end": end, "vector": vector.tobytes()}
        for id_, write in sorted(writes.items())
        if write.windows is not None and write.vectors is not None
        for ordinal, ((start, end), vector) in enumerate(zip(write.windows, write.vectors.astype("<f2"), strict=True))
    ]
    if values:
        connection.execute(insert(passages), values)


def remove_articles(connection: Connection, ids: Sequence[int], revision: int) -> None:
    """Deletes articles and their passages, and records the ids of both."""
    remove_passages(connection, ids, revision)
    _remove(connection, articles, articles.c.id, removed_articles, ids, revision)


def remove_passages(connection: Connection, article_ids: Sequence[int], revision: int) -> None:
    """Deletes the passages of articles, and records their ids."""
    _remove(connection, passages, passages.c.article_id, removed_passages, article_ids, revision)


def mark(connection: Connection, ids: Sequence[int], revision: int) -> None:
    """Makes the articles belong to the new revision, and so to the next snapshot."""
    for chunk in chunks(ids):
        connection.execute(update(articles).where(articles.c.id.in_(chunk)).values(revision=revision))


def _remove(connection: Connection, table: Table, column: ColumnElement[Any], record: Table, values: Sequence[int], revision: int) -> None:
    for chunk in chunks(values):
        gone = column.in_(chunk)
        connection.execute(insert(record).from_select(["id", "revision"], select(table.c.id, literal(revision)).where(gone)))
        connection.execute(delete(table).where(gone))


def _article_values(write: Write, revision: int) -> dict[str, object]:
    article = write.article
    return {
        "key_hash": key_hash(article.key),
        "revision": revision,
        "text_hash": write.text_hash,
        "record_hash": write.record_hash,
        "indexed_at": datetime.now(UTC),
        "published_at": article.published_at,
        "published_precision": article.published_precision,
        "language": article.language,
        "source": article.source,
        "author": article.author,
        "topics": article.topics,
        "key": article.key,
        "url": article.url,
        "title": article.title,
        "extra": article.extra,
        "text": article.text,
    }


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The values, as many at a time as fit into one IN (...)."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
