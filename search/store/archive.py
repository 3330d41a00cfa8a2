"""The archive: articles, passages and vectors in SQL, for one writer at a time and any number of readers.

Every saved batch and every deletion is one transaction with one new revision, so "what is newer than revision r" is a query.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from sqlalchemy import bindparam, func, select, update

from search.annotation import Annotations
from search.article import Article, Lead, Passage, StoredArticle
from search.errors import EncoderMismatch
from search.minhash import resemblance, signature
from search.store import annotating, near_duplicates, rows
from search.store.annotating import Annotating
from search.store.database import Database
from search.store.feedback import Feedback
from search.store.hashes import key_hash
from search.store.migrate import migrate
from search.store.records import ArchiveStatistics, Identity, PassageBatch, State, Twin, Write
from search.store.reindexing import Reindexing
from search.store.schema import annotations, archive, articles, passages, removed_articles, removed_passages, signatures

LEAD_CHARACTERS = 400


def open_archive(url: str) -> "Archive":
    """The archive at a database URL, created or brought to this version's schema.

    Raises BadInput for a URL that is neither a SQLite file nor PostgreSQL, BroadsheetError when the database cannot be
    opened or was written by a newer Broadsheet, MissingDependency when psycopg is needed and absent.
    """
    database = Database(url)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return Archive(database)


class Archive:
    """Stored articles with their passages and vectors. Threads may share it for reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        """Gives back every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # For whoever shows articles

    def articles(self, ids: Sequence[int]) -> dict[int, StoredArticle]:
        """The articles by id; ids that are not stored are left out."""
        with self._database.reading() as connection:
            found = rows.fetch(connection, select(articles), articles.c.id, ids)
            return {row.id: rows.stored_article(row) for row in found}

    def annotations(self, ids: Sequence[int]) -> dict[int, Annotations]:
        """What the heads say of articles by id; those of which nothing is said are left out."""
        with self._database.reading() as connection:
            return annotating.read(connection, ids)

    def annotated(self) -> bool:
        """Whether anything is said of any article."""
        with self._database.reading() as connection:
            return connection.execute(select(annotations.c.task).limit(1)).first() is not None

    def leads(self, ids: Sequence[int]) -> dict[int, Lead]:
        """The heads and beginnings of articles by id, which is much less to read; ids that are not stored are left out."""
        stored = articles.c
        beginning, length = func.substr(stored.text, 1, LEAD_CHARACTERS), func.length(stored.text)
        query = select(stored.id, stored.title, beginning, length, stored.source, stored.published_at, stored.published_precision)
        with self._database.reading() as connection:
            return {row.id: Lead(*row) for row in rows.fetch(connection, query, stored.id, ids)}

    def article_by_key(self, key: str) -> StoredArticle | None:
        """The article under the caller's key, if it is stored."""
        with self._database.reading() as connection:
            row = connection.execute(select(articles).where(articles.c.key_hash == key_hash(key))).one_or_none()
        return rows.stored_article(row) if row else None

    def article_by_url(self, url: str) -> StoredArticle | None:
        """The article at this address, whether it was written with http or https, a closing slash or a part after #, or without."""
        address = url.partition("#")[0].rstrip("/")
        bare = address.partition("://")[2]
        written = [url, *(f"{scheme}://{bare}{end}" for scheme in ("https", "http") for end in ("", "/"))]
        query = select(articles).where(articles.c.url.in_(written)).order_by(articles.c.id)
        with self._database.reading() as connection:
            found = {row.url: row for row in reversed(connection.execute(query).all())}
        row = next((found[address] for address in written if address in found), None)
        return rows.stored_article(row) if row else None

    def resembling(self, text: str, ids: Sequence[int]) -> set[int]:
        """Which of the articles share so much of their text with this one that they are its near-duplicates."""
        made = signature(text)
        query = select(signatures.c.article_id, signatures.c.signature)
        with self._database.reading() as connection:
            found = list(rows.fetch(connection, query, signatures.c.article_id, ids)) if len(made) else []
        told = {row.article_id: np.frombuffer(row.signature, "<u4") for row in found if row.signature}
        return {id_ for id_, other in told.items() if resemblance(made, other[None])[0] >= near_duplicates.RESEMBLANCE}

    def passages(self, article_ids: Sequence[int]) -> dict[int, list[Passage]]:
        """The passages of each stored article, in the order of the text."""
        columns = passages.c.id, passages.c.article_id, passages.c.ordinal, passages.c.start, passages.c.end
        query = select(*columns).order_by(passages.c.article_id, passages.c.ordinal)
        found: dict[int, list[Passage]] = {}
        with self._database.reading() as connection:
            for row in rows.fetch(connection, query, passages.c.article_id, article_ids):
                found.setdefault(row.article_id, []).append(Passage(row.id, row.article_id, row.ordinal, row.start, row.end))
        return found

    def statistics(self) -> ArchiveStatistics:
        """Counts of what is stored now."""
        with self._database.reading() as connection:
            return ArchiveStatistics(
                articles=connection.scalar(select(func.count()).select_from(articles)) or 0,
                passages=connection.scalar(select(func.count()).select_from(passages)) or 0,
                revision=connection.scalar(select(archive.c.revision)) or 0,
                identity=rows.identity(connection),
                bytes_on_disk=self._database.bytes_on_disk(),
            )

    def feedback(self) -> Feedback:
        """What was shown to those who searched, and what they did with it; any process may add to it."""
        return Feedback(self._database)

    # For the one process that writes

    def identity(self) -> Identity | None:
        """What the vectors in here were made with; None before the first ``claim``."""
        with self._database.reading() as connection:
            return rows.identity(connection)

    def claim(self, identity: Identity) -> None:
        """Fixes the identity on first use. Raises EncoderMismatch if the archive has another.

        The same encoder under a new name is remembered by that.
        """
        with self._database.writing() as connection:
            stored = rows.identity(connection)
            if stored is None:
                connection.execute(update(archive).values(asdict(identity)))
                return
            if stored == identity and identity.encoder_name not in (None, stored.encoder_name):
                connection.execute(update(archive).values(encoder_name=identity.encoder_name))
        if stored.encoder_fingerprint != identity.encoder_fingerprint or stored.dimension != identity.dimension:
            raise EncoderMismatch(
                f"The vectors in {self._database.name} are from the encoder {stored.encoder}, not from {identity.encoder}: "
                "leave out --encoder and BROADSHEET_ENCODER to go on with the first, "
                f"run `broadsheet reindex --encoder {identity.encoder_name or 'NAME'}` to move to the second, "
                "or give another folder with --data."
            )
        if stored != identity:
            raise EncoderMismatch(
                f"The passages in {self._database.name} have {stored.passage_words} words and start every {stored.passage_step}, "
                f"not {identity.passage_words} and {identity.passage_step}: set BROADSHEET_PASSAGE_WORDS={stored.passage_words} and "
                f"BROADSHEET_PASSAGE_STEP={stored.passage_step}, or give another folder with --data."
            )

    def reindexing(self) -> Reindexing:
        """The vectors of the encoder that the archive is moving to, beside those in use."""
        return Reindexing(self._database)

    def annotating(self) -> Annotating:
        """The annotations, for whoever makes them."""
        return Annotating(self._database)

    def states(self, keys: Sequence[str]) -> dict[str, State]:
        """What is stored under each of the keys; keys that are not are left out."""
        with self._database.reading() as connection:
            return rows.states(connection, keys)

    def twins(self, text_hashes: Sequence[bytes]) -> set[Twin]:
        """What is stored with any of these texts.

        An article that equals a twin in text, source and date is an exact duplicate; agency copy that another source ran,
        or the same text on another day, is not.
        """
        query = select(articles.c.text_hash, articles.c.source, articles.c.published_at)
        with self._database.reading() as connection:
            found = rows.fetch(connection, query, articles.c.text_hash, list(set(text_hashes)))
            return {Twin(row.text_hash, row.source, row.published_at) for row in found}

    def save(self, writes: Sequence[Write]) -> None:
        """Stores all of it in one transaction as one new revision, or, on any error, nothing.

        Each key may come once. An article that is given windows gets new passages with new ids in place of its old ones, and loses
        its annotations, which were of another text.
        """
        if not writes:
            return
        new = [write for write in writes if write.article_id is None]
        known = {write.article_id: write for write in writes if write.article_id is not None}
        if len({write.article.key for write in writes}) < len(writes) or len(new) + len(known) < len(writes):
            raise ValueError("a batch holds the same article twice")
        made = [near_duplicates.article_signature(write.article) for write in writes]
        with self._database.writing() as connection:
            identity = rows.identity(connection)
            for write in writes:
                _check(write, identity)
            revision = rows.next_revision(connection)
            cut = rows.insert_articles(connection, new, revision) | known
            rows.update_articles(connection, known, revision)
            rewritten = [id_ for id_, write in known.items() if write.windows is not None]
            rows.remove_passages(connection, rewritten, revision)
            annotating.remove(connection, rewritten)
            rows.insert_passages(connection, cut, revision)
            by_key = {write.article.key: signature for write, signature in zip(writes, made, strict=True)}
            near_duplicates.arrive(connection, {id_: by_key[write.article.key] for id_, write in cut.items()}, revision)

    def delete(self, keys: Sequence[str]) -> list[str]:
        """Removes the articles with their passages in one transaction; the keys that were there, in the order asked."""
        with self._database.writing() as connection:
            states = rows.states(connection, keys)
            if states:
                gone = [state.article_id for state in states.values()]
                revision = rows.next_revision(connection)
                rows.remove_articles(connection, gone, revision)
                near_duplicates.leave(connection, gone, revision)
                annotating.remove(connection, gone)
        return [key for key in dict.fromkeys(keys) if key in states]

    def compare_unsigned(self, batch: int = 256) -> Iterator[int]:
        """Finds the near-duplicates of articles from before they were looked for; yields how many more are compared, batch by batch."""
        with self._database.reading() as connection:
            total, signed = (connection.scalar(select(func.count()).select_from(table)) or 0 for table in (articles, signatures))
        unsigned = articles.c.id.not_in(select(signatures.c.article_id))
        query = select(articles).where(unsigned, articles.c.id > bindparam("after")).order_by(articles.c.id).limit(batch)
        after = 0
        while total > signed:
            with self._database.reading() as connection:
                found = [rows.stored_article(row) for row in connection.execute(query, {"after": after})]
            if not found:
                return
            made = {stored.id: near_duplicates.article_signature(stored.article) for stored in found}
            with self._database.writing() as connection:
                near_duplicates.arrive(connection, made, rows.next_revision(connection))
            after = found[-1].id
            yield len(found)

    # For whoever builds an index or an export from what is stored

    def near_duplicate_groups(self, ids: Sequence[int]) -> dict[int, int]:
        """For each article the smallest id of those that nearly equal it, itself included; articles not yet compared are left out."""
        query = select(signatures.c.article_id, signatures.c.group_id)
        with self._database.reading() as connection:
            return {row.article_id: row.group_id for row in rows.fetch(connection, query, signatures.c.article_id, ids)}

    def highest_revision(self) -> int:
        """The revision of the newest change; 0 when nothing was ever stored."""
        with self._database.reading() as connection:
            return connection.scalar(select(archive.c.revision)) or 0

    def changed_articles(self, after: int, batch: int = 1000) -> Iterator[list[tuple[int, Article]]]:
        """The stored articles with a revision above ``after`` as (id, article), in the order of their ids."""
        for found in self._changed(after, batch):
            yield [(stored.id, stored.article) for stored in found]

    def all_articles(self, batch: int = 1000) -> Iterator[list[StoredArticle]]:
        """Every stored article, in the order of the ids."""
        return self._changed(0, batch)

    def changed_passages(self, after: int, batch: int = 10_000) -> Iterator[PassageBatch]:
        """The stored passages with a revision above ``after``, in the order of their ids."""
        # Passages never change, and ids and revisions are given out in one order: all that are newer have higher ids than
        # all that are not. So the first one is looked up, and the rest is a walk along the primary key.
        newest = select(passages.c.id).where(passages.c.revision > after).order_by(passages.c.revision, passages.c.id).limit(1)
        columns = passages.c.id, passages.c.article_id, passages.c.start, passages.c.end, passages.c.vector
        walk = select(*columns).where(passages.c.id >= bindparam("first")).order_by(passages.c.id).limit(batch)
        with self._database.reading() as connection:
            first = connection.scalar(newest)
        while first is not None:
            with self._database.reading() as connection:
                found = connection.execute(walk, {"first": first}).all()
            if found:
                yield rows.passage_batch(found)
            first = found[-1].id + 1 if len(found) == batch else None

    def removed(self, after: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The ids of passages and of articles that were removed by a revision above ``after``, ascending."""
        with self._database.reading() as connection:
            gone_passages, gone_articles = (
                np.fromiter(connection.scalars(select(table.c.id).where(table.c.revision > after).order_by(table.c.id)), np.int64)
                for table in (removed_passages, removed_articles)
            )
        return gone_passages, gone_articles

    def _changed(self, after: int, batch: int) -> Iterator[list[StoredArticle]]:
        # The ids come first, from the index on revisions (8 bytes each): an updated article keeps its id, so a walk along
        # the primary key would read through all that did not change.
        with self._database.reading() as connection:
            ids = np.sort(np.fromiter(connection.scalars(select(articles.c.id).where(articles.c.revision > after)), np.int64))
        query = select(articles).order_by(articles.c.id)
        for start in range(0, len(ids), batch):
            with self._database.reading() as connection:
                found = rows.fetch(connection, query, articles.c.id, ids[start : start + batch].tolist())
                stored = [rows.stored_article(row) for row in found]
            if stored:
                yield stored


def _check(write: Write, identity: Identity | None) -> None:
    """Raises ValueError, naming the article, for passages that do not belong in this archive."""
    windows, vectors = write.windows, write.vectors
    if windows is None or vectors is None:
        if write.article_id is None or (windows is None) != (vectors is None):
            raise ValueError(f"{write.article.key!r} has no passages, or passages without vectors")
        return
    if identity is None:
        raise ValueError("vectors are saved before claim() fixed what they were made with")
    if vectors.dtype != np.float16 or vectors.shape != (len(windows), identity.dimension):
        raise ValueError(
            f"{write.article.key!r} has {vectors.dtype} vectors of shape {vectors.shape} for {len(windows)} windows, "
            f"not float16 of dimension {identity.dimension}"
        )
