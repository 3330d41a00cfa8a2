"""An archive moves to another encoder while it is searched and written to, whatever interrupts the move."""

import json
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from indexer.export import write_jsonl
from indexer.lock import reindexer_lock, writer_lock
from indexer.publication import publish
from indexer.readers.record import Place, Record
from indexer.reindexing import BATCH_PASSAGES, Collected, collect, move
from search.engine import Depths, SearchEngine
from search.errors import WriterBusy
from search.index.live import LiveSnapshot
from search.index.manifest import Manifest
from search.index.published import open_current
from search.protocols import Vectors
from search.query import Query
from search.store import Archive, open_archive
from tests.archives import index, record
from tests.fakes import WordEncoder

OLD = "words:1"
PLACE = "/models/new"


class TurnedEncoder(WordEncoder):
    """Another space with the same cosines in it: a query of one space is like nothing in the other."""

    def __init__(self, name: str = "turned") -> None:
        super().__init__(name)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        return np.ascontiguousarray(super()._encode(texts)[:, ::-1])


@pytest.fixture
def archive(database_url: str, tmp_path: Path) -> Iterator[Archive]:
    """More than two batches of passages, published."""
    with open_archive(database_url) as archive:
        index(archive, WordEncoder(), (record(f"a{i}", i) for i in range(250)))
        publish(archive, tmp_path)
        yield archive


def _finish(archive: Archive, encoder: WordEncoder) -> Collected:
    *_, last = collect(archive, encoder, PLACE)
    return last


def _vectors(archive: Archive) -> dict[tuple[str, int], bytes]:
    """Every stored vector by the article's key and the passage's start."""
    keys = {stored.id: stored.article.key for batch in archive.all_articles() for stored in batch}
    return {
        (keys[article_id], start): vector.tobytes()
        for batch in archive.changed_passages(0)
        for article_id, start, vector in zip(batch.article_id.tolist(), batch.start.tolist(), batch.vectors, strict=True)
    }


def _made_anew(archive: Archive, tmp_path: Path) -> dict[tuple[str, int], bytes]:
    """The vectors of the same articles in an archive that never knew another encoder."""
    lines = StringIO()
    write_jsonl(archive, lines)
    records = [Record(Place("export", number), json.loads(line)) for number, line in enumerate(lines.getvalue().splitlines(), 1)]
    with open_archive(f"sqlite:///{tmp_path / 'anew.db'}") as anew:
        index(anew, TurnedEncoder(), records)
        return _vectors(anew)


def test_afterwards_every_vector_is_what_the_new_encoder_makes(archive: Archive, tmp_path: Path) -> None:
    before, size = _vectors(archive), archive.statistics().passages
    last = _finish(archive, TurnedEncoder())
    assert last == Collected(size, size)
    assert _vectors(archive) == before
    manifest = move(archive, tmp_path, TurnedEncoder(), PLACE)
    assert manifest is not None
    assert (manifest.encoder, manifest.encoder_name) == ("turned:1", PLACE)
    assert _vectors(archive) == _made_anew(archive, tmp_path)
    identity = archive.identity()
    assert identity is not None
    assert (identity.encoder_fingerprint, identity.encoder_name) == ("turned:1", PLACE)
    assert archive.reindexing().target() is None
    assert open_current(tmp_path).snapshot.encoder_fingerprint == "turned:1"


def test_an_interrupted_collection_encodes_only_what_is_left(archive: Archive) -> None:
    size = archive.statistics().passages
    done = [collected.done for collected in islice(collect(archive, TurnedEncoder(), PLACE), 2)]
    assert done == [0, BATCH_PASSAGES]
    encoder = TurnedEncoder()
    assert _finish(archive, encoder) == Collected(size, size)
    assert len(encoder.encoded) == size - BATCH_PASSAGES


def test_what_is_added_changed_and_deleted_meanwhile_is_not_lost(archive: Archive, tmp_path: Path) -> None:
    collecting = collect(archive, TurnedEncoder(), PLACE)
    next(collecting)
    next(collecting)
    index(archive, WordEncoder(), [record("new", 900), record("a3", 901), record("a249", 902)])
    archive.delete(["a4", "a248"])
    publish(archive, tmp_path)
    for _ in collecting:
        pass
    index(archive, WordEncoder(), [record("last", 903), record("a5", 904)])
    archive.delete(["a6"])
    manifest = move(archive, tmp_path, TurnedEncoder(), PLACE)
    assert manifest is not None
    assert manifest.articles == 250 + 2 - 3
    assert _vectors(archive) == _made_anew(archive, tmp_path)


def test_another_target_begins_anew(archive: Archive, tmp_path: Path) -> None:
    _finish(archive, TurnedEncoder("first"))
    encoder = TurnedEncoder("second")
    _finish(archive, encoder)
    assert len(encoder.encoded) == archive.statistics().passages
    archive.reindexing().abandon()
    assert archive.reindexing().target() is None
    assert archive.reindexing().progress()[0] == 0
    assert publish(archive, tmp_path) is None


def test_an_archive_with_gaps_does_not_change(archive: Archive) -> None:
    before = _vectors(archive)
    for _ in islice(collect(archive, TurnedEncoder(), PLACE), 2):
        pass
    with pytest.raises(ValueError, match="have no vector"):
        archive.reindexing().switch()
    assert _vectors(archive) == before
    with pytest.raises(ValueError, match="not of the encoder"):
        archive.reindexing().save([1], np.zeros((1, 3), np.float16))


def test_a_serving_process_changes_index_and_encoder_together(archive: Archive, tmp_path: Path) -> None:
    """Mixed, the two spaces would give similarities near 0; each alone gives the article whose text is asked for a 1."""
    encoders = {OLD: WordEncoder(), "turned:1": TurnedEncoder()}

    def encoder_of(manifest: Manifest) -> WordEncoder:
        return encoders[manifest.encoder]

    engine = SearchEngine(LiveSnapshot(tmp_path, encoder_of), None, archive, Depths())
    text = archive.articles([1])[1].article.title
    expected = engine.search(Query(text)).hits[0].similarity
    stop, failures, snapshots = Event(), [], set()

    def ask() -> None:
        while not stop.is_set():
            try:
                response = engine.search(Query(text))
                snapshots.add(response.snapshot)
                assert response.hits[0].similarity == pytest.approx(expected, abs=1e-3)
            except Exception as error:
                failures.append(error)
                return

    asking = [Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    first = engine.search(Query(text)).snapshot
    move(archive, tmp_path, TurnedEncoder(), PLACE)
    assert engine.refresh()
    while len(snapshots) < 2 and not failures:
        pass
    stop.set()
    for thread in asking:
        thread.join()
    assert failures == []
    assert first in snapshots
    assert engine.search(Query(text)).snapshot != first


def test_one_process_collects_at_a_time_and_writing_goes_on_beside_it(database_url: str, tmp_path: Path) -> None:
    with reindexer_lock(database_url, tmp_path), writer_lock(database_url, tmp_path):
        with pytest.raises(WriterBusy, match=r"Process \d+ .*is collecting the vectors of another encoder for .*wait until"):
            reindexer_lock(database_url, tmp_path).__enter__()
        with pytest.raises(WriterBusy, match="is writing to"):
            writer_lock(database_url, tmp_path).__enter__()
