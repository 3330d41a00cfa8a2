"""Articles, their passages with vectors, and what was removed.

Revision ID: 0001
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    archive = op.create_table(
        "archive",
        sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="archive_one_row"), primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("encoder_fingerprint", sa.Text),
        sa.Column("dimension", sa.Integer),
        sa.Column("passage_words", sa.Integer),
        sa.Column("passage_step", sa.Integer),
    )
    op.bulk_insert(archive, [{"id": 1, "revision": 0, "created_at": datetime.now(UTC).replace(tzinfo=None)}])
    op.create_table(
        "articles",
        sa.Column("id", _Id, sa.Identity(), primary_key=True),
        sa.Column("key_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("text_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("record_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("indexed_at", sa.DateTime, nullable=False),
        sa.Column("published_at", sa.DateTime),
        sa.Column("published_precision", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("author", sa.Text),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("extra", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.UniqueConstraint("key_hash", name="articles_key_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("articles_revision", "articles", ["revision"])
    op.create_index("articles_text_hash", "articles", ["text_hash"])
    op.create_table(
        "passages",
        sa.Column("id", _Id, sa.Identity(), primary_key=True),
        sa.Column("article_id", sa.BigInteger, sa.ForeignKey("articles.id", name="passages_article_id"), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("article_id", "ordinal", name="passages_article_ordinal"),
        sqlite_autoincrement=True,
    )
    op.create_index("passages_revision", "passages", ["revision"])
    for name in ("removed_articles", "removed_passages"):
        op.create_table(
            name,
            sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("revision", sa.BigInteger, nullable=False),
        )
        op.create_index(f"{name}_revision", name, ["revision"])


def downgrade() -> None:
    for name in ("removed_passages", "removed_articles", "passages", "articles", "archive"):
        op.drop_table(name)
