"""One writer at a time, shown with real second processes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import search
from indexer.lock import writer_lock
from search.errors import BroadsheetError, WriterBusy

ROOT = Path(search.__file__).parents[1]

HOLD = """
import sys
from pathlib import Path
from indexer.lock import writer_lock

with writer_lock(sys.argv[1], Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(url: str, data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is told to end, or killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url, str(data)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        try:
            yield child
        finally:
            if child.poll() is None:
                child.communicate("\n")


def take(url: str, data: Path) -> None:
    """Takes the lock and gives it back."""
    with writer_lock(url, data):
        pass


@contextmanager
def soon(url: str, data: Path) -> Iterator[None]:
    """The lock, as soon as the server has noticed that its holder is gone."""
    for _ in range(200):
        try:
            with writer_lock(url, data):
                yield
                return
        except WriterBusy:
            time.sleep(0.05)
    pytest.fail("the lock of a dead process was never freed")


def test_the_second_writer_is_refused_with_the_pid_of_the_first(database_url: str, tmp_path: Path) -> None:
    with holder(database_url, tmp_path) as first:
        with pytest.raises(WriterBusy, match=rf"^Process {first.pid} is writing to .*: wait until it has finished, or stop it") as raised:
            take(database_url, tmp_path)
        assert "\n" not in str(raised.value)
    with soon(database_url, tmp_path):
        pass


def test_a_killed_writer_frees_the_lock(database_url: str, tmp_path: Path) -> None:
    with holder(database_url, tmp_path) as first:
        first.kill()
        first.wait()
    with soon(database_url, tmp_path):
        assert (tmp_path / "writer.pid").read_text() == str(os.getpid())


def test_two_data_folders_do_not_share_one_archive(database_url: str, tmp_path: Path) -> None:
    with holder(database_url, tmp_path / "one") as first, pytest.raises(WriterBusy, match=f"Process {first.pid} "):
        take(database_url, tmp_path / "two")


def test_two_archives_do_not_share_one_data_folder(database_url: str, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    with holder(f"sqlite:///{other / 'archive.db'}", tmp_path) as first, pytest.raises(WriterBusy, match=f"Process {first.pid} "):
        take(database_url, tmp_path)


def test_a_process_may_not_hold_it_twice_at_once(database_url: str, tmp_path: Path) -> None:
    with writer_lock(database_url, tmp_path), pytest.raises(WriterBusy, match=f"Process {os.getpid()} "):
        take(database_url, tmp_path)
    with soon(database_url, tmp_path):
        pass


def test_a_failing_writer_frees_the_lock_and_its_error_comes_through(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="my own"), writer_lock(database_url, tmp_path):
        raise TimeoutError("my own")
    with soon(database_url, tmp_path):
        pass


def test_a_missing_data_folder_is_made_and_a_stale_pid_does_not_matter(database_url: str, tmp_path: Path) -> None:
    data = tmp_path / "a" / "b"
    data.mkdir(parents=True)
    (data / "writer.pid").write_text("1")
    with writer_lock(database_url, data):
        assert (data / "writer.pid").read_text() == str(os.getpid())
    assert not (data / "writer.pid").exists()
    with soon(database_url, tmp_path / "c" / "d"):
        assert (tmp_path / "c" / "d").is_dir()


def test_a_data_folder_that_cannot_be_made_is_named(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(BroadsheetError, match=r"file/data cannot be written to \(.*\): give another folder with --data"):
        take(database_url, tmp_path / "file" / "data")
