"""Opening databases, and what several processes may do with one at the same time."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import search
from search.article import Article
from search.errors import BadInput, BroadsheetError, MissingDependency
from search.store import Archive, Identity, Write, open_archive
from search.store.database import Database
from search.text import Window

ROOT = Path(search.__file__).parents[1]
Make = Callable[..., Write]

SAVE_FOREVER = """
import sys
import numpy as np
from search.article import Article
from search.store import Write, open_archive, record_hash, text_hash
from search.text import Window

archive = open_archive(sys.argv[1])
batch = archive.highest_revision()
while True:
    writes = []
    for number in range(40):
        article = Article(key=f"{batch}-{number}", title="t", text="word " * 200)
        windows = [Window(start, start + 5) for start in range(3)]
        writes.append(Write(article, text_hash(article), record_hash(article), None, windows, np.zeros((3, 8), np.float16)))
    archive.save(writes)
    batch += 1
    print(batch, flush=True)
"""

DIE_WHILE_SAVING = """
import os, sys
import numpy as np
from search.article import Article
from search.store import Write, open_archive, record_hash, text_hash
from search.text import Window

class Fatal(list):
    def __iter__(self):
        print("dying", flush=True)
        os._exit(9)

archive = open_archive(sys.argv[1])
stored = archive.states(["k"])["k"].article_id
old, new = Article(key="k", title="t", text="changed"), Article(key="new", title="t", text="new")
vectors = np.zeros((1, 8), np.float16)
archive.save([
    Write(old, text_hash(old), record_hash(old), stored, [Window(0, 7)], vectors),
    Write(new, text_hash(new), record_hash(new), None, Fatal([Window(0, 3)]), vectors),
])
"""

FILL_THE_DISK = """
import resource, sys
import numpy as np
from search.article import Article
from search.errors import BroadsheetError
from search.store import Write, open_archive, record_hash, text_hash
from search.text import Window

archive = open_archive(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
article = Article(key="large", title="t", text="word " * 1_000_000)
try:
    archive.save([Write(article, text_hash(article), record_hash(article), None, [Window(0, 4)], np.zeros((1, 8), np.float16))])
except BroadsheetError as error:
    print(error)
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def claimed(url: str) -> Archive:
    archive = open_archive(url)
    archive.claim(Identity("tiny-encoder", 8, 3, 2))
    return archive


class Paused(list[Window]):
    """Windows that stop their own saving half-way, with articles already inserted, until ``go_on`` is set."""

    def __init__(self, windows: list[Window]) -> None:
        super().__init__(windows)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[Window]:
        self.reached.set()
        assert self.go_on.wait(60)
        return super().__iter__()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("archive.db", "'archive.db' is not a database URL: give sqlite:///"),
        ("", "is not a database URL"),
        ("mysql://user@host/news", "not in mysql"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_a_url_that_is_no_archive_is_refused_with_an_example(url: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        open_archive(url)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    missing, garbage = tmp_path / "missing" / "archive.db", tmp_path / "garbage.db"
    garbage.write_text("This is not a database. " * 100)
    for file in (missing, garbage, tmp_path):
        with pytest.raises(BroadsheetError, match=r"cannot be read \(.*\): check that") as raised:
            open_archive(f"sqlite:///{file}")
        assert str(file) in str(raised.value)
        assert "\n" not in str(raised.value)


def test_a_server_that_cannot_be_reached_is_named_without_the_password() -> None:
    with pytest.raises(
        BroadsheetError, match=r"postgresql://me:\*\*\*@127.0.0.1:1/news cannot be read .*check that the server runs"
    ) as raised:
        open_archive("postgresql://me:secret@127.0.0.1:1/news")
    assert "secret" not in str(raised.value)


def test_postgresql_without_its_package_names_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingDependency, match=r"pip install 'broadsheet\[postgres\]'"):
        open_archive("postgresql://localhost/news")


def test_a_commit_to_sqlite_is_on_the_disk_and_hinders_no_reader(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'archive.db'}")
    with database.reading() as connection:
        settings = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


def test_both_spellings_of_a_postgresql_url_open_the_archive(postgresql_url: str) -> None:
    for scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        with open_archive(postgresql_url.replace("postgresql", scheme, 1)) as archive:
            assert archive.highest_revision() == 0


def test_readers_see_the_last_revision_while_a_batch_is_being_saved(database_url: str, write: Make) -> None:
    archive = claimed(database_url)
    archive.save([write(Article(key="old", title="t", text="a"))])
    slow = write(Article(key="new", title="t", text="a"))
    windows = Paused(list(slow.windows or []))
    halted = Write(slow.article, slow.text_hash, slow.record_hash, None, windows, slow.vectors)
    writer = threading.Thread(target=archive.save, args=([halted],))
    writer.start()
    try:
        assert windows.reached.wait(60)
        with open_archive(database_url) as reader:  # opening an archive waits for no writer either
            assert reader.highest_revision() == 1
            assert reader.article_by_key("new") is None
            assert [article.key for batch in reader.changed_articles(0) for _, article in batch] == ["old"]
    finally:
        windows.go_on.set()
        writer.join()
    assert archive.highest_revision() == 2
    assert archive.article_by_key("new") is not None
    archive.close()


def test_a_second_thread_that_writes_waits_for_the_first(database_url: str, write: Make) -> None:
    archive = claimed(database_url)
    slow = write(Article(key="first", title="t", text="a"))
    windows = Paused(list(slow.windows or []))
    first = threading.Thread(
        target=archive.save, args=([Write(slow.article, slow.text_hash, slow.record_hash, None, windows, slow.vectors)],)
    )
    second = threading.Thread(target=archive.save, args=([write(Article(key="second", title="t", text="a"))],))
    first.start()
    assert windows.reached.wait(60)
    second.start()
    second.join(0.5)
    assert second.is_alive()
    windows.go_on.set()
    first.join()
    second.join()
    assert [article.key for batch in archive.changed_articles(1) for _, article in batch] == ["second"]
    archive.close()


def test_many_threads_read_one_archive(database_url: str, write: Make) -> None:
    archive = claimed(database_url)
    archive.save([write(Article(key=str(i), title="t", text="a b c")) for i in range(50)])
    ids = [state.article_id for state in archive.states([str(i) for i in range(50)]).values()]
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(archive.articles(ids)))) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [50] * 30
    archive.close()


def test_a_process_that_dies_while_saving_leaves_nothing_of_the_batch(database_url: str, write: Make) -> None:
    with claimed(database_url) as archive:
        archive.save([write(Article(key="k", title="t", text="one two three four"))])
        before = archive.article_by_key("k"), [batch.id.tolist() for batch in archive.changed_passages(0)]
        with start(DIE_WHILE_SAVING, database_url) as child:
            assert child.communicate()[0] == "dying\n"
        assert child.returncode == 9
        assert (archive.article_by_key("k"), [batch.id.tolist() for batch in archive.changed_passages(0)]) == before
        assert archive.article_by_key("new") is None
        assert archive.removed(0)[0].tolist() == []
        assert archive.highest_revision() == 1
        archive.save([write(Article(key="new", title="t", text=""))])
        assert archive.highest_revision() == 2


def test_kill_9_at_any_moment_leaves_whole_batches_only(database_url: str) -> None:
    with claimed(database_url) as archive:
        reported = 0
        for rounds in (1, 3):
            with start(SAVE_FOREVER, database_url) as child:
                assert child.stdout is not None
                for _ in range(rounds):
                    reported = int(child.stdout.readline())
                child.kill()
            revision = archive.highest_revision()
            assert revision >= reported  # what was reported is stored
            ids, keys, article_ids = [], [], []
            for batch in archive.changed_articles(0):
                ids += [id_ for id_, _ in batch]
                keys += [article.key for _, article in batch]
            for found in archive.changed_passages(0):
                article_ids += found.article_id.tolist()
            assert sorted(keys) == sorted(f"{batch}-{number}" for batch in range(revision) for number in range(40))
            assert sorted(article_ids) == sorted(ids * 3)


def test_a_disk_that_fills_up_is_an_error_in_one_sentence_and_nothing_is_lost(tmp_path: Path, write: Make) -> None:
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    with claimed(url) as archive:
        archive.save([write(Article(key="k", title="t", text="one two three four"))])
    with start(FILL_THE_DISK, url) as child:
        message = child.communicate()[0]
    assert re.fullmatch(r"The archive \S+ cannot be written, nothing of this step was stored \(.*\): check that .* space left\.\n", message)
    with open_archive(url) as archive:
        assert [article.key for batch in archive.changed_articles(0) for _, article in batch] == ["k"]
        assert archive.highest_revision() == 1
