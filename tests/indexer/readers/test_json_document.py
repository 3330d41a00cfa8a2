"""JSON documents in every shape that exports come in; the json module is the oracle."""

import io
import json
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.json_document import read_json
from indexer.readers.record import Record, Rejected


def read(data: str | bytes) -> list[Record | Rejected]:
    return list(read_json("d.json", cast(BinaryIO, io.BytesIO(data.encode() if isinstance(data, str) else data))))


def fields(items: list[Record | Rejected]) -> list[dict[str, object]]:
    return [item.fields for item in items if isinstance(item, Record)]


numbers = st.integers(1 - 2**63, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(codec="utf-8"), max_size=10)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
records = st.lists(st.dictionaries(words, values, max_size=4), max_size=5)
ARTICLES = [{"title": "a", "subject": [{"name": "x"}, {"name": "y"}]}, {"title": "b", "extra": {"items": [1, 2]}}]


@given(records, st.sampled_from([None, 2]))
def test_an_array_gives_each_of_its_objects(records: list[dict[str, object]], indent: int | None) -> None:
    assert fields(read(json.dumps(records, indent=indent))) == records


@pytest.mark.parametrize(
    "document",
    [
        {"articles": ARTICLES},
        {"status": "ok", "totalResults": 2, "articles": ARTICLES, "next": None},
        {"response": {"status": "ok", "docs": ARTICLES}},
        {"hits": {"total": 2, "hits": ARTICLES}},
        {"Data": ARTICLES},
    ],
)
def test_an_object_around_an_array_gives_the_objects_of_the_array(document: object) -> None:
    items = read(json.dumps(document))
    assert fields(items) == ARTICLES
    assert [str(item.place) for item in items] == ["d.json, row 1", "d.json, row 2"]


def test_a_single_object_is_one_record_with_all_its_lists() -> None:
    assert fields(read(json.dumps(ARTICLES[0], indent=2))) == [ARTICLES[0]]


def test_objects_in_a_row_are_read_one_by_one() -> None:
    assert fields(read("\n".join(json.dumps(article, indent=1) for article in ARTICLES))) == ARTICLES


def test_what_is_no_object_is_rejected_with_its_row() -> None:
    items = read('[{"title": "a"}, 3, ["x"], null, {"title": "b"}]')
    assert fields(items) == [{"title": "a"}, {"title": "b"}]
    assert [(str(item.place), item.reason) for item in items if isinstance(item, Rejected)] == [
        ("d.json, row 2", "a JSON object was expected, not 3"),
        ("d.json, row 3", "a JSON object was expected, not ['x']"),
        ("d.json, row 4", "a JSON object was expected, not None"),
    ]


@pytest.mark.parametrize(
    "broken", ['[{"title": "a"}, {"title": "b"', '[{"title": "a"}, {"title": NaN}]', '[{"title": "a"} {"title": "b"}]']
)
def test_everything_before_an_error_is_delivered(broken: str) -> None:
    items = read(broken)
    assert fields(items) == [{"title": "a"}]
    assert [str(item.place) for item in items if isinstance(item, Rejected)] == ["d.json, row 2"]


def test_bytes_that_are_not_utf8_are_told_in_one_line() -> None:
    items = read(b'[{"title": "a"}, {"title": "caf\xe9"}]')
    [rejected] = [item for item in items if isinstance(item, Rejected)]
    assert "UTF8" in rejected.reason
    assert "\n" not in rejected.reason


def test_a_record_longer_than_the_limit_ends_the_file() -> None:
    data = b'[{"title": "a"}, {"title": "' + b"x" * 5_000_000 + b'"}, {"title": "b"}]'
    items = list(read_json("d.json", cast(BinaryIO, io.BytesIO(data)), limit=2_000_000))
    assert fields(items) == [{"title": "a"}]
    assert cast(Rejected, items[1]).reason == "the record is longer than 2,000,000 bytes; the rest of the file is skipped"


def test_a_byte_order_mark_is_skipped() -> None:
    assert fields(read(b"\xef\xbb\xbf" + json.dumps(ARTICLES).encode())) == ARTICLES
