"""What the heads say of articles is stored with them and goes with their text, on SQLite and on PostgreSQL."""

import dataclasses
from collections.abc import Callable

import pytest

from search.annotation import ENTITIES, SENTIMENT, TOPIC, Annotation, Annotations, Entity
from search.article import Article
from search.errors import BroadsheetError
from search.store import Archive, Write

Make = Callable[..., Write]
HEADS = {TOPIC: "topic:1", SENTIMENT: "tone:1", ENTITIES: "ner:1"}
NAMES = (
    Entity("Zoë Öl", "person", 3, 0.75, ((0, 6), (10, 16))),
    Entity("石油", "organisation", 1, 0.5),
)
SAID = {
    TOPIC: Annotation(TOPIC, "topic:1", "World", 0.875),
    SENTIMENT: Annotation(SENTIMENT, "tone:1", "negative", 0.5),
    ENTITIES: Annotation(ENTITIES, "ner:1", entities=NAMES),
}


def _filled(archive: Archive, write: Make, count: int = 5) -> list[int]:
    topics = [("Energy",), (), ("Sport", "World"), (), ()]
    archive.save([write(Article(f"k{i}", f"title {i}", f"text number {i} of them", topics=topics[i % 5])) for i in range(count)])
    return [stored.id for batch in archive.all_articles() for stored in batch]


def _left(archive: Archive, heads: dict[str, str] = HEADS) -> dict[int, frozenset[str]]:
    return {stored.id: tasks for stored, tasks in archive.annotating().missing(heads, 0, 100)}


def test_annotations_come_back_as_they_went_in(archive: Archive, write: Make) -> None:
    first, second, *_ = _filled(archive, write)
    archive.annotating().save({first: list(SAID.values()), second: [SAID[ENTITIES]]})
    archive.annotating().save({second: [Annotation(ENTITIES, "ner:1")]})
    assert archive.annotations([first, second, 999]) == {
        first: Annotations(SAID),
        second: Annotations({ENTITIES: Annotation(ENTITIES, "ner:1")}),
    }
    assert archive.annotating().tasks() == {ENTITIES: 2, SENTIMENT: 1, TOPIC: 1}


def test_what_is_missing_is_asked_for_article_by_article(archive: Archive, write: Make) -> None:
    ids = _filled(archive, write)
    annotating = archive.annotating()
    everything, without_topic = frozenset(HEADS), frozenset({SENTIMENT, ENTITIES})
    assert _left(archive) == dict(zip(ids, (without_topic, everything, without_topic, everything, everything), strict=True))
    assert annotating.progress(HEADS) == (0, 5)
    annotating.save({ids[0]: [SAID[SENTIMENT], SAID[ENTITIES]], ids[1]: [SAID[TOPIC]]})
    assert _left(archive) == dict(zip(ids[1:], (without_topic, without_topic, everything, everything), strict=True))
    assert annotating.progress(HEADS) == (1, 5)
    assert [stored.id for stored, _ in annotating.missing(HEADS, ids[1], 2)] == ids[2:4]


def test_another_head_is_asked_again(archive: Archive, write: Make) -> None:
    ids = _filled(archive, write)
    archive.annotating().save({id_: list(SAID.values()) for id_ in ids})
    assert _left(archive) == {}
    assert _left(archive, HEADS | {SENTIMENT: "tone:2", TOPIC: "topic:2"}) == {
        id_: frozenset({SENTIMENT} if number in (0, 2) else {SENTIMENT, TOPIC}) for number, id_ in enumerate(ids)
    }
    archive.annotating().save({ids[0]: [dataclasses.replace(SAID[SENTIMENT], fingerprint="tone:2", label="positive")]})
    said = archive.annotations(ids[:1])[ids[0]]
    assert said.sentiment is not None
    assert (said.sentiment.label, len(list(said))) == ("positive", 3)


def test_annotated_articles_belong_to_a_new_revision(archive: Archive, write: Make) -> None:
    ids = _filled(archive, write)
    before = archive.highest_revision()
    archive.annotating().save({ids[1]: [SAID[SENTIMENT]], ids[3]: [SAID[SENTIMENT]]})
    assert [id_ for batch in archive.changed_articles(before) for id_, _ in batch] == [ids[1], ids[3]]
    assert [len(batch.id) for batch in archive.changed_passages(before)] == []
    before = archive.highest_revision()
    archive.annotating().save({})
    assert archive.highest_revision() == before


def test_a_changed_text_and_a_deletion_take_annotations_away_and_a_changed_date_does_not(archive: Archive, write: Make) -> None:
    ids = _filled(archive, write)
    archive.annotating().save({id_: list(SAID.values()) for id_ in ids})
    articles = {stored.id: stored.article for batch in archive.all_articles() for stored in batch}
    rewritten = write(dataclasses.replace(articles[ids[0]], text="another text"), ids[0])
    moved = dataclasses.replace(write(dataclasses.replace(articles[ids[1]], source="Courier"), ids[1]), windows=None, vectors=None)
    archive.save([rewritten, moved])
    archive.delete(["k2"])
    assert set(archive.annotations(ids)) == {ids[1], ids[3], ids[4]}
    assert set(_left(archive)) == {ids[0]}


def test_what_is_forgotten_is_missing_again_and_published(archive: Archive, write: Make) -> None:
    ids = _filled(archive, write)
    archive.annotating().save({id_: list(SAID.values()) for id_ in ids[:3]})
    before = archive.highest_revision()
    archive.annotating().forget([SENTIMENT])
    assert [id_ for batch in archive.changed_articles(before) for id_, _ in batch] == ids[:3]
    assert archive.annotating().tasks() == {ENTITIES: 3, TOPIC: 3}
    assert all(SENTIMENT in tasks for tasks in _left(archive).values())


def test_a_batch_that_fails_stores_nothing(archive: Archive, write: Make) -> None:
    (first, *_) = _filled(archive, write)
    before = archive.highest_revision()
    with pytest.raises(BroadsheetError):
        archive.annotating().save({first: [SAID[SENTIMENT], SAID[SENTIMENT]]})
    assert archive.annotations([first]) == {}
    assert archive.highest_revision() == before
