"""Run by Alembic: upgrades over the connection, and in the transaction, that ``search.store.migrate`` hands in."""

from alembic import context

from search.store.migrate import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
