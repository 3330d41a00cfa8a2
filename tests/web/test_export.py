"""Exports and feeds: complete, streamed, and without the models once the ranking is made."""

import asyncio
import csv
import json
from io import StringIO

import feedparser
import pytest
from fastapi.testclient import TestClient

from search.export import Format
from search.settings import Settings
from tests.web.fake_engine import FakeEngine
from web.app import create_app


@pytest.mark.parametrize("wanted", Format)
def test_every_format_is_served_as_a_file_of_its_kind(client: TestClient, wanted: Format) -> None:
    response = client.get("/export", params={"q": "oil", "format": wanted.value})
    assert response.status_code == 200
    assert response.headers["content-type"] == wanted.media_type
    assert response.headers["content-disposition"] == f'attachment; filename="broadsheet.{wanted.suffix}"'


def test_an_export_is_not_cut_at_a_page(client: TestClient) -> None:
    found = client.get("/search", params={"q": "oil"}).json()["total"]
    response = client.get("/export", params={"q": "oil", "format": "csv", "top_k": 1, "offset": 1})
    assert len(list(csv.reader(StringIO(response.text, newline="")))) == 1 + found + 3_999


def test_links_are_permanent_addresses_of_this_server_or_of_the_one_that_is_set(engine: FakeEngine) -> None:
    for public, expected in ((None, "http://testserver"), ("https://news.example/archive/", "https://news.example/archive")):
        with TestClient(create_app(engine, Settings(public_url=public))) as client:
            document = client.get("/export", params={"q": "oil", "format": "json", "source": "The Harbour Gazette", "top_k": 5}).json()
        assert document["link"] == f"{expected}/?q=oil&source=The+Harbour+Gazette"
        assert document["hits"][0]["link"] == f"{expected}/articles/{document['hits'][0]['id']}"


def test_the_byte_order_mark_is_sent_on_request(client: TestClient) -> None:
    assert client.get("/export", params={"q": "oil", "format": "csv", "bom": "true"}).content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(("path", "version"), [("/feed.rss", "rss20"), ("/feed.atom", "atom10")])
def test_a_feed_names_itself_and_gives_the_newest_first(client: TestClient, path: str, version: str) -> None:
    response = client.get(path, params={"q": "oil market", "topic": "Business"})
    parsed = feedparser.parse(response.content)
    assert not parsed.bozo
    assert parsed.version == version
    assert "http://testserver" + path + "?q=oil+market&topic=Business" in {link["href"] for link in parsed.feed.links}
    dates = [entry.published_parsed for entry in parsed.entries if "published_parsed" in entry]
    assert dates == sorted(dates, reverse=True)


def test_who_has_the_feed_already_gets_nothing_and_no_search_is_made(client: TestClient, engine: FakeEngine) -> None:
    tag = client.get("/feed.atom", params={"q": "oil"}).headers["etag"]
    searched = len(engine.batches)
    response = client.get("/feed.atom", params={"q": "oil"}, headers={"If-None-Match": tag})
    assert (response.status_code, response.content, len(engine.batches)) == (304, b"", searched)
    assert client.get("/feed.atom", params={"q": "gas"}, headers={"If-None-Match": tag}).status_code == 200


def test_nothing_found_is_an_empty_export(client: TestClient) -> None:
    assert client.get("/export", params={"q": "zzzz", "format": "jsonl"}).text == ""


@pytest.mark.parametrize(
    ("parameters", "field"), [({"q": "oil"}, "format"), ({"q": "oil", "format": "pdf"}, "format"), ({"format": "csv"}, "q")]
)
def test_a_wrong_request_is_named(client: TestClient, parameters: dict[str, str], field: str) -> None:
    response = client.get("/export", params=parameters)
    assert (response.status_code, response.json()["field"]) == (422, field)


def test_nothing_indexed_is_said_before_the_stream_begins(empty_client: TestClient) -> None:
    assert empty_client.get("/export", params={"q": "oil", "format": "csv"}).status_code == 503


def test_a_client_that_goes_away_ends_the_stream_and_searches_go_on_meanwhile(engine: FakeEngine) -> None:
    """The server is driven by hand: a client that reads one piece, searches in a second request, and leaves."""
    engine.stored = tuple(stored for stored in engine.stored if "oil" in stored.article.text.lower())[:1]
    app = create_app(engine, Settings())

    async def request(path: bytes, query: bytes, sent: asyncio.Queue[dict[str, object]], left: asyncio.Event) -> None:
        asked = False

        async def receive() -> dict[str, object]:
            nonlocal asked
            if asked:
                await left.wait()
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path.decode(),
            "raw_path": path,
            "query_string": query,
            "headers": [],
            "server": ("test", 80),
            "client": ("test", 1),
            "root_path": "",
        }
        await app(scope, receive, sent.put)  # type: ignore[arg-type]

    async def scenario() -> None:
        async with app.router.lifespan_context(app):
            pieces: asyncio.Queue[dict[str, object]] = asyncio.Queue(maxsize=2)
            left = asyncio.Event()
            exporting = asyncio.create_task(request(b"/export", b"q=oil&format=json", pieces, left))
            assert (await pieces.get())["status"] == 200
            assert (await pieces.get())["body"]
            answers: asyncio.Queue[dict[str, object]] = asyncio.Queue()
            await request(b"/search", b"q=oil", answers, asyncio.Event())
            assert (await answers.get())["status"] == 200
            assert json.loads(bytes((await answers.get())["body"]))["total"] == 1  # type: ignore[call-overload]
            left.set()
            await asyncio.wait_for(exporting, 10)
            assert engine.taken < 3_000

    asyncio.run(scenario())
