"""Feedback is kept beside the articles, once per showing and mark, whoever else writes, and is gone when it is forgotten."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from search.article import Article
from search.feedback import Event, FeedbackCounts, JudgedShowing, Reaction, Showing
from search.store import Archive, Write, open_archive
from search.store.database import Database

SHOWING = Showing("s1", date(2026, 3, 1), "oil price", "topic=Energy", "20260301T000000Z", "tiny-encoder", None, 11, (5, 3, 9))


def test_reactions_to_one_showing_come_back_together(archive: Archive) -> None:
    feedback = archive.feedback()
    other = replace(SHOWING, id="s2", day=date(2026, 3, 2), query="storm", reranker="tiny-reranker")
    feedback.store([Reaction(SHOWING, 3, Event.CLICK), Reaction(SHOWING, 9, Event.RELEVANT), Reaction(other, 5, Event.NOT_RELEVANT)])
    feedback.store([Reaction(SHOWING, 9, Event.CLICK)])
    assert list(feedback.showings(batch=1)) == [
        JudgedShowing(SHOWING, frozenset({3, 9}), frozenset({9}), frozenset()),
        JudgedShowing(other, frozenset(), frozenset(), frozenset({5})),
    ]
    assert feedback.counts() == FeedbackCounts(2, 2, 1, 1, date(2026, 3, 1), date(2026, 3, 2))


def test_nothing_is_kept_twice_and_the_last_mark_counts(archive: Archive) -> None:
    feedback = archive.feedback()
    for event in (Event.CLICK, Event.CLICK, Event.RELEVANT, Event.RELEVANT, Event.NOT_RELEVANT):
        feedback.store([Reaction(SHOWING, 3, event)])
    assert list(feedback.showings()) == [JudgedShowing(SHOWING, frozenset({3}), frozenset(), frozenset({3}))]


def test_an_archive_without_feedback_has_none(archive: Archive) -> None:
    assert list(archive.feedback().showings()) == []
    assert archive.feedback().counts() == FeedbackCounts(0, 0, 0, 0, None, None)


def test_the_key_is_drawn_once_for_each_archive(archive: Archive, database_url: str) -> None:
    key = archive.feedback().key()
    assert len(key) == 32
    with open_archive(database_url) as again:
        assert again.feedback().key() == key


def test_articles_that_are_not_there_are_told_in_the_order_given(archive: Archive, write: Callable[..., Write]) -> None:
    archive.save([write(Article("a", "Oil", "The oil price fell.")), write(Article("b", "Storm", "A storm came."))])
    there = sorted(archive.articles(range(1, 100)))
    assert archive.feedback().missing([99, *there, 7]) == [99, 7]


def test_feedback_is_no_change_of_the_archive(archive: Archive) -> None:
    archive.feedback().store([Reaction(SHOWING, 3, Event.CLICK)])
    assert archive.highest_revision() == 0


def test_what_is_forgotten_is_gone_and_the_rest_stays(archive: Archive) -> None:
    feedback = archive.feedback()
    later = replace(SHOWING, id="s2", day=date(2026, 3, 2))
    feedback.store([Reaction(SHOWING, 3, Event.CLICK), Reaction(later, 3, Event.RELEVANT)])
    assert feedback.forget(date(2026, 3, 1)) == 0
    assert feedback.forget(date(2026, 3, 2)) == 1
    assert list(feedback.showings()) == [JudgedShowing(later, frozenset(), frozenset({3}), frozenset())]
    assert feedback.counts().clicks == 0


def test_a_forgotten_query_cannot_be_read_from_the_file(tmp_path: Path) -> None:
    with open_archive(f"sqlite:///{tmp_path / 'archive.db'}") as archive:
        archive.feedback().store([Reaction(replace(SHOWING, query="a very private question"), 3, Event.CLICK)])
        archive.feedback().forget(date(2027, 1, 1))
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"oil price" not in left
    assert b"private question" not in left


@pytest.mark.parametrize("query", ["nul \x00 and half \ud800", "石油价格", "'; DROP TABLE articles; --"])
def test_any_query_can_be_kept(archive: Archive, query: str) -> None:
    archive.feedback().store([Reaction(replace(SHOWING, query=query), 3, Event.CLICK)])
    (kept,) = archive.feedback().showings()
    assert len(kept.showing.query) == len(query)


def test_it_waits_for_the_batch_of_an_index_run_and_needs_no_lock_of_its_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    database = Database(url)
    with open_archive(url) as archive, ThreadPoolExecutor(1) as pool:
        with database.writing() as connection:
            connection.exec_driver_sql("UPDATE archive SET revision = revision + 1")
            storing = pool.submit(archive.feedback().store, [Reaction(SHOWING, 3, Event.CLICK)])
            assert archive.feedback().counts().showings == 0
        storing.result(timeout=30)
        assert archive.feedback().counts().showings == 1
    database.close()
