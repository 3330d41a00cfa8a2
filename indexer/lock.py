"""One process at a time: the operating system, or the database server, frees a lock when its holder ends, even by kill -9."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from search.errors import BroadsheetError, WriterBusy
from search.store.advisory_lock import REINDEXER, WRITER, Role, advisory_lock
from search.store.database import database_file


def writer_lock(archive_url: str, data: Path) -> AbstractContextManager[None]:
    """Holds the right to write to the archive and to publish into the data folder.

    Raises WriterBusy, naming the process that has it. On SQLite the folder of the database is locked too, on PostgreSQL the
    database, so that two data folders cannot share one archive.
    """
    return _lock(archive_url, data, WRITER)


def reindexer_lock(archive_url: str, data: Path) -> AbstractContextManager[None]:
    """Holds the right to collect the vectors of another encoder, beside the writer. Raises WriterBusy."""
    return _lock(archive_url, data, REINDEXER)


@contextmanager
def _lock(archive_url: str, data: Path, role: Role) -> Iterator[None]:
    file = database_file(archive_url)
    folders = {data.resolve()} | ({file.resolve().parent} if file else set())
    with ExitStack() as held:
        for folder in sorted(folders):
            held.enter_context(_folder_lock(folder, role))
        held.enter_context(advisory_lock(archive_url, role))
        yield


@contextmanager
def _folder_lock(folder: Path, role: Role) -> Iterator[None]:
    lock = FileLock(folder / f"{role.name}.lock")
    # The pid has a file of its own: on Windows a locked file cannot be read, and some versions of filelock empty it.
    holder = folder / f"{role.name}.pid"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
        holder.write_text(str(os.getpid()), "ascii")
    except Timeout as error:
        raise WriterBusy(f"{_process(holder)} is {role.doing} {folder}: wait until it has finished, or stop it, then try again.") from error
    except OSError as error:
        lock.release()
        raise BroadsheetError(f"{folder} cannot be written to ({error.strerror}): give another folder with --data.") from error
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _process(holder: Path) -> str:
    """The holder by its pid; it may not have written that yet, or just have ended."""
    try:
        return f"Process {int(holder.read_text('ascii'))}"
    except (OSError, ValueError):
        return "Another process"
