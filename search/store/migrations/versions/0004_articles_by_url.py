"""Articles are found by their address.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # An address may be longer than an entry of PostgreSQL's ordered indexes.
    op.create_index("articles_url", "articles", ["url"], postgresql_using="hash")


def downgrade() -> None:
    op.drop_index("articles_url", "articles")
