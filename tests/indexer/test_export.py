"""What is exported is read back as it was."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.dump import Dump
from indexer.export import write_jsonl
from search.article import Article
from search.store import Archive, open_archive
from tests.archives import index, record
from tests.fakes import WordEncoder


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    with open_archive(database_url) as archive:
        yield archive


def _articles(archive: Archive) -> list[Article]:
    return [stored.article for batch in archive.all_articles() for stored in batch]


def test_an_exported_archive_indexes_to_the_same_articles(archive: Archive, tmp_path: Path) -> None:
    dates = ["2020", "2020-04", "2020-04-21", "2020-04-21T10:30Z", "2020-04-21T10:30:15Z"]
    records = [record(f"d{i}", i, published_at=date) for i, date in enumerate(dates)]
    records += [
        record("extra", 7, pages=[1, 2], nested={"a": None}, author="A. Writer", url="https://gazette.example/1"),
        record("topics", 8, topic=["Energy", "World"]),
        record("plain", 9, title="", published_at=None, source=None, topic=[], language=None),
        record("paragraphs", 10, text="One paragraph.\nAnother, “quoted”: 100 % \\ done."),
    ]
    index(archive, WordEncoder(), records)
    exported = io.StringIO()
    assert write_jsonl(archive, exported) == len(records)
    assert all(json.loads(line)["id"] for line in exported.getvalue().splitlines())
    (tmp_path / "export.jsonl").write_text(exported.getvalue(), "utf-8")
    with open_archive(f"sqlite:///{tmp_path / 'again.db'}") as again:
        index(again, WordEncoder(), Dump.open([str(tmp_path / "export.jsonl")]))
        assert _articles(again) == _articles(archive)
