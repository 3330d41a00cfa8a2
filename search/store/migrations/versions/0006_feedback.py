"""Feedback on pages of results: what was shown, what was done with it, and the secret that a page of results is signed with.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("archive", sa.Column("feedback_key", sa.LargeBinary))
    op.create_table(
        "feedback_showings",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.Column("encoder", sa.Text, nullable=False),
        sa.Column("reranker", sa.Text),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("feedback_showings_day", "feedback_showings", ["day"])
    op.create_table(
        "feedback_events",
        sa.Column("showing_id", sa.Text, primary_key=True),
        sa.Column("article_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("feedback_events")
    op.drop_table("feedback_showings")
    op.drop_column("archive", "feedback_key")
