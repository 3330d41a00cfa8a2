"""The vectors of another encoder, collected beside those in use until every passage has one; then they take their place.

Whoever collects them need not be the archive's writer: passages may come and go meanwhile, and which of them still lack a vector
is a query.
"""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Select, delete, func, insert, select, update

from search.article import Passage
from search.store import rows
from search.store.database import Database
from search.store.records import Identity
from search.store.schema import archive, next_vectors, passages


class Reindexing:
    """An archive on its way to another encoder, or at rest. One process at a time collects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def target(self) -> Identity | None:
        """What the archive will be made with; None when it is not moving."""
        with self._database.reading() as connection:
            return _target(connection)

    def begin(self, fingerprint: str, dimension: int, name: str) -> None:
        """Sets out for an encoder, or goes on; what was collected for another is removed."""
        with self._database.writing() as connection:
            before = _target(connection)
            if before is None or (before.encoder_fingerprint, before.dimension) != (fingerprint, dimension):
                connection.execute(delete(next_vectors))
            connection.execute(update(archive).values(next_fingerprint=fingerprint, next_dimension=dimension, next_name=name))

    def abandon(self) -> None:
        """Removes what was collected; the archive stays with its encoder."""
        with self._database.writing() as connection:
            _forget(connection)

    def progress(self) -> tuple[int, int]:
        """How many passages have the new vector, and how many there are."""
        with self._database.reading() as connection:
            total = connection.scalar(select(func.count()).select_from(passages)) or 0
            return total - (connection.scalar(_missing(func.count())) or 0), total

    def missing(self, after: int, count: int) -> list[Passage]:
        """The first ``count`` passages with an id above ``after`` that lack the new vector, in the order of their ids."""
        columns = passages.c.id, passages.c.article_id, passages.c.ordinal, passages.c.start, passages.c.end
        query = _missing(*columns).where(passages.c.id > after).order_by(passages.c.id).limit(count)
        with self._database.reading() as connection:
            return [Passage(*row) for row in connection.execute(query)]

    def save(self, passage_ids: Sequence[int], vectors: npt.NDArray[np.float16]) -> None:
        """Stores the new vectors (n, dimension) of passages that had none, in one transaction."""
        found = zip(passage_ids, vectors.astype("<f2"), strict=True)
        values = [{"passage_id": passage_id, "vector": vector.tobytes()} for passage_id, vector in found]
        with self._database.writing() as connection:
            target = _target(connection)
            if target is None or vectors.shape[1:] != (target.dimension,) or vectors.dtype != np.float16:
                raise ValueError(f"{vectors.dtype} vectors of shape {vectors.shape} are not of the encoder that this archive moves to")
            if values:
                connection.execute(insert(next_vectors), values)

    def switch(self) -> None:
        """The new vectors take the place of the old ones, which are gone, in one transaction. For the archive's writer only.

        Raises ValueError when the archive is not moving or a passage has no new vector.
        """
        with self._database.writing() as connection:
            target = _target(connection)
            missing = connection.scalar(_missing(func.count()))
            if target is None or missing:
                raise ValueError(f"{missing} passages have no vector of the encoder {target and target.encoder}")
            vector = select(next_vectors.c.vector).where(next_vectors.c.passage_id == passages.c.id).scalar_subquery()
            connection.execute(update(passages).values(vector=vector))
            connection.execute(update(archive).values(asdict(target)))
            _forget(connection)


def _target(connection: Connection) -> Identity | None:
    stored = archive.c
    row = connection.execute(
        select(stored.next_fingerprint, stored.next_dimension, stored.passage_words, stored.passage_step, stored.next_name)
    ).one()
    return None if row.next_fingerprint is None else Identity(*row)


def _missing(*columns: object) -> "rows.AnySelect":
    """A query over the passages without a new vector."""
    query: Select[*tuple[object, ...]] = select(*columns)  # type: ignore[call-overload]
    joined = passages.outerjoin(next_vectors, next_vectors.c.passage_id == passages.c.id)
    return query.select_from(joined).where(next_vectors.c.passage_id.is_(None))


def _forget(connection: Connection) -> None:
    connection.execute(delete(next_vectors))
    connection.execute(update(archive).values(next_fingerprint=None, next_dimension=None, next_name=None))
