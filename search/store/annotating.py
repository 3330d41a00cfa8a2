"""What the heads say of stored articles. What has no annotation by the heads in use is a query, so an interrupted run goes on.

Each saved batch is one transaction and one new revision of its articles: annotations are published as every other change is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, or_, select, update

from search.annotation import NOTHING, TOPIC, Annotation, Annotations, Entity
from search.article import StoredArticle
from search.store import rows
from search.store.database import Database
from search.store.schema import annotations, articles

Heads = Mapping[str, str]
"""The tasks that are wanted, each with the fingerprint of the head that answers it now."""


class Missing(NamedTuple):
    """An article, and the tasks of which it has no annotation by the head in use."""

    stored: StoredArticle
    tasks: frozenset[str]


class Annotating:
    """The annotations of an archive, for the one process that writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def progress(self, heads: Heads) -> tuple[int, int]:
        """How many articles have all that is wanted, and how many there are."""
        with self._database.reading() as connection:
            total = connection.scalar(select(func.count()).select_from(articles)) or 0
            missing = connection.scalar(select(func.count()).select_from(articles).where(_lacks_any(heads))) or 0
        return total - missing, total

    def missing(self, heads: Heads, after: int, count: int) -> list[Missing]:
        """The first ``count`` articles with an id above ``after`` that lack something, in the order of their ids."""
        query = select(articles).where(articles.c.id > after, _lacks_any(heads)).order_by(articles.c.id).limit(count)
        with self._database.reading() as connection:
            found = [rows.stored_article(row) for row in connection.execute(query)]
            known = read(connection, [stored.id for stored in found])
        return [Missing(stored, _lacking(heads, stored, known.get(stored.id, NOTHING))) for stored in found]

    def save(self, found: Mapping[int, Sequence[Annotation]]) -> None:
        """Stores annotations of articles in place of those that they have for the same tasks."""
        values = [_values(id_, annotation) for id_, given in found.items() for annotation in given]
        if not values:
            return
        with self._database.writing() as connection:
            rows.mark(connection, list(found), rows.next_revision(connection))
            for task in {value["task"] for value in values}:
                _remove(connection, [value["article_id"] for value in values if value["task"] == task], task)
            connection.execute(insert(annotations), values)

    def forget(self, tasks: Sequence[str]) -> None:
        """Removes all annotations of these tasks."""
        held = annotations.c.task.in_(tasks)
        with self._database.writing() as connection:
            revision = rows.next_revision(connection)
            annotated = articles.c.id.in_(select(annotations.c.article_id).where(held))
            connection.execute(update(articles).where(annotated).values(revision=revision))
            connection.execute(delete(annotations).where(held))

    def tasks(self) -> dict[str, int]:
        """How many articles have an annotation of each task, in alphabetical order."""
        query = select(annotations.c.task, func.count()).group_by(annotations.c.task).order_by(annotations.c.task)
        with self._database.reading() as connection:
            return {row.task: row[1] for row in connection.execute(query)}


def read(connection: Connection, ids: Sequence[int]) -> dict[int, Annotations]:
    """The annotations of articles by id; articles without any are left out."""
    found: dict[int, dict[str, Annotation]] = {}
    for row in rows.fetch(connection, select(annotations).order_by(annotations.c.task), annotations.c.article_id, ids):
        found.setdefault(row.article_id, {})[row.task] = _annotation(row.task, row.fingerprint, row.result)
    return {id_: Annotations(by_task) for id_, by_task in found.items()}


def remove(connection: Connection, ids: Sequence[int]) -> None:
    """Removes all annotations of articles."""
    _remove(connection, ids, None)


def _remove(connection: Connection, ids: Sequence[int], task: str | None) -> None:
    for chunk in rows.chunks(ids):
        gone = annotations.c.article_id.in_(chunk)
        connection.execute(delete(annotations).where(gone if task is None else and_(gone, annotations.c.task == task)))


def _lacks_any(heads: Heads) -> ColumnElement[bool]:
    return or_(*(_lacks(task, fingerprint) for task, fingerprint in heads.items()))


def _lacks(task: str, fingerprint: str) -> ColumnElement[bool]:
    one = annotations.c
    held = exists().where(one.article_id == articles.c.id, one.task == task, one.fingerprint == fingerprint)
    return and_(articles.c.topics == (), ~held) if task == TOPIC else ~held  # a topic is predicted where the dump has none


def _lacking(heads: Heads, stored: StoredArticle, known: Annotations) -> frozenset[str]:
    held = {annotation.task: annotation.fingerprint for annotation in known}
    return frozenset(
        task for task, fingerprint in heads.items() if held.get(task) != fingerprint and not (task == TOPIC and stored.article.topics)
    )


def _values(article_id: int, annotation: Annotation) -> dict[str, Any]:
    result: dict[str, object] = {}
    if annotation.label is not None:
        result = {"label": annotation.label, "probability": annotation.probability}
    if annotation.entities:
        result["entities"] = [
            {"name": one.name, "type": one.type, "count": one.count, "probability": one.probability, "mentions": one.mentions}
            for one in annotation.entities
        ]
    return {"article_id": article_id, "task": annotation.task, "fingerprint": annotation.fingerprint, "result": result}


def _annotation(task: str, fingerprint: str, result: Mapping[str, Any]) -> Annotation:
    entities = tuple(
        Entity(one["name"], one["type"], one["count"], one["probability"], tuple((start, end) for start, end in one["mentions"]))
        for one in result.get("entities", ())
    )
    return Annotation(task, fingerprint, result.get("label"), result.get("probability"), entities)
