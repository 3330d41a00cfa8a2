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
def held(folder: Path, name: str, doing: str) -> Iterator[None]:
    """Holds a folder, which is made if need be, until the block ends.

    ``doing`` completes "Process 7 is …" for those that come too late. Raises WriterBusy, and OSError where nothing can be written.
    """
    lock = FileLock(folder / f"{name}.lock")
    # The pid has a file of its own: on Windows a locked file cannot be read, and some versions of filelock empty it.
    holder = folder / f"{name}.pid"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise WriterBusy(f"{_process(holder)} is {doing}: wait until it has finished, or stop it, then try again.") from error
    try:
        holder.write_text(str(os.getpid()), "ascii")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def _lock(archive_url: str, data: Path, role: Role) -> Iterator[None]:
    file = database_file(archive_url)
    folders = {data.resolve()} | ({file.resolve().parent} if file else set())
    with ExitStack() as roles:
        for folder in sorted(folders):
            try:
                roles.enter_context(held(folder, role.name, f"{role.doing} {folder}"))
            except OSError as error:
                raise BroadsheetError(f"{folder} cannot be written to ({error.strerror}): give another folder with --data.") from error
        roles.enter_context(advisory_lock(archive_url, role))
        yield


def _process(holder: Path) -> str:
    """The holder by its pid; it may not have written that yet, or just have ended."""
    try:
        return f"Process {int(holder.read_text('ascii'))}"
    except (OSError, ValueError):
        return "Another process"
