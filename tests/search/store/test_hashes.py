"""Digests are the same in every process and differ when an article does."""

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta, timezone

from search.article import Article
from search.store import record_hash, text_hash
from search.store.hashes import key_hash

ARTICLE = Article(
    key="k",
    title="T",
    text="body",
    url="u",
    source="s",
    author="a",
    language="en",
    published_at=datetime(2020, 1, 2, 3, 4, tzinfo=UTC),
    published_precision="minute",
    topics=("x", "y"),
    extra={"a": 1, "b": [True]},
)


def test_the_digests_of_a_known_article_never_change() -> None:
    """They are stored: another digest for the same article would have every archive encoded again."""
    assert text_hash(ARTICLE) == hashlib.sha256(b"T\x00body").digest()
    plain = '["k", "T", "body", "u", "s", "a", "en", "2020-01-02T03:04:00+00:00", "minute", ["x", "y"], {"a": 1, "b": [true]}]'
    assert record_hash(ARTICLE) == hashlib.sha256(plain.encode()).digest()
    assert key_hash("k") == hashlib.sha256(b"k").digest()


def test_every_field_counts_for_the_record() -> None:
    changed = [
        dataclasses.replace(ARTICLE, key="other"),
        dataclasses.replace(ARTICLE, title="other"),
        dataclasses.replace(ARTICLE, text="other"),
        dataclasses.replace(ARTICLE, url=None),
        dataclasses.replace(ARTICLE, source=None),
        dataclasses.replace(ARTICLE, author=None),
        dataclasses.replace(ARTICLE, language=None),
        dataclasses.replace(ARTICLE, published_at=None),
        dataclasses.replace(ARTICLE, published_precision="second"),
        dataclasses.replace(ARTICLE, topics=("y", "x")),
        dataclasses.replace(ARTICLE, extra={"a": 1, "b": [1]}),
    ]
    assert len(changed) == len(dataclasses.fields(Article))
    assert len({record_hash(article) for article in [ARTICLE, *changed]}) == len(changed) + 1
    assert len({text_hash(article) for article in [ARTICLE, *changed]}) == 3


def test_neither_the_order_of_extra_fields_nor_the_zone_of_the_date_matters() -> None:
    assert ARTICLE.published_at is not None
    elsewhere = ARTICLE.published_at.astimezone(timezone(timedelta(hours=-7)))
    same = dataclasses.replace(ARTICLE, extra={"b": [True], "a": 1}, published_at=elsewhere)
    assert record_hash(same) == record_hash(ARTICLE)


def test_title_and_text_do_not_run_together() -> None:
    assert text_hash(Article(key="k", title="ab", text="c")) != text_hash(Article(key="k", title="a", text="bc"))


def test_half_characters_have_digests_of_their_own() -> None:
    halves = [Article(key=f"k{half}", title=half, text="", extra={half: half}) for half in ("\ud83d", "\udc00", "\x00", "?")]
    assert len({text_hash(article) for article in halves}) == len({key_hash(article.key) for article in halves}) == 4
    assert all(len(record_hash(article)) == 32 for article in halves)
