"""Records become stored articles exactly once, whatever is repeated, changed or interrupted."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.indexing import Counts
from search.index.published import open_current
from search.store import Archive, open_archive
from search.text import passage_text, windows
from tests.archives import CUTTING, index, record
from tests.fakes import WordEncoder


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    with open_archive(database_url) as archive:
        yield archive


def _keys(archive: Archive) -> list[str]:
    return sorted(stored.article.key for batch in archive.all_articles() for stored in batch)


def test_every_passage_is_stored_with_the_vector_of_its_text(archive: Archive) -> None:
    encoder = WordEncoder()
    index(archive, encoder, [record(f"a{i}", i) for i in range(30)])
    by_id = {stored.id: stored.article for batch in archive.all_articles() for stored in batch}
    stored = 0
    for batch in archive.changed_passages(0):
        for article_id, start, end, vector in zip(batch.article_id, batch.start, batch.end, batch.vectors, strict=True):
            article = by_id[int(article_id)]
            text = passage_text(article.title, article.text[start:end])
            np.testing.assert_array_equal(vector, encoder.encode_passages([text])[0].astype(np.float16))
            stored += 1
    assert stored == sum(len(list(windows(a.text, CUTTING.words, CUTTING.step))) for a in by_id.values())


def test_the_same_dump_twice_adds_and_encodes_nothing(archive: Archive) -> None:
    records = [record(f"a{i}", i) for i in range(20)]
    index(archive, WordEncoder(), records)
    revision, again = archive.highest_revision(), WordEncoder()
    progress, _ = index(archive, again, records)
    assert progress.counts == Counts(unchanged=20)
    assert again.encoded == []
    assert archive.highest_revision() == revision


def test_a_changed_text_is_encoded_again_and_changed_metadata_is_not(archive: Archive) -> None:
    index(archive, WordEncoder(), [record("a", 1), record("b", 2), record("c", 3)])
    encoder = WordEncoder()
    progress, _ = index(
        archive, encoder, [record("a", 1, source="Elsewhere"), record("b", 2, text="New words altogether."), record("c", 3)]
    )
    assert progress.counts == Counts(updated=2, unchanged=1)
    assert len(encoder.encoded) == 1
    assert "New words altogether." in encoder.encoded[0]
    stored = {key: archive.article_by_key(key) for key in "ab"}
    assert stored["a"] is not None
    assert stored["a"].article.source == "Elsewhere"
    assert stored["b"] is not None
    assert stored["b"].article.text == "New words altogether."


def test_exact_duplicates_are_left_out_and_copies_of_other_outlets_kept(archive: Archive) -> None:
    first = record("first", 1)
    records = [first, record("same", 1), record("other outlet", 1, source="Another"), record("sent again", 1, published_at="2022-05-05")]
    progress, _ = index(archive, WordEncoder(), records)
    assert progress.counts == Counts(added=3, duplicates=1)
    progress, _ = index(archive, WordEncoder(), [record("once more", 1)])
    assert progress.counts == Counts(duplicates=1)
    assert _keys(archive) == ["first", "other outlet", "sent again"]


def test_of_one_key_in_a_dump_the_last_version_counts(archive: Archive) -> None:
    index(archive, WordEncoder(), [record("a", 1), record("b", 2), record("a", 3)])
    stored = archive.article_by_key("a")
    assert stored is not None
    assert stored.article.text == record("a", 3).fields["text"]


def test_what_cannot_be_used_is_reported_with_its_place_and_the_rest_goes_on(archive: Archive) -> None:
    bad = [record("x", 5, title="", text=""), record("y", 6, published_at="2031-01-01"), record("z", 7, published_at="the other day")]
    progress, rejected = index(archive, WordEncoder(), [record("a", 1), *bad, record("b", 2)])
    assert progress.counts == Counts(added=2, rejected=3)
    assert progress.counts.records == 5
    assert [str(one.place) for one in rejected] == ["test:6", "test:7", "test:8"]
    assert "2031-01-01" in rejected[1].reason
    assert "the other day" in rejected[2].reason


def test_hostile_texts_are_stored_and_the_batch_survives(archive: Archive) -> None:
    texts = [
        "nul \x00 inside",
        "lone \ud800 surrogate",
        "\u202eright to left",
        "x" * 200_000,
        "🙂" * 500,
        " \n \t ",
        "<script>alert(1)</script>",
    ]
    progress, _ = index(archive, WordEncoder(), [record(f"k\x00{i}", i, title=f"Title {i}", text=text) for i, text in enumerate(texts)])
    assert progress.counts == Counts(added=len(texts))


def test_killed_at_20_random_moments_the_same_run_finishes_with_every_article_once(tmp_path: Path) -> None:
    dump, data, log = tmp_path / "dump.jsonl", tmp_path / "data", tmp_path / "encoded.log"
    records = [record(f"a{i}", i).fields for i in range(400)]
    dump.write_text("".join(json.dumps(fields) + "\n" for fields in records))
    data.mkdir()
    generator = random.Random(7)
    command = [sys.executable, "-m", "tests.indexer.indexing_process", str(dump), str(data), str(log)]
    stored_before, finished = 0, 0
    for _ in range(20):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(generator.uniform(0.0, 0.25))
        finished += process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with open_archive(f"sqlite:///{data / 'broadsheet.db'}") as archive:
            keys = _keys(archive)
            assert len(keys) == len(set(keys)) >= stored_before, "what was stored stays stored"
            stored_before = len(keys)
    subprocess.run(command, check=True, capture_output=True)
    assert finished < 20, "some runs were killed before their end"
    with open_archive(f"sqlite:///{data / 'broadsheet.db'}") as archive:
        assert _keys(archive) == sorted(f"a{i}" for i in range(400))
        snapshot = open_current(data).snapshot
        assert len(snapshot) == 400
        assert len(snapshot.columns.passage_id) == archive.statistics().passages
    # At most the batch that was under way at each kill is encoded a second time.
    repeated = sum(count - 1 for count in Counter(log.read_text().splitlines()).values())
    assert repeated <= 20 * 10 * 6
