"""Feedback in SQL: the showings that somebody reacted to, and the reactions.

Whoever stores it need not be the archive's writer: a small transaction beside an index run, which it neither waits for long nor touches.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy import bindparam, delete, func, insert, select, update

from search.feedback import Event, FeedbackCounts, JudgedShowing, Reaction, Showing
from search.store import rows
from search.store.database import Database
from search.store.schema import archive, articles, feedback_events, feedback_showings

_KEY_BYTES = 32
_MARKS = (Event.RELEVANT, Event.NOT_RELEVANT)


class Feedback:
    """What is kept of searches in one archive. Safe for any thread and any process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def key(self) -> bytes:
        """The archive's secret, with which a page of results is signed; drawn when it is first asked for."""
        with self._database.reading() as connection:
            stored = connection.scalar(select(archive.c.feedback_key))
        if stored is None:
            with self._database.writing() as connection:  # of two processes at once the first one's key stays
                drawn = update(archive).where(archive.c.feedback_key.is_(None)).values(feedback_key=secrets.token_bytes(_KEY_BYTES))
                connection.execute(drawn)
                stored = connection.scalar(select(archive.c.feedback_key))
        assert stored is not None
        return bytes(stored)

    def missing(self, article_ids: Sequence[int]) -> list[int]:
        """Those of the articles that the archive does not have, in the order given."""
        with self._database.reading() as connection:
            found = {row.id for row in rows.fetch(connection, select(articles.c.id), articles.c.id, article_ids)}
        return [id_ for id_ in article_ids if id_ not in found]

    def store(self, reactions: Sequence[Reaction]) -> None:
        """Keeps the reactions with their showings in one transaction. Of several marks of one article in a showing the last stays."""
        showings = {reaction.showing.id: reaction.showing for reaction in reactions}
        with self._database.writing() as connection:
            known = {row.id for row in rows.fetch(connection, select(feedback_showings.c.id), feedback_showings.c.id, list(showings))}
            new = [_showing_values(showing) for id_, showing in showings.items() if id_ not in known]
            if new:
                connection.execute(insert(feedback_showings), new)
            for reaction in reactions:
                values = {"showing_id": reaction.showing.id, "article_id": reaction.article_id, "event": reaction.event.value}
                kept = feedback_events.c
                same = (kept.showing_id == reaction.showing.id) & (kept.article_id == reaction.article_id)
                replaced = _MARKS if reaction.event in _MARKS else (reaction.event,)
                connection.execute(delete(feedback_events).where(same, kept.event.in_([event.value for event in replaced])))
                connection.execute(insert(feedback_events), values)

    def forget(self, before: date) -> int:
        """Removes all showings from before this day with their reactions; how many there were."""
        old = feedback_showings.c.day < before
        with self._database.reading() as connection:
            if not connection.scalar(select(func.count()).select_from(feedback_showings).where(old)):
                return 0
        with self._database.writing() as connection:
            if connection.dialect.name == "sqlite":  # else what is deleted stays readable in the file until its space is needed
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            connection.execute(delete(feedback_events).where(feedback_events.c.showing_id.in_(select(feedback_showings.c.id).where(old))))
            return connection.execute(delete(feedback_showings).where(old)).rowcount

    def showings(self, batch: int = 1000) -> Iterator[JudgedShowing]:
        """All that is kept, in the order of the random ids, which is none."""
        kept = feedback_showings.c
        query = select(feedback_showings).where(kept.id > bindparam("after")).order_by(kept.id).limit(batch)
        after = ""
        while True:
            with self._database.reading() as connection:
                found = connection.execute(query, {"after": after}).all()
                ids = [row.id for row in found]
                events = list(rows.fetch(connection, select(feedback_events), feedback_events.c.showing_id, ids))
            if not found:
                return
            by_showing: dict[str, list[rows.AnyRow]] = {}
            for event in events:
                by_showing.setdefault(event.showing_id, []).append(event)
            yield from (_judged(row, by_showing.get(row.id, ())) for row in found)
            after = ids[-1]

    def counts(self) -> FeedbackCounts:
        """How much is kept."""
        with self._database.reading() as connection:
            showings, first, last = connection.execute(
                select(func.count(), func.min(feedback_showings.c.day), func.max(feedback_showings.c.day))
            ).one()
            by_event = select(feedback_events.c.event, func.count()).group_by(feedback_events.c.event)
            events = {row[0]: row[1] for row in connection.execute(by_event)}
        clicks, relevant, not_relevant = (events.get(event.value, 0) for event in Event)
        return FeedbackCounts(showings, clicks, relevant, not_relevant, first, last)


def _showing_values(showing: Showing) -> dict[str, object]:
    return {
        "id": showing.id,
        "day": showing.day,
        "query": showing.query,
        "search": showing.search,
        "snapshot": showing.snapshot,
        "encoder": showing.encoder,
        "reranker": showing.reranker,
        "first": showing.first,
        "shown": showing.shown,
    }


def _judged(row: "rows.AnyRow", events: "Iterable[rows.AnyRow]") -> JudgedShowing:
    at: dict[str, set[int]] = {event.value: set() for event in Event}
    for event in events:
        at[event.event].add(event.article_id)
    showing = Showing(
        row.id, row.day, row.query, row.search, row.snapshot, row.encoder, row.reranker, row.first, tuple(int(id_) for id_ in row.shown)
    )
    return JudgedShowing(showing, *(frozenset(at[event.value]) for event in Event))
