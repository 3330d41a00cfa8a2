"""The routes that count: over time, by name and by word, as JSON and as CSV."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from fastapi.testclient import TestClient

from search.language import understand
from search.query import Interval, Query
from search.response import Bar, ComparedQuery, Comparison, Facet, FacetValue, Keyword, Keywords, SearchResponse, Timeline
from search.settings import Settings
from tests.web.fake_engine import FakeEngine
from web.app import create_app

BARS = (
    Bar(date(2020, 4, 1), date(2020, 4, 30), 1, 4),
    Bar(date(2020, 5, 1), date(2020, 5, 31), 0, 0),
    Bar(date(2020, 6, 1), date(2020, 6, 30), 3, 3),
)
TIMELINE = Timeline(Interval.MONTH, BARS, undated=1)
FACETS = (Facet("source", (FacetValue("Gazette", 3, included=True), FacetValue("Courier", 2, excluded=True)), names=2, unnamed=0),)
KEYWORDS = Keywords((Keyword("tankers", 3, 5, 20.1), Keyword("=barrels", 2, 2, 17.0)), read=5)


class CountingEngine(FakeEngine):
    """Says the same about every query, and only what it was asked."""

    def search_many(self, queries: Sequence[Query]) -> list[SearchResponse]:
        return [
            replace(
                answer,
                understood=understand(query.text),
                suggestion="oil" if query.text == "oli" else None,
                total_is_exact=query.facets,
                facets=FACETS if query.facets else (),
                timeline=TIMELINE if query.timeline else None,
                keywords=KEYWORDS if query.keywords else None,
            )
            for query, answer in zip(queries, super().search_many(queries), strict=True)
        ]

    def compare(self, queries: Sequence[Query]) -> Comparison:
        return Comparison(Interval.MONTH, tuple(ComparedQuery(query.text, 5, TIMELINE) for query in queries), "20260102T030405Z")


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(CountingEngine(), Settings())) as client:
        yield client


def _rows(client: TestClient, path: str, **parameters: object) -> list[list[str]]:
    answer = client.get(path, params=parameters)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    return list(csv.reader(StringIO(answer.content.decode("utf-8"))))


def test_a_search_says_how_it_was_understood_and_counts_what_it_is_asked_for(client: TestClient) -> None:
    plain = client.get("/search", params={"q": "oil -harbour"}).json()
    assert plain["facets"] is None
    assert plain["timeline"] is None
    assert [(piece["kind"], piece["text"], piece["excluded"]) for piece in plain["understood"]["pieces"]] == [
        ("words", "oil", False),
        ("contains", "harbour", True),
    ]
    counted = client.get("/search", params={"q": "oil", "facets": "true", "timeline": "month"}).json()
    assert counted["total_is_exact"]
    assert counted["facets"] == [
        {
            "field": "source",
            "task": None,
            "names": 2,
            "unnamed": 0,
            "values": [
                {"name": "Gazette", "count": 3, "included": True, "excluded": False},
                {"name": "Courier", "count": 2, "included": False, "excluded": True},
            ],
        }
    ]
    assert counted["timeline"]["bars"][0] == {"first": "2020-04-01", "last": "2020-04-30", "count": 1, "articles": 4, "share": 0.25}
    assert client.get("/search", params={"q": "oli"}).json()["suggestion"] == "oil"


def test_a_timeline_is_the_same_as_json_and_as_csv(client: TestClient) -> None:
    answer = client.get("/timeline", params={"q": "oil"}).json()
    assert (answer["total"], answer["timeline"]["undated"]) == (5, 1)
    assert _rows(client, "/timeline.csv", q="oil") == [
        ["first", "last", "count", "articles", "share"],
        ["2020-04-01", "2020-04-30", "1", "4", "0.25"],
        ["2020-05-01", "2020-05-31", "0", "0", "0.0"],
        ["2020-06-01", "2020-06-30", "3", "3", "1.0"],
        ["", "", "1", "", ""],
    ]


def test_key_words_come_with_the_names_among_all_that_match(client: TestClient) -> None:
    answer = client.get("/words", params={"q": "oil"}).json()
    assert answer["words"][0] == {"word": "tankers", "count": 3, "articles": 5, "keyness": 20.1}
    assert answer["read"] == answer["total"] == 5
    assert [facet["field"] for facet in answer["facets"]] == ["source"]
    assert _rows(client, "/words.csv", q="oil") == [
        ["word", "count", "read", "articles", "keyness"],
        ["tankers", "3", "5", "5", "20.1"],
        ["'=barrels", "2", "5", "2", "17.0"],
    ]


def test_compared_queries_share_their_bars(client: TestClient) -> None:
    answer = client.get("/api/compare", params={"q": ["oil", "harbour"]}).json()
    assert [query["query"] for query in answer["queries"]] == ["oil", "harbour"]
    rows = _rows(client, "/compare.csv", q=["oil", "=harbour"])
    assert rows[:2] == [
        ["first", "last", "count: oil", "share: oil", "count: =harbour", "share: =harbour"],
        ["2020-04-01", "2020-04-30", "1", "0.25", "1", "0.25"],
    ]


def test_excel_gets_a_byte_order_mark_when_it_asks_for_one(client: TestClient) -> None:
    assert client.get("/words.csv", params={"q": "oil", "bom": "true"}).content.startswith(b"\xef\xbb\xbfword")
    assert client.get("/words.csv", params={"q": "oil"}).content.startswith(b"word")


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        ("/timeline", {"q": "oil", "timeline": "decade"}, "timeline"),
        ("/timeline", {}, "q"),
        ("/search", {"q": "oil", "half_life": "0"}, "half_life"),
        ("/search", {"q": "oil", "half_life": "1e9"}, "half_life"),
        ("/search", {"q": "oil", "half_life": "nan"}, "half_life"),
        ("/api/compare", {"q": ["a", "b", "c", "d", "e"]}, "q"),
        ("/api/compare", {"q": [" "]}, "q"),
        ("/words", {"q": "oil", "bom": "true"}, "bom"),
        ("/words.csv", {"q": "oil", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_one_sentence(
    client: TestClient, path: str, parameters: dict[str, object], field: str
) -> None:
    answer = client.get(path, params=parameters)  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert "\n" not in answer.json()["error"]
