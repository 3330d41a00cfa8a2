"""No query is answered with an error of the server's, whatever is typed."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.publication import publish
from search.engine import Depths, SearchEngine
from search.index.live import LiveSnapshot
from search.settings import Settings
from search.store import open_archive
from tests.archives import index, record
from tests.fakes import TableReranker, WordEncoder
from web.app import create_app

PARTS = st.sampled_from(
    [
        *'"“”«»()（）-－*＊:：,，',
        *(" ", " OR ", " AND ", "title:", "source:", "author:", "language:", "on:2020", "after:9999", "before:0001", "entity:"),
        *('near5:"', 'near5:"oil price"', "oil", "word3*", "o*", "石油", "\x00", "\ud800", "İ", "\u0301", "🙂", "'; --", "<b>", "%"),
    ]
)
WAYS = (
    {},
    {"facets": "true", "timeline": "auto", "stories": "true"},
    {"mode": "bm25", "sort": "oldest"},
    {"mode": "dense", "half_life": "30"},
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("data")
    encoder = WordEncoder()
    with open_archive(f"sqlite:///{folder / 'a.db'}") as archive:
        index(archive, encoder, [record(str(number), number) for number in range(40)])
        publish(archive, folder)
        engine = SearchEngine(LiveSnapshot(folder, lambda _: encoder), TableReranker({}), archive, Depths(candidates=10, rerank=2))
        with TestClient(create_app(engine, Settings())) as client:
            yield client


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(PARTS | st.text(max_size=4), min_size=1, max_size=25).map("".join), way=st.sampled_from(WAYS))
def test_any_query_is_answered_or_refused_with_a_reason(client: TestClient, text: str, way: dict[str, str]) -> None:
    body = json.dumps({"q": text, **way})  # in ASCII, so that half a character can be sent
    response = client.post("/search", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (200, 400, 422), text
    encodable = text.encode("utf-8", "replace").decode()
    assert client.get("/", params={"q": encodable, **way}).status_code in (200, 400, 422), text
    assert client.get("/suggest", params={"q": encodable}).status_code in (200, 400, 404, 422), text


@pytest.mark.parametrize("part", ["(", '"', "-(", "(a OR ", "“", 'near5:"', "- ", "a OR ", "-a ", "石", "aa* ", '"oil" OR ', "()"])
def test_a_query_as_long_as_may_be_is_answered(client: TestClient, part: str) -> None:
    response = client.post("/search", json={"q": (part * 4_000)[:4_000]})
    assert response.status_code == 200
