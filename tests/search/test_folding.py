"""One row per story, the same stories on every page, and likeness: over a small archive with an encoder that can be worked out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.publication import publish
from search.engine import Depths, SearchEngine
from search.errors import BadInput, NotFound
from search.index.live import LiveSnapshot
from search.language import Kind
from search.query import Query, Sort
from search.response import Relation
from search.store import Archive, open_archive
from tests.archives import index, record
from tests.fakes import WordEncoder

FIRE = "A fire at the Kestrel refinery killed two workers on Monday and stopped the pipeline that carries fuel to the city of Halden"
RESCUE = "Rescuers searched the Kestrel refinery for two missing workers after the fire that stopped the pipeline to Halden"
URL = "https://gazette.example/fire"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(f"sqlite:///{tmp_path / 'a.db'}") as archive:
        yield archive


@pytest.fixture
def engine(archive: Archive, tmp_path: Path) -> SearchEngine:
    fire = [
        record("wire", 1, title="", text=FIRE, source="Wire", published_at="2021-03-01T10:00:00Z", url=URL),
        record("copy", 2, title="", text=f"{FIRE} officials said", source="Gazette", published_at="2021-03-01T12:00:00Z"),
        record("rescue", 3, title="", text=RESCUE, source="Courier", published_at="2021-03-02T12:00:00Z"),
        record("harvest", 4, title="", text="The olive harvest in Spain was the poorest for ten years", source="Wire"),
    ]
    index(archive, WordEncoder(), [*fire, *(record(f"other{i}", 100 + i) for i in range(60))])
    publish(archive, tmp_path)
    encoder = WordEncoder()
    return SearchEngine(LiveSnapshot(tmp_path, lambda _: encoder), None, archive, Depths(candidates=50, rerank=8))


def _keys(engine: SearchEngine, ids: list[int]) -> list[str]:
    return [engine.article(id_).article.key for id_ in ids]


def test_a_story_is_one_row_with_all_of_its_articles(engine: SearchEngine) -> None:
    query = Query("Kestrel refinery fire", top_k=50)
    plain, folded = engine.search(query), engine.search(replace(query, stories=True))
    story = folded.hits[0].story
    assert story is not None
    assert _keys(engine, [member.id for member in story.members]) == ["wire", "copy", "rescue"]
    assert story.best == folded.hits[0].id == plain.hits[0].id
    assert [member.copy_of for member in story.members] == [None, story.members[0].id, None]
    assert story.sources == ("Wire", "Gazette", "Courier")
    assert (plain.rows, plain.total) == (plain.total, folded.total)
    shown = [hit.id for hit in folded.hits]
    told = [member.id for hit in folded.hits if hit.story for member in hit.story.members]
    alone = [hit.id for hit in folded.hits if hit.story is None]
    assert sorted(told + alone) == sorted(hit.id for hit in plain.hits)
    assert shown == [hit.id for hit in plain.hits if hit.id in shown]
    assert [hit.rank for hit in folded.hits] == list(range(1, folded.rows + 1))


@pytest.mark.parametrize("sort", [Sort.RELEVANCE, Sort.NEWEST])
def test_pages_put_together_are_all_rows(engine: SearchEngine, sort: Sort) -> None:
    query = Query("Kestrel refinery fire word7 word9", stories=True, sort=sort)
    whole = engine.search(replace(query, top_k=100))
    paged = [hit for offset in range(0, whole.rows, 3) for hit in engine.search(replace(query, top_k=3, offset=offset)).hits]
    assert [(hit.id, hit.rank, hit.story) for hit in paged] == [(hit.id, hit.rank, hit.story) for hit in whole.hits]


def test_where_nothing_is_found_there_are_no_stories(engine: SearchEngine) -> None:
    response = engine.search(Query("source:Nobody", stories=True))
    assert (response.hits, response.rows, response.total) == ((), 0, 0)


def test_an_article_deleted_since_the_snapshot_is_in_no_story(engine: SearchEngine, archive: Archive) -> None:
    archive.delete(["copy"])
    story = engine.search(Query("Kestrel refinery fire", stories=True)).hits[0].story
    assert story is not None
    assert _keys(engine, [member.id for member in story.members]) == ["wire", "rescue"]


def test_articles_like_an_article_are_marked_as_what_they_are(engine: SearchEngine) -> None:
    hits = engine.similar(engine.find("wire").id, 5)
    assert [hit.article.key for hit in hits[:2]] == ["copy", "rescue"]
    assert [hit.relation for hit in hits] == [Relation.NEAR_DUPLICATE, Relation.SAME_STORY, None, None, None]
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]


def test_articles_like_a_pasted_text_are_marked_the_same_way(engine: SearchEngine) -> None:
    hits = engine.like_text(f"{FIRE}\n\nour correspondent reports", 3)
    assert {hit.article.key for hit in hits} == {"wire", "copy", "rescue"}
    assert [hit.relation for hit in hits].count(Relation.NEAR_DUPLICATE) == 2
    assert all(hit.relation for hit in hits)


@pytest.mark.parametrize("text", ["", " \n", "\x00\ud800", "— … !"])
def test_a_text_without_words_is_refused(engine: SearchEngine, text: str) -> None:
    with pytest.raises(BadInput, match="no words"):
        engine.like_text(text, 3)


def test_a_long_text_is_compared_by_its_beginning(engine: SearchEngine) -> None:
    assert engine.like_text(f"{FIRE} {'filler ' * 200_000}", 1)


@pytest.mark.parametrize("written", [URL, "http://gazette.example/fire/", f"{URL}#comments", "wire"])
def test_an_article_is_found_by_key_address_or_id(engine: SearchEngine, written: str) -> None:
    assert engine.find(written).article.key == "wire"
    assert engine.find(str(engine.find(written).id)).article.key == "wire"


@pytest.mark.parametrize("written", ["nothing", "https://gazette.example/", "999", "٣", "9" * 30])
def test_what_is_not_there_is_not_found(engine: SearchEngine, written: str) -> None:
    with pytest.raises(NotFound):
        engine.find(written)


def test_a_query_that_is_the_address_of_an_article_asks_for_what_is_like_it(engine: SearchEngine) -> None:
    response = engine.search(Query(f"  {URL}/ ", top_k=3))
    assert {hit.article.key for hit in response.hits} == {"wire", "copy", "rescue"}
    assert response.understood is not None
    assert [piece.kind for piece in response.understood.pieces] == [Kind.LIKE]
    assert response.understood.summary == "More like: wire"
    other = engine.search(Query("https://elsewhere.example/story")).understood
    assert other is not None
    assert all(piece.kind is not Kind.LIKE for piece in other.pieces)
