"""The writer lock of a PostgreSQL database, which processes on several machines may write to."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from search.errors import WriterBusy
from search.store.database import Database, database_file

_KEY = 0x62726F61  # any number of our own below 2**31, so that pg_locks shows it whole in objid
_HOLDER = text(
    "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) "
    "WHERE locktype = 'advisory' AND classid = 0 AND objid = :key AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@contextmanager
def advisory_lock(url: str) -> Iterator[None]:
    """Holds the database's writer lock on a connection of its own; the server frees it when the process ends, however it ends.

    Raises WriterBusy, naming the process that holds it. Does nothing for SQLite, where a file lock does.
    """
    if database_file(url):
        yield
        return
    database = Database(url)
    try:
        # The transaction ends at once, the lock and the name do not: both belong to the connection, which stays open in the pool.
        with database.reading() as connection:
            # The name tells the next process who holds the lock, so it is set before the lock is taken.
            name = f"broadsheet writer {os.getpid()} on {socket.gethostname()}"
            connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": name[:63]})
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY}):
                holder = str(connection.scalar(_HOLDER, {"key": _KEY}) or "").removeprefix("broadsheet writer ")
                raise WriterBusy(
                    f"Process {holder or 'of another user'} is writing to {database.name}: "
                    "wait until it has finished, or stop it, then try again."
                )
        yield
    finally:
        database.close()
