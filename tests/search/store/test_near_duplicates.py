"""Groups of near-duplicates are the connected components of all pairs that are alike, whatever came and went in whatever order."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import delete

from search.article import Article
from search.minhash import bands, resemblance
from search.store import Archive, Write, record_hash, text_hash
from search.store.database import Database
from search.store.near_duplicates import DAYS, RESEMBLANCE, article_signature
from search.store.schema import signature_bands, signatures

MakeWrite = Callable[..., Write]
START = datetime(2020, 4, 20, tzinfo=UTC)
_WORDS = np.array([f"word{number}" for number in range(2_000)])


def _text(story: int, changed: int = 0, seed: int = 0) -> str:
    """60 words of a story, of which the last ``changed`` are others."""
    words = np.random.default_rng(story).choice(_WORDS, 60)
    words[60 - changed :] = np.random.default_rng((story, changed, seed)).choice(_WORDS, changed)
    return " ".join(words)


def _article(key: str, text: str, days: float | None = 0.0) -> Article:
    return Article(key, "", text, published_at=None if days is None else START + timedelta(days=days))


def _stored(archive: Archive) -> dict[int, Article]:
    return {stored.id: stored.article for batch in archive.all_articles() for stored in batch}


def _brute_force(stored: dict[int, Article]) -> dict[int, int]:
    """Each article with the smallest id in its component, from all pairs."""
    ids = sorted(stored)
    made = {id_: article_signature(stored[id_]) for id_ in ids}
    group = {id_: id_ for id_ in ids}
    for first in ids:
        for second in ids:
            one, other = stored[first].published_at, stored[second].published_at
            near = one is None or other is None or abs(one - other) <= timedelta(days=DAYS)
            if first < second and len(made[first]) and len(made[second]) and near:
                shared = np.isin(bands(made[first]), bands(made[second])).any()
                if shared and resemblance(made[first], made[second][None])[0] >= RESEMBLANCE:
                    low, high = sorted((group[first], group[second]))
                    group = {id_: low if label == high else label for id_, label in group.items()}
    return group


def _groups(archive: Archive) -> dict[int, int]:
    return archive.near_duplicate_groups(list(_stored(archive)))


def _changed_since(archive: Archive, revision: int) -> set[str]:
    return {article.key for batch in archive.changed_articles(revision) for _, article in batch}


def test_agency_copy_with_a_new_end_is_grouped_and_another_story_is_not(archive: Archive, write: MakeWrite) -> None:
    archive.save([write(_article("wire", _text(1))), write(_article("other", _text(2))), write(_article("copy", _text(1, changed=8), 1.0))])
    wire, other, copy = sorted(_stored(archive))
    assert _groups(archive) == {wire: wire, other: other, copy: wire}


def test_the_same_words_a_week_later_are_another_report(archive: Archive, write: MakeWrite) -> None:
    week = [_article("monday", _text(1)), _article("next monday", _text(1), 7.0), _article("undated", _text(2), None)]
    archive.save([write(article) for article in week])
    archive.save([write(_article("undated too", _text(2), 900.0))])
    first, second, third, fourth = sorted(_stored(archive))
    assert _groups(archive) == {first: first, second: second, third: third, fourth: third}


def test_texts_too_short_to_tell_are_never_grouped(archive: Archive, write: MakeWrite) -> None:
    archive.save([write(_article("one", "Markets closed for holiday")), write(_article("two", "Markets closed for holiday", 1.0))])
    assert all(id_ == group for id_, group in _groups(archive).items())


def test_an_article_that_joins_two_groups_makes_them_one_and_its_members_part_of_the_next_snapshot(
    archive: Archive, write: MakeWrite
) -> None:
    words = f"{_text(1)} {_text(2)}".split()[:100]
    ends = [" ".join(words[:70]), " ".join(words[30:])]
    bridge = " ".join(words[15:85])
    archive.save([write(_article("left", ends[0])), write(_article("right", ends[1])), write(_article("far", _text(9)))])
    left, right, far = sorted(_stored(archive))
    assert _groups(archive) == {left: left, right: right, far: far}
    before = archive.highest_revision()
    archive.save([write(_article("bridge", bridge))])
    assert _groups(archive) == _brute_force(_stored(archive))
    assert _groups(archive)[right] == left
    assert _changed_since(archive, before) == {"right", "bridge"}
    before = archive.highest_revision()
    archive.delete(["bridge"])
    assert _groups(archive) == {left: left, right: right, far: far}
    assert _changed_since(archive, before) == {"right"}


def test_an_arriving_copy_changes_nothing_that_is_published(archive: Archive, write: MakeWrite) -> None:
    archive.save([write(_article("wire", _text(1)))])
    before = archive.highest_revision()
    archive.save([write(_article("copy", _text(1, changed=5)))])
    assert _changed_since(archive, before) == {"copy"}


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_arrivals_changes_and_deletions_gives_what_brute_force_gives(archive: Archive, write: MakeWrite, seed: int) -> None:
    generator = np.random.default_rng(seed)

    def some_article(key: int) -> Article:
        text = _text(int(generator.integers(4)), int(generator.integers(0, 25)), int(generator.integers(3)))
        return _article(str(key), text, None if generator.random() < 0.1 else float(generator.integers(6)))

    for step in range(12):
        keys = generator.choice(30, int(generator.integers(1, 7)), replace=False).tolist()
        states = archive.states([str(key) for key in keys])
        if step % 4 == 3:
            archive.delete([str(key) for key in keys])
        else:
            changed = [some_article(key) for key in keys]
            archive.save([write(article, states[article.key].article_id if article.key in states else None) for article in changed])
        assert _groups(archive) == _brute_force(_stored(archive))


def test_a_changed_date_is_enough_to_leave_a_group(archive: Archive, write: MakeWrite) -> None:
    archive.save([write(_article("wire", _text(1))), write(_article("copy", _text(1, 4)))])
    wire, copy = sorted(_stored(archive))
    moved = _article("copy", _text(1, 4), 30.0)
    archive.save([Write(moved, text_hash(moved), record_hash(moved), copy)])
    assert _groups(archive) == {wire: wire, copy: copy}


def test_articles_from_before_are_compared_without_a_model(archive: Archive, write: MakeWrite, database_url: str) -> None:
    archive.save([write(_article(str(number), _text(number // 3, number % 3), 0.5)) for number in range(12)])
    expected = _groups(archive)
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(delete(signatures))
        connection.execute(delete(signature_bands))
    database.close()
    before = archive.highest_revision()
    assert _groups(archive) == {}
    assert list(archive.compare_unsigned(batch=5)) == [5, 5, 2]
    assert _groups(archive) == expected == _brute_force(_stored(archive))
    assert _changed_since(archive, before) == {str(number) for number in range(12) if number % 3}
    assert list(archive.compare_unsigned()) == []
    archive.save([write(_article("later", _text(0, 1, seed=5)))])
    assert _groups(archive) == _brute_force(_stored(archive))


def test_a_crowd_of_equal_texts_is_one_group_and_few_of_them_are_found_in_its_bands(
    archive: Archive, write: MakeWrite, database_url: str
) -> None:
    for start in range(0, 300, 100):
        archive.save([write(_article(str(number), _text(1))) for number in range(start, start + 100)])
    assert len(set(_groups(archive).values())) == 1
    database = Database(database_url)
    with database.reading() as connection:
        assert len(connection.execute(signature_bands.select()).all()) == 25 * 50
    database.close()
