"""Locks of a PostgreSQL database, which processes on several machines may use; and the roles that one process at a time may have."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import text

from search.errors import WriterBusy
from search.store.database import Database, database_file


class Role(NamedTuple):
    """What only one process at a time may do with an archive; ``doing`` completes "Process 7 is … the archive"."""

    name: str
    doing: str
    key: int  # any number of our own below 2**31, so that pg_locks shows it whole in objid


WRITER = Role("writer", "writing to", 0x62726F61)
REINDEXER = Role("reindexer", "collecting the vectors of another encoder for", 0x62726F63)

_HOLDER = text(
    "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) "
    "WHERE locktype = 'advisory' AND classid = 0 AND objid = :key AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@contextmanager
def advisory_lock(url: str, role: Role) -> Iterator[None]:
    """Holds a role on a connection of its own; the server frees it when the process ends, however it ends.

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
            prefix = f"broadsheet {role.name} "
            name = f"{prefix}{os.getpid()} on {socket.gethostname()}"
            connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": name[:63]})
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": role.key}):
                holder = str(connection.scalar(_HOLDER, {"key": role.key}) or "").removeprefix(prefix)
                raise WriterBusy(
                    f"Process {holder or 'of another user'} is {role.doing} {database.name}: "
                    "wait until it has finished, or stop it, then try again."
                )
        yield
    finally:
        database.close()
