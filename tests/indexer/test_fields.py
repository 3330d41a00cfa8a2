"""Records under the names that real exports use become clean, valid articles, or are refused with field and value."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.fields import NAME_CHARACTERS, TEXT_CHARACTERS, TITLE_CHARACTERS, article_from, has_content
from indexer.readers.record import Place, Record
from search.article import Article
from search.errors import BadRecord

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def article(fields: dict[str, object]) -> Article:
    return article_from(Record(Place("d.jsonl", 1), fields), NOW)


def test_broadsheets_own_names() -> None:
    found = article(
        {"id": "a1", "title": "Title", "text": "One.\n\nTwo.", "url": "https://x.org/1", "published_at": "2020-04-21T10:00:00Z"}
        | {"source": "The Paper", "author": "A. Writer", "language": "en", "topic": "Business", "pages": 3}
    )
    assert found == Article(
        key="a1",
        title="Title",
        text="One.\nTwo.",
        url="https://x.org/1",
        source="The Paper",
        author="A. Writer",
        language="en",
        published_at=datetime(2020, 4, 21, 10, tzinfo=UTC),
        published_precision="second",
        topics=("Business",),
        extra={"pages": 3},
    )


def test_ninjs() -> None:
    found = article(
        {"uri": "urn:x:1", "headline": "Head", "body_html": "<p>One.</p><p>Two.</p>", "byline": "By A. Writer", "provider": "Wire"}
        | {"versioncreated": "2020-04-21T10:00:00+02:00", "subject": [{"code": "04", "name": "economy"}, {"name": "oil"}], "urgency": 3}
    )
    assert (found.key, found.title, found.text, found.author, found.source) == ("urn:x:1", "Head", "One.\nTwo.", "By A. Writer", "Wire")
    assert found.published_at == datetime(2020, 4, 21, 8, tzinfo=UTC)
    assert found.topics == ("economy", "oil")
    assert found.extra == {"urgency": 3}


def test_news_please() -> None:
    found = article(
        {
            "authors": ["A. One", "B. Two"],
            "date_download": "2021-01-01 00:00:00",
            "date_publish": "2020-04-21 10:00:00",
            "description": "Short.",
        }
        | {"maintext": "Long.", "source_domain": "x.org", "title": "Title", "url": "https://x.org/1", "language": "en", "image_url": None}
    )
    assert (found.key, found.text, found.author, found.source) == ("https://x.org/1", "Long.", "A. One, B. Two", "x.org")
    assert found.published_at == datetime(2020, 4, 21, 10, tzinfo=UTC)
    assert found.extra == {"date_download": "2021-01-01 00:00:00", "description": "Short."}


def test_media_cloud() -> None:
    found = article(
        {"stories_id": 17, "publish_date": "2020-04-21", "title": "Title", "media_name": "The Paper", "media_id": 3, "language": "EN"}
    )
    assert (found.key, found.source, found.published_precision, found.language) == ("17", "The Paper", "day", "en")


def test_beir() -> None:
    assert article({"_id": "d1", "title": "", "text": "Body", "metadata": {}}) == Article(key="d1", title="", text="Body")


def test_wordpress_mongodb_and_elasticsearch() -> None:
    found = article({"id": 5, "title": {"rendered": "A &#8211; B"}, "content": {"rendered": "<p>x</p>"}, "link": "https://x.org/5"})
    assert (found.key, found.title, found.text, found.url) == ("5", "A – B", "x", "https://x.org/5")
    found = article({"_id": {"$oid": "5f"}, "title": "a", "date": {"$date": {"$numberLong": "1587463200000"}}})
    assert (found.key, found.published_at) == ("5f", datetime(2020, 4, 21, 10, tzinfo=UTC))
    found = article({"_index": "news", "_id": "7", "_source": {"title": "a", "body": "b"}})
    assert (found.key, found.title, found.text) == ("7", "a", "b")


@pytest.mark.parametrize(
    "name", ["Published_At", "published-at", "PUBLISHED AT", "publishedAt", "pubDate", "date_publish", "Date", "firstcreated"]
)
def test_names_are_compared_without_case_and_punctuation(name: str) -> None:
    assert article({"title": "a", name: "2020"}).published_precision == "year"


def test_the_more_telling_name_wins_and_the_other_is_kept() -> None:
    found = article(
        {"name": "Other", "headline": "Title", "body": "Body", "abstract": "Short", "content": " ", "tags": ["x"], "section": "News"}
    )
    assert (found.title, found.text, found.topics) == ("Title", "Body", ("News",))
    assert found.extra == {"name": "Other", "abstract": "Short", "tags": ["x"]}


def test_a_summary_stands_in_for_a_missing_body_only() -> None:
    assert article({"title": "a", "description": "Short"}).text == "Short"
    assert article({"title": "a", "body": None, "summary": "Short"}).text == "Short"


def test_the_key_is_the_id_else_the_url_else_a_hash_that_stays_the_same() -> None:
    assert article({"title": "a", "id": 12.0}).key == "12"
    assert article({"title": "a", "id": 0}).key == "0"
    assert article({"title": "a", "id": " ", "url": "https://x.org/1"}).key == "https://x.org/1"
    assert article({"title": "a", "text": "b"}).key == article({"headline": " a ", "body": "<p>b</p>", "date": "2020"}).key
    assert article({"title": "a", "text": "b"}).key.startswith("sha256:")
    assert article({"title": "ab"}).key != article({"title": "a", "text": "b"}).key


def test_a_url_that_no_browser_should_follow_is_a_key_but_no_link() -> None:
    found = article({"title": "a", "url": "javascript:alert(1)"})
    assert (found.url, found.key, found.extra) == (None, "javascript:alert(1)", {"url": "javascript:alert(1)"})


@pytest.mark.parametrize(
    ("value", "topics"),
    [
        ("Business", ("Business",)),
        ("Business; Oil|Gas;", ("Business", "Oil", "Gas")),
        ("Arts, Culture", ("Arts, Culture",)),
        (["a", " b ", "a", "", None], ("a", "b")),
        ([{"name": "a"}, {"label": "b"}, {"code": "3"}], ("a", "b")),
        ('["a", "b"]', ("a", "b")),
        ("['a', \"b's\"]", ("a", "b's")),
        ("[not a list]", ("[not a list]",)),
        (7, ("7",)),
    ],
)
def test_topics_in_every_usual_shape(value: object, topics: tuple[str, ...]) -> None:
    assert article({"title": "a", "topics": value}).topics == topics


@pytest.mark.parametrize("value", [{"name": "The Paper"}, {"id": None, "name": " The  Paper"}, ["The Paper"], "The Paper"])
def test_a_source_is_a_string_or_an_object_with_a_name(value: object) -> None:
    assert article({"title": "a", "source": value}).source == "The Paper"


@pytest.mark.parametrize("value", [{"x": 1}, True, "long " * NAME_CHARACTERS])
def test_a_name_of_an_unknown_shape_is_kept_as_it_is(value: object) -> None:
    found = article({"title": "a", "source": value, "author": value, "topic": value})
    assert (found.source, found.author, found.topics) == (None, None, ())
    assert set(found.extra) == {"source", "author", "topic"}


def test_paragraphs_in_a_list_are_joined_by_line_breaks() -> None:
    assert article({"title": "a", "text": ["One.", "", {"text": "Two."}, None]}).text == "One.\nTwo."


def test_unicode_is_normalised_and_controls_are_gone() -> None:
    found = article({"title": "cafe\u0301\x00\ud800 \u202ex", "text": "a\r\n\r\n\tb\x07", "note\x00": "c\x00\ud800"})
    assert (found.title, found.text, dict(found.extra)) == ("caf\u00e9 x", "a\nb", {"note": "c"})


@pytest.mark.parametrize("value", ["", "  ", "null", "None", "NaN", "0000-00-00 00:00:00", None, float("nan")])
def test_an_empty_date_is_no_date(value: object) -> None:
    found = article({"title": "a", "date": value})
    assert (found.published_at, found.published_precision) == (None, None)


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({}, "text", "there is neither a title nor a text (fields: none)"),
        ({"id": 1, "title": " ", "foo": "x"}, "text", "there is neither a title nor a text (fields: id, title, foo)"),
        ({"text": 12.5}, "text", "text is a number (12.5) where a text was expected"),
        ({"Body": {"a": 1}}, "Body", "Body is an object ({'a': 1}) where a text was expected"),
        ({"text": ["a", True]}, "text", "text is a truth value (True) where a text was expected"),
        ({"body": b"caf\xe9"}, "body", "body holds bytes that are not UTF-8 (byte 4 is 0xE9)"),
        ({"title": "a", "id": ["x"]}, "id", "id is a list (['x']) where a string or a whole number was expected"),
        ({"title": "a", "id": 1.5}, "id", "id is a number (1.5) where a string or a whole number was expected"),
        ({"title": "a", "pubDate": "soon"}, "pubDate", 'pubDate: "soon" is not a date that can be read'),
        ({"title": "a", "date": "2031"}, "date", 'date: "2031" lies in the future (now is 2026-06-01 00:00 UTC)'),
        ({"title": "x" * (TITLE_CHARACTERS + 1)}, "title", "title has 10,001 characters, more than the 10,000 that are read"),
        ({"text": "x" * (TEXT_CHARACTERS + 1)}, "text", "text has 5,000,001 characters, more than the 5,000,000 that are read"),
    ],
)
def test_what_cannot_be_used_is_refused_with_field_and_value(fields: dict[str, object], field: str, message: str) -> None:
    with pytest.raises(BadRecord) as caught:
        article(fields)
    assert str(caught.value) == message
    assert caught.value.field == field


def test_an_id_or_url_too_long_for_a_database_key_is_refused() -> None:
    for name, value in (("id", "é" * 1_001), ("url", "https://x.org/" + "a" * 2_000)):
        with pytest.raises(BadRecord, match=rf"^{name} is longer than 2,000 bytes \(.{{61}}\)$"):
            article({"title": "a", name: value})


def test_extra_is_json_whatever_a_parquet_row_holds() -> None:
    found = article(
        {"title": "a", "day": date(2020, 4, 21), "at": datetime(2020, 4, 21, 10, tzinfo=UTC), "price": Decimal("1.5"), "raw": b"\xff\x00x"}
        | {"inf": float("inf"), "pairs": [("k", 1)], "deep": {"a": [{"b": "c\x00"}]}, "": "no name"}
    )
    assert json.loads(json.dumps(found.extra, allow_nan=False)) == {
        "day": "2020-04-21",
        "at": "2020-04-21T10:00:00+00:00",
        "price": "1.5",
        "raw": "\ufffdx",
        "inf": None,
        "pairs": [["k", 1]],
        "deep": {"a": [{"b": "c"}]},
        "": "no name",
    }


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=5
)
names = st.sampled_from(["id", "title", "text", "url", "date", "source", "author", "language", "topics", "x", "_source"]) | st.text(
    max_size=5
)


@given(st.dictionaries(names, values, max_size=8))
def test_any_record_is_an_article_or_refused(fields: dict[str, object]) -> None:
    before = repr(fields)
    try:
        found = article(fields)
    except BadRecord as error:
        assert not set(str(error)) & set("\n\r\x00\x1b")  # noqa: PT017 - either is fine
    else:
        assert found.title or found.text
        assert found.key
        for text in (
            found.key,
            found.title,
            found.text,
            found.source or "",
            found.author or "",
            *found.topics,
            json.dumps(dict(found.extra)),
        ):
            text.encode()
            assert "\x00" not in text
    assert repr(fields) == before


def test_field_names_that_stand_for_content_are_known() -> None:
    assert has_content(["id", "Full-Text"])
    assert has_content(["Headline"])
    assert not has_content(["query-id", "corpus-id", "score"])
