"""Brings a database to the schema of this version, whenever it is opened."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from search.errors import BroadsheetError
from search.store.database import Database

VERSION_TABLE = "broadsheet_version"  # not Alembic's default name, which another application in the database may use
_MIGRATION_LOCK = 0x62726F62  # any number of our own


def migrate(database: Database) -> None:
    """Creates or upgrades the tables in one transaction. Raises BroadsheetError if a newer Broadsheet wrote the database."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_current_head()
    with database.reading() as connection:
        current = _version(connection)
    if current == newest:
        return
    known = [script.revision for script in scripts.walk_revisions()]
    if current is not None and current not in known:
        raise BroadsheetError(
            f"The archive {database.name} has schema {current} of a newer Broadsheet, this one knows up to {newest}: "
            "upgrade Broadsheet (pip install --upgrade broadsheet) or use another --data folder."
        )
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":  # two processes may open a new database at once; BEGIN IMMEDIATE parts them on SQLite
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
