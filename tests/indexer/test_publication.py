"""A published snapshot answers as brute force over the archive does, whatever was added, changed and deleted before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from indexer.publication import ANEW, Policy, publish
from search.errors import DamagedSnapshot, NoIndex
from search.index import layout
from search.index.published import current_name, open_current, snapshot_folders
from search.index.snapshot import Snapshot
from search.protocols import Candidates
from search.query import Filters
from search.store import Archive, open_archive
from search.text import passage_text
from tests.archives import flip_a_bit, index, record
from tests.fakes import WordEncoder

SMALL = Policy(whole=0, tail=60)  # keeps segments even of a small archive

FILTERS = [
    Filters(),
    Filters(sources=("gazette",)),
    Filters(topics=("Energy", "health")),
    Filters(languages=("de",)),
    Filters(after=datetime(2021, 1, 1, tzinfo=UTC)),
    Filters(before=datetime(2020, 6, 30, tzinfo=UTC), sources=("Courier", "Ledger")),
]


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    with open_archive(database_url) as archive:
        yield archive


@dataclass
class Truth:
    """All articles and passages of an archive, searched by brute force."""

    archive: Archive
    encoder: WordEncoder

    def best(self, query: str, filters: Filters) -> dict[int, float]:
        """The similarity of the best passage of every article that meets the filters."""
        vector = self.encoder.encode_queries([query])[0]
        best: dict[int, float] = {}
        for batch in self.archive.all_articles():
            passages = self.archive.passages([stored.id for stored in batch])
            for stored in batch:
                if _meets(stored.article.published_at, stored.article.source, stored.article.topics, stored.article.language, filters):
                    texts = [passage_text(stored.article.title, stored.article.text[p.start : p.end]) for p in passages[stored.id]]
                    vectors = WordEncoder().encode_passages(texts).astype(np.float16).astype(np.float32)
                    best[stored.id] = float((vectors @ vector).max())
        return best


def _meets(published: datetime | None, source: str | None, topics: tuple[str, ...], language: str | None, filters: Filters) -> bool:
    if filters.after and (published is None or published < filters.after):
        return False
    if filters.before and (published is None or published > filters.before):
        return False
    if filters.sources and (source or "").casefold() not in {name.casefold() for name in filters.sources}:
        return False
    if filters.topics and not {name.casefold() for name in topics} & {name.casefold() for name in filters.topics}:
        return False
    return not filters.languages or (language or "").casefold() in {name.casefold() for name in filters.languages}


def _dense(snapshot: Snapshot, encoder: WordEncoder, query: str, filters: Filters, depth: int = 20) -> Candidates:
    return snapshot.dense(query, encoder.encode_queries([query])[0], snapshot.restrict(None, filters), depth)


def _assert_equals_truth(snapshot: Snapshot, truth: Truth) -> None:
    for query in ("oil price", "word7 word200 storm"):
        for filters in FILTERS:
            expected = truth.best(query, filters)
            found = _dense(snapshot, truth.encoder, query, filters)
            ranked = sorted(expected, key=lambda i: (-expected[i], i))[:20]
            similarity = dict(zip(found.article_id.tolist(), found.similarity.tolist(), strict=True))
            # Articles of equal similarity may stand for each other at the cut.
            np.testing.assert_allclose(sorted(similarity.values(), reverse=True), [expected[i] for i in ranked], atol=1e-5)
            for article_id, value in similarity.items():
                assert value == pytest.approx(expected[article_id], abs=1e-5)


def test_snapshots_equal_brute_force_through_additions_changes_and_deletions(archive: Archive, tmp_path: Path) -> None:
    encoder = WordEncoder()
    truth = Truth(archive, encoder)
    index(archive, encoder, [record(f"a{i}", i) for i in range(120)])
    publish(archive, tmp_path, SMALL)
    index(archive, encoder, [record(f"b{i}", 1000 + i) for i in range(15)])
    archive.delete(["a3", "a4", "b2"])
    index(archive, encoder, [record("a5", 5, source="Ledger"), record("a6", 2000), record("a7", 7, topic=["World"])])
    manifest = publish(archive, tmp_path, SMALL)
    assert manifest is not None
    assert len(manifest.segments) == 2, "the first segment is used again"
    snapshot = open_current(tmp_path).snapshot
    assert len(snapshot) == 120 + 15 - 3
    _assert_equals_truth(snapshot, truth)
    whole = publish(archive, tmp_path, ANEW)
    assert whole is not None
    assert len(whole.segments) == 1
    rebuilt = open_current(tmp_path).snapshot
    for filters in FILTERS:
        one, other = (
            s.hybrid("oil price", encoder.encode_queries(["oil price"])[0], s.restrict(None, filters), 20) for s in (snapshot, rebuilt)
        )
        similarity, other_similarity = (dict(zip(c.article_id.tolist(), c.similarity.tolist(), strict=True)) for c in (one, other))
        assert similarity == pytest.approx(other_similarity)


def test_bm25_and_vectors_honour_the_same_filter(archive: Archive, tmp_path: Path) -> None:
    encoder = WordEncoder()
    index(archive, encoder, [record(f"a{i}", i) for i in range(150)])
    publish(archive, tmp_path)
    snapshot = open_current(tmp_path).snapshot
    for filters in FILTERS:
        allowed = set(Truth(archive, encoder).best("oil", filters))
        vector = encoder.encode_queries(["oil"])[0]
        containing = {
            stored.id
            for batch in archive.all_articles()
            for stored in batch
            if "oil" in f"{stored.article.title} {stored.article.text}".split() and stored.id in allowed
        }
        among = snapshot.restrict(None, filters)
        assert set(snapshot.lexical("oil", vector, among, 500).article_id.tolist()) == containing
        assert set(snapshot.hybrid("oil", vector, among, 500).article_id.tolist()) == allowed


def test_nothing_new_publishes_nothing(archive: Archive, tmp_path: Path) -> None:
    assert publish(archive, tmp_path) is None, "an archive without an encoder has nothing to publish"
    index(archive, WordEncoder(), [record("a", 1)])
    assert publish(archive, tmp_path) is not None
    assert publish(archive, tmp_path) is None


def test_a_small_change_links_what_stays_and_writes_what_is_new(archive: Archive, tmp_path: Path) -> None:
    encoder = WordEncoder()
    index(archive, encoder, [record(f"a{i}", i) for i in range(100)])
    first = publish(archive, tmp_path, SMALL)
    index(archive, encoder, [record("new", 999)])
    second = publish(archive, tmp_path, SMALL)
    assert first is not None
    assert second is not None
    old = f"{layout.SEGMENTS}/{first.segments[0].name}/{layout.VECTORS}"
    inodes = {(tmp_path / layout.SNAPSHOTS / manifest.name / old).stat().st_ino for manifest in (first, second)}
    assert len(inodes) == 1
    assert second.segments[-1].articles == 1


def test_an_emptied_archive_publishes_an_empty_snapshot(archive: Archive, tmp_path: Path) -> None:
    encoder = WordEncoder()
    index(archive, encoder, [record("a", 1)])
    publish(archive, tmp_path)
    archive.delete(["a"])
    publish(archive, tmp_path)
    snapshot = open_current(tmp_path).snapshot
    assert len(snapshot) == 0
    assert len(snapshot.hybrid("oil", encoder.encode_queries(["oil"])[0], None, 10).article_id) == 0


def test_the_current_and_the_previous_snapshot_are_kept(archive: Archive, tmp_path: Path) -> None:
    for i in range(5):
        index(archive, WordEncoder(), [record(f"a{i}", i)])
        publish(archive, tmp_path)
    folders = snapshot_folders(tmp_path)
    assert len(folders) == 2
    assert folders[0].name == current_name(tmp_path)


def test_what_a_killed_publication_left_behind_is_removed(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / layout.SNAPSHOTS / ".0000000001-dead").mkdir(parents=True)
    index(archive, WordEncoder(), [record("a", 1)])
    publish(archive, tmp_path)
    assert [folder.name for folder in (tmp_path / layout.SNAPSHOTS).iterdir()] == [current_name(tmp_path)]


def _published_twice(archive: Archive, data: Path) -> tuple[Path, Path]:
    """Two snapshots of a small archive: the current folder and the previous one."""
    for i in range(2):
        index(archive, WordEncoder(), [record(f"a{i}-{j}", 100 * i + j) for j in range(20)])
        publish(archive, data)
    current, previous = snapshot_folders(data)
    return current, previous


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock"))


def test_any_damaged_file_is_noticed_and_the_previous_snapshot_serves(archive: Archive, tmp_path: Path) -> None:
    current, previous = _published_twice(archive, tmp_path)
    sound = open_current(tmp_path)
    assert sound.notice is None
    for relative in _files(current):
        path = current / relative
        content = path.read_bytes()
        for damage in (lambda p: p.write_bytes(p.read_bytes()[:-1]), flip_a_bit, lambda p: p.unlink()):
            if not content:
                continue
            damage(path)
            opened = open_current(tmp_path)
            assert opened.snapshot.name == previous.name, relative
            assert opened.notice is not None
            assert "previous snapshot" in opened.notice
            path.write_bytes(content)
    assert open_current(tmp_path).snapshot.name == current.name


def test_when_no_snapshot_is_sound_the_remedy_is_named_and_works(archive: Archive, tmp_path: Path) -> None:
    for folder in _published_twice(archive, tmp_path):
        flip_a_bit(next(folder.rglob(layout.VECTORS)))
    with pytest.raises(DamagedSnapshot, match="broadsheet rebuild"):
        open_current(tmp_path)
    publish(archive, tmp_path, ANEW)
    assert len(open_current(tmp_path).snapshot) == 40


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no-such-snapshot", b"../../etc"])
def test_a_damaged_pointer_falls_back_to_the_newest_snapshot(archive: Archive, tmp_path: Path, content: bytes) -> None:
    current, _ = _published_twice(archive, tmp_path)
    (tmp_path / layout.CURRENT).write_bytes(content)
    assert open_current(tmp_path).snapshot.name == current.name


def test_an_empty_folder_says_how_to_index(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="broadsheet index"):
        open_current(tmp_path)
