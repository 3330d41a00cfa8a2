"""Suggestions over HTTP: what the engine offers, without waiting for the models."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from search.settings import Settings
from tests.web.newsroom import Newsroom
from web.app import create_app


@pytest.fixture
def newsroom() -> Iterator[TestClient]:
    with TestClient(create_app(Newsroom(), Settings())) as client:
        yield client


def test_names_and_titles_go_on_from_what_was_typed(newsroom: TestClient) -> None:
    assert newsroom.get("/suggest?q=Nor").json() == {
        "suggestions": [
            {"kind": "source", "text": "Northern Courier", "query": 'source:"Northern Courier"', "articles": 2, "article_id": None}
        ]
    }
    [title] = newsroom.get("/suggest?q=refin").json()["suggestions"]
    assert (title["kind"], title["text"], title["article_id"]) == ("title", "Refiners cut output as demand collapses", 1)


def test_nothing_typed_has_no_suggestions(newsroom: TestClient) -> None:
    assert newsroom.get("/suggest").json() == newsroom.get("/suggest?q=%20").json() == {"suggestions": []}


@pytest.mark.parametrize(("query", "field"), [("q=" + "x" * 201, "q"), ("q=a&q=b", "q"), ("text=a", "text")])
def test_what_cannot_be_completed_is_refused(newsroom: TestClient, query: str, field: str) -> None:
    response = newsroom.get(f"/suggest?{query}")
    assert (response.status_code, response.json()["field"]) == (422, field)


def test_suggestions_do_not_wait_for_the_models(newsroom: TestClient) -> None:
    newsroom.app.state.service.queue.size = 0  # type: ignore[attr-defined]
    assert newsroom.get("/suggest?q=refin").status_code == 200
