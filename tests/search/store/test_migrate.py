"""The schema that migrations create is the schema that the code expects."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

import search
from search.errors import BroadsheetError
from search.models.bundled import bundled_encoder_folder
from search.models.loading import fingerprint
from search.settings import BASE_ENCODER
from search.store import Identity, open_archive
from search.store.database import Database
from search.store.migrate import VERSION_TABLE
from search.store.schema import metadata

ROOT = Path(search.__file__).parents[1]


def test_the_migrated_schema_is_what_the_code_expects(database_url: str) -> None:
    open_archive(database_url).close()
    database = Database(database_url)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_opening_again_changes_nothing(database_url: str) -> None:
    with open_archive(database_url) as archive:
        archive.claim(Identity("tiny-encoder", 8, 3, 2))
        statistics = archive.statistics()
    for _ in range(2):
        with open_archive(database_url) as archive:
            assert archive.identity() == statistics.identity
            assert archive.highest_revision() == 0


def test_an_archive_of_a_newer_version_is_refused(database_url: str) -> None:
    open_archive(database_url).close()
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(BroadsheetError, match=r"has schema 9999 of a newer Broadsheet, this one knows up to 0006: upgrade"):
        open_archive(database_url)
    database.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(database_url: str) -> None:
    """Here because another application has a table of the same name."""
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE passages (id INTEGER)"))
    with pytest.raises(BroadsheetError, match="cannot be written, nothing of this step was stored"):
        open_archive(database_url)
    with database.writing() as connection:
        connection.execute(text("DROP TABLE passages"))
    open_archive(database_url).close()
    database.close()


def test_processes_that_open_a_new_database_together_all_succeed(database_url: str) -> None:
    script = "import sys; from search.store import open_archive; sys.stdin.readline(); print(open_archive(sys.argv[1]).highest_revision())"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, database_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    answers = [child.communicate() for child in children]
    assert answers == [("0\n", "")] * 3


def test_an_archive_from_before_encoders_had_names_gets_that_of_the_default_of_then(database_url: str) -> None:
    database = Database(database_url)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "search" / "store" / "migrations"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        values = "encoder_fingerprint = :made, dimension = 384, passage_words = 150, passage_step = 100"
        connection.execute(text(f"UPDATE archive SET {values}"), {"made": fingerprint(bundled_encoder_folder())})
    database.close()
    with open_archive(database_url) as archive:
        identity = archive.identity()
    assert identity is not None
    assert identity.encoder_name == BASE_ENCODER
