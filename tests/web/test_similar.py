import pytest
from fastapi.testclient import TestClient

from tests.web.fake_engine import ARTICLES


def test_what_is_like_an_article_comes_without_the_article_itself(client: TestClient) -> None:
    answer = client.get("/api/articles/1/similar", params={"top_k": 2}).json()
    assert answer["id"] == 1
    assert [hit["id"] for hit in answer["hits"]] == [2, 3]
    assert answer["hits"][0]["relation"] is None


@pytest.mark.parametrize("asked", [{"id": 1}, {"url": ARTICLES[0].url}, {"key": ARTICLES[0].key}], ids=["by id", "by address", "by key"])
def test_an_article_is_named_in_any_of_its_ways(client: TestClient, asked: dict[str, object]) -> None:
    assert client.post("/similar", json={**asked, "top_k": 2}).json() == client.get("/api/articles/1/similar", params={"top_k": 2}).json()


def test_a_pasted_text_is_compared(client: TestClient) -> None:
    answer = client.post("/similar", json={"text": "Refiners cut output. " * 1_000, "top_k": 3}).json()
    assert answer["id"] is None
    assert answer["hits"][0]["key"] == "gazette-1"


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({}, 422, "text"),
        ({"text": "oil", "id": 1}, 422, "text"),
        ({"id": 0}, 422, "id"),
        ({"id": 1, "top_k": 101}, 422, "top_k"),
        ({"colour": "red"}, 422, "colour"),
        ({"id": 999}, 404, None),
        ({"url": "https://elsewhere.example/"}, 404, None),
    ],
)
def test_what_cannot_be_answered_is_named(client: TestClient, asked: dict[str, object], status: int, field: str | None) -> None:
    response = client.post("/similar", json=asked)
    assert (response.status_code, response.json().get("field")) == (status, field)


@pytest.mark.parametrize("asked", ["top_k=0", "colour=red"])
def test_the_address_may_say_how_many_and_nothing_else(client: TestClient, asked: str) -> None:
    assert client.get(f"/api/articles/1/similar?{asked}").status_code == 422


def test_an_archive_without_articles_says_so(empty_client: TestClient) -> None:
    assert empty_client.get("/api/articles/1/similar").status_code == 503
