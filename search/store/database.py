"""A SQLite or PostgreSQL database behind one door: transactions that read, transactions that write, errors in one sentence."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from search.errors import BadInput, BroadsheetError, MissingDependency

_BUSY_SECONDS = 30
_CONNECT_SECONDS = 10


class Database:
    """An open database. Threads may share it: each transaction has a connection of its own."""

    def __init__(self, url: str) -> None:
        parsed = parse_url(url)
        self._file = database_file(url)
        self.name = str(self._file or parsed.set(drivername="postgresql"))  # the password is shown as ***
        self._engine = _sqlite(parsed) if self._file else _postgresql(parsed)
        self._remedy = (
            "check that the file is an archive and that its folder exists, can be written to and has space left"
            if self._file
            else "check that the server runs and that the user in the URL may log in and create tables"
        )
        self._writer = self._engine.execution_options(writes=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees the database at one point in time. Raises BroadsheetError when the database fails."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise BroadsheetError(f"The archive {self.name} cannot be read ({_reason(error)}): {self._remedy}.") from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is stored as a whole or not at all. Raises BroadsheetError when the database fails."""
        try:
            with self._writer.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise BroadsheetError(
                f"The archive {self.name} cannot be written, nothing of this step was stored ({_reason(error)}): {self._remedy}."
            ) from error

    def bytes_on_disk(self) -> int:
        """The size of the database, SQLite's write-ahead log included."""
        if self._file:
            files = (self._file, self._file.with_name(self._file.name + "-wal"))
            return sum(file.stat().st_size for file in files if file.exists())
        with self.reading() as connection:
            size: int = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        return size

    def close(self) -> None:
        """Closes the connections that no transaction uses."""
        self._engine.dispose()


def database_file(url: str) -> Path | None:
    """The file of a SQLite database, None for PostgreSQL. Raises BadInput as ``parse_url`` does."""
    parsed = parse_url(url)
    return Path(parsed.database) if parsed.database and parsed.get_backend_name() == "sqlite" else None


def parse_url(url: str) -> URL:
    """The URL with the driver that Broadsheet uses. Raises BadInput for anything but a SQLite file or PostgreSQL."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadInput(
            f"{url!r} is not a database URL: give sqlite:////path/to/archive.db or postgresql://user@host/database.", field="database_url"
        ) from error
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise BadInput(
            f"Broadsheet stores articles in SQLite or PostgreSQL, not in {backend}: change the database URL.", field="database_url"
        )
    if parsed.database in (None, "", ":memory:"):
        raise BadInput("A SQLite archive needs a file, for example sqlite:////path/to/archive.db.", field="database_url")
    return parsed.set(drivername="sqlite+pysqlite")


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy's recipe for transactions with sqlite3: the driver begins none by itself.
        connection.isolation_level = None
        # FULL, not WAL's usual NORMAL: NORMAL may lose the last commits when the power fails. A snapshot published from
        # them would then be ahead of the database, whose next articles would get the same ids and revisions once more.
        # It costs one fsync for a batch.
        for pragma in ("synchronous=FULL", "fullfsync=ON", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        _use_wal(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later is refused at once, whatever the timeout: take the write lock first.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Lets readers go on while a writer writes. The mode is kept in the file, so only a new one really changes."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # SQLite does not apply its own timeout here when another process is just making the same change.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _postgresql(url: URL) -> Engine:
    if "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(_CONNECT_SECONDS)})
    try:
        return create_engine(url, pool_pre_ping=True)
    except ImportError as error:
        raise MissingDependency("PostgreSQL needs the psycopg package: pip install 'broadsheet[postgres]'.") from error


def _reason(error: DBAPIError) -> str:
    """The database's own words, on one line without the full stop."""
    return " ".join(str(error.orig).split()).rstrip(".")
