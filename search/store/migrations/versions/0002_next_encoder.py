"""The name of the encoder, and room for the vectors of the next one.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = {"encoder_name": sa.Text, "next_fingerprint": sa.Text, "next_dimension": sa.Integer, "next_name": sa.Text}


def upgrade() -> None:
    for name, kind in _COLUMNS.items():
        op.add_column("archive", sa.Column(name, kind))
    # Until now an archive knew its encoder by fingerprint only; nearly all were made with the one that was the default.
    op.execute("UPDATE archive SET encoder_name = 'all-MiniLM-L6-v2' WHERE encoder_fingerprint = 'bert:b2a3db3cce00f719a25f9b7f98570888'")
    op.create_table(
        "next_vectors",
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("next_vectors")
    for name in _COLUMNS:
        op.drop_column("archive", name)
