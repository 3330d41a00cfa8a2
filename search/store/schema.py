"""The tables as the code sees them; ``migrations`` is what creates them, and a test compares the two."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from search.store.columns import JsonText, StorableText, UtcDateTime

metadata = MetaData()

# SQLite numbers rows by itself only in a column of type INTEGER, which there has 64 bits too.
_Id = BigInteger().with_variant(Integer, "sqlite")

# One row: the revision counter and what every vector in here was made with.
archive = Table(
    "archive",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="archive_one_row"), primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("encoder_fingerprint", Text),
    Column("dimension", Integer),
    Column("passage_words", Integer),
    Column("passage_step", Integer),
    Column("encoder_name", Text),
    # The encoder that the archive is moving to, while ``next_vectors`` is being filled.
    Column("next_fingerprint", Text),
    Column("next_dimension", Integer),
    Column("next_name", Text),
    Column("feedback_key", LargeBinary),
)

# AUTOINCREMENT and the identity sequence never give an id twice, not even that of a deleted last row.
# The long texts come last: SQLite reads the columns before them without following their overflow pages.
articles = Table(
    "articles",
    metadata,
    Column("id", _Id, Identity(), primary_key=True),
    # Unique in place of the key itself, which may be longer than a PostgreSQL index entry (2,704 bytes).
    Column("key_hash", LargeBinary(32), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("text_hash", LargeBinary(32), nullable=False),
    Column("record_hash", LargeBinary(32), nullable=False),
    Column("indexed_at", UtcDateTime, nullable=False),
    Column("published_at", UtcDateTime),
    Column("published_precision", Text),
    Column("language", StorableText),
    Column("source", StorableText),
    Column("author", StorableText),
    Column("topics", JsonText, nullable=False),
    Column("key", StorableText, nullable=False),
    Column("url", StorableText),
    Column("title", StorableText, nullable=False),
    Column("extra", JsonText, nullable=False),
    Column("text", StorableText, nullable=False),
    UniqueConstraint("key_hash", name="articles_key_hash"),
    Index("articles_revision", "revision"),
    Index("articles_text_hash", "text_hash"),
    Index("articles_url", "url", postgresql_using="hash"),  # an address may be longer than an entry of an ordered index
    sqlite_autoincrement=True,
)

# Rows are inserted and deleted, never changed, but for the vectors of all of them when the archive moves to another encoder.
passages = Table(
    "passages",
    metadata,
    Column("id", _Id, Identity(), primary_key=True),
    Column("article_id", BigInteger, ForeignKey("articles.id", name="passages_article_id"), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # dimension x float16, little-endian
    UniqueConstraint("article_id", "ordinal", name="passages_article_ordinal"),
    Index("passages_revision", "revision"),
    sqlite_autoincrement=True,
)

# The vectors of the next encoder beside those in use. Without a foreign key: what belongs to a passage that is removed meanwhile
# goes with the rest when the archive has moved, and removing passages stays as fast as it is.
next_vectors = Table(
    "next_vectors",
    metadata,
    Column("passage_id", _Id, primary_key=True, autoincrement=False),
    Column("vector", LargeBinary, nullable=False),
)

# Without foreign keys for the same reason; the store writes and removes these with their articles.
signatures = Table(
    "signatures",
    metadata,
    Column("article_id", _Id, primary_key=True, autoincrement=False),
    Column("group_id", BigInteger, nullable=False),  # the smallest id of the articles that nearly equal one another
    Column("signature", LargeBinary, nullable=False),  # search.minhash.VALUES x uint32, little-endian; empty for a text too short to tell
    Index("signatures_group_id", "group_id"),
)

signature_bands = Table(
    "signature_bands",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("article_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# What the heads say of articles. The store removes a row with its article, and when the article's text changes.
annotations = Table(
    "annotations",
    metadata,
    Column("article_id", BigInteger, primary_key=True, autoincrement=False),
    Column("task", StorableText, primary_key=True),
    Column("fingerprint", Text, nullable=False),  # of the head
    Column("result", JsonText, nullable=False),
    sqlite_with_rowid=False,
)

# Without row numbers, so that not even the order of the searches of a day is kept.
feedback_showings = Table(
    "feedback_showings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("query", StorableText, nullable=False),
    Column("search", StorableText, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("encoder", Text, nullable=False),
    Column("reranker", Text),
    Column("first", Integer, nullable=False),
    Column("shown", JsonText, nullable=False),  # article ids, which may have been deleted since
    Index("feedback_showings_day", "day"),
    sqlite_with_rowid=False,
)

feedback_events = Table(
    "feedback_events",
    metadata,
    Column("showing_id", Text, primary_key=True),
    Column("article_id", BigInteger, primary_key=True, autoincrement=False),
    Column("event", Text, primary_key=True),
    sqlite_with_rowid=False,
)


def _removed(name: str) -> Table:
    """Ids that were in a table, each with the revision that removed it."""
    return Table(
        name,
        metadata,
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        Column("revision", BigInteger, nullable=False),
        Index(f"{name}_revision", "revision"),
    )


removed_articles = _removed("removed_articles")
removed_passages = _removed("removed_passages")
