"""What the archive promises, on SQLite and on PostgreSQL."""

import dataclasses
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from search.article import Article, Passage
from search.errors import EncoderMismatch
from search.store import Archive, Identity, Twin, Write, open_archive, record_hash, text_hash
from search.text import Window

Make = Callable[..., Write]

FULL = Article(
    key="https://example.org/2020/04/oil?page=1#top",
    title="Oil below zero – «Öl» 石油 🛢️",
    text="Barrels nobody wants\nA second paragraph with five words\nThe end",
    url="https://example.org/2020/04/oil",
    source="The Fictional Courier",
    author="A. Writer",
    language="en",
    published_at=datetime(2020, 4, 21, 10, 5, 7, 123456, tzinfo=UTC),
    published_precision="second",
    topics=("Business", "Energy"),
    extra={"section": "b2", "nested": {"list": [1, 2.5, None, True, "ü"]}, "empty": {}},
)


def articles_of(archive: Archive, after: int = 0) -> dict[str, Article]:
    return {article.key: article for batch in archive.changed_articles(after) for _, article in batch}


def passage_rows(archive: Archive, after: int = 0, batch: int = 10_000) -> dict[int, tuple[int, int, int, bytes]]:
    rows = {}
    for found in archive.changed_passages(after, batch):
        for id_, article_id, start, end, vector in zip(*found, strict=True):
            rows[int(id_)] = (int(article_id), int(start), int(end), vector.tobytes())
    return rows


def test_an_article_comes_back_as_it_went_in(archive: Archive, write: Make) -> None:
    before = datetime.now(UTC)
    archive.save([write(FULL)])
    stored = archive.article_by_key(FULL.key)
    assert stored is not None
    assert stored.article == FULL
    assert before <= stored.indexed_at <= datetime.now(UTC)
    assert archive.articles([stored.id, stored.id + 1]) == {stored.id: stored}
    assert [article for batch in archive.all_articles() for article in batch] == [stored]


def test_missing_fields_come_back_missing(archive: Archive, write: Make) -> None:
    bare = Article(key="k", title="", text="only text")
    archive.save([write(bare)])
    assert articles_of(archive) == {"k": bare}


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2020, 4, 21, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_in_utc(archive: Archive, write: Make, instant: datetime) -> None:
    archive.save([write(Article(key="k", title="t", text="", published_at=instant))])
    found = articles_of(archive)["k"].published_at
    assert found == instant
    assert found is not None
    assert found.tzinfo is UTC


def test_an_instant_without_zone_is_refused(archive: Archive, write: Make) -> None:
    article = Article(key="k", title="t", text="", published_at=datetime(2020, 1, 1))
    changed = dataclasses.replace(write(FULL), article=article)
    with pytest.raises(Exception, match="no time zone"):
        archive.save([changed])
    assert archive.highest_revision() == 0


def test_passages_carry_their_place_in_the_text(archive: Archive, write: Make) -> None:
    archive.save([write(FULL), write(Article(key="empty", title="Only a title", text=""))])
    stored, empty = archive.article_by_key(FULL.key), archive.article_by_key("empty")
    assert stored is not None
    assert empty is not None
    found = archive.passages([empty.id, stored.id, 999])
    assert sorted(found) == sorted([stored.id, empty.id])
    assert found[empty.id] == [Passage(found[empty.id][0].id, empty.id, 0, 0, 0)]
    assert [FULL.text[p.start : p.end] for p in found[stored.id]] == [
        "Barrels nobody wants",
        "wants\nA second",
        "second paragraph with",
        "with five words",
        "words\nThe end",
    ]
    assert [p.ordinal for p in found[stored.id]] == [0, 1, 2, 3, 4]


def test_vectors_come_back_bit_for_bit(archive: Archive, write: Make) -> None:
    bits = np.arange(65536, dtype=np.uint16).reshape(-1, 8)  # every float16 there is: zeros of both signs, infinities, all NaNs
    whole = dataclasses.replace(write(FULL), windows=[Window(i, i + 1) for i in range(len(bits))], vectors=bits.view(np.float16))
    archive.save([whole])
    batches = list(archive.changed_passages(0, batch=3000))
    assert [len(batch.id) for batch in batches] == [3000, 3000, 2192]
    assert all(column.dtype == np.int64 for column in batches[0][:4])
    assert batches[0].vectors.dtype == np.float16
    np.testing.assert_array_equal(np.concatenate([batch.vectors.view(np.uint16) for batch in batches]), bits)
    np.testing.assert_array_equal(np.concatenate([batch.start for batch in batches]), np.arange(len(bits)))


def test_vectors_of_a_view_into_a_larger_array_are_stored_right(archive: Archive, write: Make) -> None:
    backwards = np.arange(16, dtype=np.float16).reshape(2, 8)[::-1, ::-1]
    archive.save([dataclasses.replace(write(FULL), windows=[Window(0, 1), Window(1, 2)], vectors=backwards)])
    np.testing.assert_array_equal(next(archive.changed_passages(0)).vectors, backwards)


def test_a_batch_is_one_revision_and_an_empty_one_none(archive: Archive, write: Make) -> None:
    assert archive.highest_revision() == 0
    archive.save([write(Article(key=str(i), title="t", text="")) for i in range(3)])
    assert archive.highest_revision() == 1
    archive.save([])
    assert archive.delete(["unknown"]) == []
    assert archive.highest_revision() == 1
    assert archive.delete(["2", "0", "unknown", "2"]) == ["2", "0"]
    assert archive.highest_revision() == 2
    assert list(articles_of(archive)) == ["1"]


def test_states_say_what_is_stored_under_more_keys_than_one_query_takes(archive: Archive, write: Make) -> None:
    writes = [write(Article(key=f"key {i}", title=f"t{i}", text="")) for i in range(1200)]
    archive.save(writes)
    states = archive.states([f"key {i}" for i in range(1300)])
    assert len(states) == 1200
    ids = {article.key: id_ for batch in archive.changed_articles(0, batch=700) for id_, article in batch}
    for made in writes:
        assert states[made.article.key] == (ids[made.article.key], text_hash(made.article), record_hash(made.article))
    assert len(archive.articles(list(ids.values()))) == 1200
    assert len(archive.delete([f"key {i}" for i in range(1300)])) == 1200
    assert archive.statistics().passages == 0


def test_the_ids_of_one_batch_belong_to_their_own_articles(archive: Archive, write: Make) -> None:
    """The database may return new ids in any order, so each passage is followed back to its text."""
    archive.save([write(Article(key=str(i), title="t", text=" ".join(["w" * (i + 1)] * 3))) for i in range(200)])
    texts = {stored.id: stored.article.text for batch in archive.all_articles() for stored in batch}
    ends = {article_id: end for article_id, _, end, _ in passage_rows(archive).values()}
    assert ends == {id_: len(text) for id_, text in texts.items()}


def test_twins_are_found_by_their_text(archive: Archive, write: Make) -> None:
    same = dataclasses.replace(FULL, key="copy", source="Another outlet")
    assert text_hash(same) == text_hash(FULL)
    archive.save([write(FULL)])
    archive.save([write(same)])
    twins = {Twin(text_hash(FULL), one.source, one.published_at) for one in (FULL, same)}
    assert archive.twins([text_hash(same), b"\x00" * 32]) == twins
    archive.delete([FULL.key])
    assert archive.twins([text_hash(same)]) == {Twin(text_hash(same), same.source, same.published_at)}


def test_a_changed_text_keeps_the_article_id_and_replaces_the_passages(archive: Archive, write: Make) -> None:
    archive.save([write(FULL), write(Article(key="other", title="t", text=""))])
    id_ = archive.states([FULL.key])[FULL.key].article_id
    old = {passage.id for passage in archive.passages([id_])[id_]}
    changed = dataclasses.replace(FULL, text="Corrected text of six words altogether")
    archive.save([write(changed, id_)])
    assert archive.states([FULL.key])[FULL.key] == (id_, text_hash(changed), record_hash(changed))
    assert articles_of(archive, after=1) == {FULL.key: changed}
    new = passage_rows(archive, after=1)
    assert min(new) > max(old)
    assert {row[0] for row in new.values()} == {id_}
    gone_passages, gone_articles = archive.removed(1)
    assert set(gone_passages.tolist()) == old
    assert gone_articles.tolist() == []
    assert archive.removed(2)[0].tolist() == []


def test_changed_metadata_keeps_the_passages(archive: Archive, write: Make) -> None:
    archive.save([write(FULL)])
    id_ = archive.states([FULL.key])[FULL.key].article_id
    before = passage_rows(archive)
    moved = dataclasses.replace(FULL, topics=("Politics",))
    archive.save([Write(moved, text_hash(moved), record_hash(moved), id_)])
    assert articles_of(archive, after=1) == {FULL.key: moved}
    assert passage_rows(archive, after=1) == {}
    assert passage_rows(archive) == before
    assert archive.removed(0)[0].tolist() == []


def test_ids_are_never_given_out_twice(archive: Archive, write: Make) -> None:
    archive.save([write(Article(key=str(i), title="t", text="a b c d")) for i in range(3)])
    highest = max(state.article_id for state in archive.states(["0", "1", "2"]).values())
    highest_passage = max(passage_rows(archive))
    archive.delete(["0", "1", "2"])
    archive.save([write(Article(key="0", title="t", text="a b c d"))])
    assert archive.states(["0"])["0"].article_id > highest
    assert min(passage_rows(archive)) > highest_passage
    assert len(archive.removed(0)[0]) == 6


def test_ids_are_never_given_out_twice_after_reopening(database_url: str, write: Make) -> None:
    with open_archive(database_url) as first:
        first.claim(Identity("e", 8, 3, 2))
        first.save([write(FULL)])
        old = first.states([FULL.key])[FULL.key].article_id
        first.delete([FULL.key])
    with open_archive(database_url) as second:
        second.save([write(FULL)])
        assert second.states([FULL.key])[FULL.key].article_id > old
        assert second.highest_revision() == 3


@pytest.mark.parametrize("seed", [1, 2])
def test_a_replica_fed_with_changes_stays_equal_to_the_archive(archive: Archive, write: Make, seed: int) -> None:
    """Plays random saves, updates and deletions; the oracle is a dictionary, the replica is what an index would keep."""
    chance = random.Random(seed)
    truth: dict[str, Article] = {}
    replica: dict[int, Article] = {}
    replica_passages: dict[int, tuple[int, int, int, bytes]] = {}
    seen_ids: set[int] = set()
    revision = 0
    for step in range(60):
        if chance.random() < 0.3 and truth:
            keys = chance.sample(sorted(truth), min(len(truth), chance.randint(1, 4)))
            assert archive.delete(keys) == keys
            for key in keys:
                del truth[key]
        else:
            keys = [f"k{number}" for number in chance.sample(range(25), 5)]
            states = archive.states(keys)
            assert set(states) == set(keys) & set(truth)
            batch = []
            for key in keys:
                state = states.get(key)
                text = truth[key].text if state and chance.random() < 0.4 else " ".join(["word"] * chance.randint(0, 9))
                article = Article(key=key, title=key, text=text, source=f"step {step}")
                made = write(article, state.article_id if state else None)
                if state and state.text_hash == made.text_hash:
                    made = dataclasses.replace(made, windows=None, vectors=None)
                batch.append(made)
                truth[key] = article
            archive.save(batch)
        if chance.random() < 0.5:
            continue
        newest = archive.highest_revision()
        assert newest > revision
        gone_passages, gone_articles = archive.removed(revision)
        for found in archive.changed_articles(revision, batch=3):
            assert [id_ for id_, _ in found] == sorted(id_ for id_, _ in found)
            replica.update(found)
        fresh = passage_rows(archive, revision, batch=4)
        assert list(fresh) == sorted(fresh)
        assert not seen_ids & set(fresh)
        seen_ids |= set(fresh)
        replica_passages.update(fresh)
        for id_ in gone_articles.tolist():
            replica.pop(id_, None)
        for id_ in gone_passages.tolist():
            replica_passages.pop(id_, None)
        revision = newest
        assert {article.key: article for article in replica.values()} == truth
        assert replica_passages == passage_rows(archive)
        assert {row[0] for row in replica_passages.values()} == set(replica)
        statistics = archive.statistics()
        assert (statistics.articles, statistics.passages) == (len(replica), len(replica_passages))


@pytest.mark.parametrize("bad", ["nul \x00 byte", "half \ud83d emoji", "other half \udc00", "\x00", "\ufffe\uffff noncharacters"])
def test_characters_that_a_database_refuses_do_not_fail_the_batch(archive: Archive, write: Make, bad: str) -> None:
    article = Article(
        key=f"key {bad}",
        title=bad,
        text=f"before {bad} after",
        url=bad,
        source=bad,
        author=bad,
        language=bad,
        topics=(bad,),
        extra={bad: bad, "list": [bad, {"deep": bad}]},
    )
    archive.save([write(article), write(FULL)])
    assert set(archive.states([article.key, FULL.key])) == {article.key, FULL.key}
    stored = archive.article_by_key(article.key)
    assert stored is not None
    stored.article.text.encode("utf-8")  # what comes out can be sent as JSON
    assert len(stored.article.text) == len(article.text)  # and offsets into it are still right
    clean = stored.article.title
    assert "\x00" not in clean
    assert stored.article.topics == (clean,)
    assert stored.article.extra == {clean: clean, "list": [clean, {"deep": clean}]}
    assert stored.article.text == f"before {clean} after"
    assert archive.delete([article.key]) == [article.key]


def test_extra_fields_of_any_kind_do_not_fail_the_batch(archive: Archive, write: Make) -> None:
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    extra = {
        "nan": float("nan"),
        "infinity": float("-inf"),
        "deep": deep,
        "long": "x" * 1_000_000,
        "many": list(range(50_000)),
        "integer": 2**200,
        "instant": datetime(2020, 1, 1, tzinfo=UTC),
    }
    archive.save([write(Article(key="k", title="t", text="", extra=extra))])
    found = articles_of(archive)["k"].extra
    assert (found["nan"], found["infinity"], found["integer"]) == (None, None, 2**200)
    assert (found["long"], found["many"]) == (extra["long"], extra["many"])
    assert found["instant"] == "2020-01-01 00:00:00+00:00"
    assert str(found["deep"]).strip("[]") == "None"


def test_very_long_texts_and_keys_are_stored(archive: Archive, write: Make) -> None:
    rng = random.Random(0)
    text = "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(1000)) * 1700  # 1.7 million characters, 5.1 MB
    key = "https://example.org/" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))
    article = Article(key=key, title="🗞️" * 10_000, text=text, url=key)
    archive.save([write(article)])
    assert articles_of(archive) == {key: article}
    assert set(archive.states([key, key[:-1]])) == {key}


def test_keys_that_differ_only_in_case_accents_or_blanks_are_different(archive: Archive, write: Make) -> None:
    keys = ["a", "A", "á", "a\u0301", "a ", " a", "ａ"]
    archive.save([write(Article(key=key, title=key, text="")) for key in keys])
    assert set(archive.states(keys)) == set(keys)


def test_a_batch_with_one_bad_write_stores_nothing(archive: Archive, write: Make) -> None:
    good = write(Article(key="good", title="t", text="a b"))
    assert good.vectors is not None
    bad = [
        dataclasses.replace(good, windows=None, vectors=None),  # a new article without passages
        dataclasses.replace(good, vectors=None),
        dataclasses.replace(good, vectors=good.vectors[:, :7]),  # another dimension
        dataclasses.replace(good, vectors=np.repeat(good.vectors, 2, axis=0)),  # more vectors than windows
        dataclasses.replace(good, vectors=good.vectors.astype(np.float32)),
        dataclasses.replace(write(Article(key="k", title="t", text=""), 10**6)),  # no such article
        write(FULL),  # twice in one batch
    ]
    for made in bad:
        with pytest.raises(Exception, match=r"passages|vectors|twice|cannot be written"):
            archive.save([write(FULL), made])
    assert archive.statistics().articles == 0
    assert archive.highest_revision() == 0
    archive.save([write(FULL)])
    assert archive.highest_revision() == 1


def test_the_first_identity_stays(database_url: str) -> None:
    identity = Identity("minilm@1234", 384, 150, 100, "MiniLM")
    with open_archive(database_url) as first:
        assert first.identity() is None
        assert first.statistics().identity is None
        first.claim(identity)
        first.claim(identity)
    with open_archive(database_url) as second:
        assert second.identity() == identity
        with pytest.raises(EncoderMismatch, match=r"encoder MiniLM \(minilm@1234, .*not from .*\(bert@9.*reindex --encoder.*--data"):
            second.claim(Identity("bert@9", 384, 150, 100))
        with pytest.raises(EncoderMismatch, match=r"150 words and start every 100.*PASSAGE_WORDS=150"):
            second.claim(Identity("minilm@1234", 384, 120, 80))
        assert second.statistics().identity == identity


def test_vectors_are_refused_before_the_identity_is_fixed(database_url: str, write: Make) -> None:
    with open_archive(database_url) as fresh:
        with pytest.raises(ValueError, match="claim"):
            fresh.save([write(FULL)])
        assert fresh.highest_revision() == 0


def test_statistics_count_what_is_there(archive: Archive, write: Make) -> None:
    archive.save([write(FULL), write(Article(key="k", title="t", text=""))])
    statistics = archive.statistics()
    assert (statistics.articles, statistics.passages, statistics.revision) == (2, 6, 1)
    assert statistics.bytes_on_disk > 4096
