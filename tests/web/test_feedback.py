"""Feedback is kept where the operator turned it on: what was shown and what became of it, from our own page or an API client alone."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient

from search.errors import BadInput, Overloaded
from search.feedback import Event, Reaction, Showing
from search.settings import Settings
from tests.web.fake_engine import FakeEngine
from web import recorder as recording
from web.app import create_app
from web.recorder import Recorder
from web.seal import VALID_DAYS, Seal

SHOWING = Showing("s1", date(2026, 3, 1), "oil “price”", "topic=Energy", "20260301T000000Z", "e", None, 11, (5, 3, 2**62))


@pytest.fixture
def asking(engine: FakeEngine) -> Iterator[TestClient]:
    """A client of a server with feedback."""
    with TestClient(create_app(engine, Settings(feedback=True))) as client:
        yield client


def stored(client: TestClient, engine: FakeEngine) -> list[Reaction]:
    """What is kept once the server has stopped."""
    client.__exit__(None, None, None)
    return engine.kept.reactions


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1].replace("&amp;", "&")


def test_feedback_is_off_unless_it_is_turned_on(client: TestClient, engine: FakeEngine) -> None:
    page = client.get("/?q=oil").text
    assert "mark" not in re.findall(r'name="(\w+)"', page)
    assert "data-id" not in page
    for path in ("/feedback", "/feedback/mark"):
        answer = client.post(path, json={"query": "oil", "shown": [1], "event": "click", "id": 1})
        assert answer.status_code == 404
        assert "BROADSHEET_FEEDBACK=true" in answer.text
    assert "/feedback" not in client.get("/openapi.json").json()["paths"]
    assert "broadsheet_feedback" not in client.get("/metrics").text
    assert stored(client, engine) == []


def test_a_page_that_nobody_reacts_to_leaves_nothing(asking: TestClient, engine: FakeEngine) -> None:
    page = asking.get("/?q=oil").text
    assert "kept for 180 days" in page
    assert "cookie" not in asking.get("/?q=oil").headers.get("set-cookie", "")
    assert stored(asking, engine) == []


def test_two_visits_have_nothing_in_common_that_is_kept(asking: TestClient) -> None:
    seal = Seal(b"the key of this archive, of 32 b")
    one, other = (seal.open(hidden(asking.get("/?q=oil").text, "showing"), recording.today()) for _ in range(2))
    assert one.id != other.id
    assert (one.query, one.shown) == (other.query, other.shown)


def test_a_mark_without_scripts_is_kept_and_shown_on_the_way_back(asking: TestClient, engine: FakeEngine) -> None:
    page = asking.get("/?q=oil&topic=Business&lang=en").text
    form = {"showing": hidden(page, "showing"), "back": hidden(page, "back"), "mark": "2 not_relevant"}
    answer = asking.post("/feedback/mark", data=form, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?q=oil&topic=Business&marked=2-not_relevant#hit-2"
    page = asking.get(answer.headers["location"]).text
    assert re.findall(r'value="2 (\w+)" aria-pressed="(\w+)"', page) == [("relevant", "false"), ("not_relevant", "true")]
    assert not re.search(r'href="[^"]*marked=', page)
    again = asking.post("/feedback/mark", data={**form, "mark": "2 relevant", "back": hidden(page, "back")}, follow_redirects=False)
    assert again.headers["location"] == "/?q=oil&topic=Business&marked=2-relevant#hit-2"
    first, second = stored(asking, engine)
    assert (first.article_id, first.event, second.event) == (2, Event.NOT_RELEVANT, Event.RELEVANT)
    showing = first.showing
    assert (showing.query, showing.search, showing.first) == ("oil", "topic=Business", 1)
    assert (showing.snapshot, showing.encoder, showing.reranker) == ("20260102T030405Z", "tiny-encoder", "tiny-reranker")
    assert showing.shown == tuple(int(id_) for id_ in re.findall(r'data-id="(\d+)"', page))


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_the_way_back_leads_nowhere_else(asking: TestClient, back: str) -> None:
    form = {"showing": hidden(asking.get("/?q=oil").text, "showing"), "back": back, "mark": "2 relevant"}
    answer = asking.post("/feedback/mark", data=form, follow_redirects=False)
    assert answer.headers["location"] == "/?marked=2-relevant#hit-2"


def test_pages_know_their_place_in_the_ranking(asking: TestClient, engine: FakeEngine) -> None:
    page = asking.get("/?q=oil&top_k=2&offset=2&rerank=false").text
    shown = [int(id_) for id_ in re.findall(r'data-id="(\d+)"', page)]
    asking.post("/feedback", json={"showing": hidden(page, "showing"), "event": "click", "id": shown[1]})
    (reaction,) = stored(asking, engine)
    assert (reaction.showing.first, list(reaction.showing.shown), reaction.showing.reranker) == (3, shown, None)


def test_the_api_describes_the_list_once_and_joins_events_on_it(asking: TestClient, engine: FakeEngine) -> None:
    asked = {"query": "oil", "shown": [5, 2, 1], "offset": 10, "search": "topic=Business&mode=dense"}
    answer = asking.post("/feedback", json={**asked, "event": "click", "id": 2})
    assert answer.status_code == 202
    again = asking.post("/feedback", json={**answer.json(), "event": "relevant", "id": 1})
    assert again.json() == answer.json()
    first, second = stored(asking, engine)
    assert first.showing == second.showing
    assert (first.article_id, first.event, second.article_id, second.event) == (2, Event.CLICK, 1, Event.RELEVANT)
    assert (first.showing.shown, first.showing.first, first.showing.search) == ((5, 2, 1), 11, "topic=Business&mode=dense")


@pytest.mark.parametrize(
    ("changed", "status", "field", "sentence"),
    [
        ({"id": 4}, 422, "id", "Article 4 is not among the 3 that were shown"),
        ({"id": 99, "shown": [5, 99, 98]}, 404, None, "There is no article 99 in this archive, nor 1 others"),
        ({"shown": []}, 422, "shown", "shown is missing"),
        ({"shown": [1, 2, 1]}, 422, "shown", "shown has an id twice"),
        ({"shown": list(range(1, 1002))}, 422, "shown", "at most 1,000"),
        ({"shown": [0]}, 422, "shown.0", "at least 1"),
        ({"query": None}, 422, "query", "query is missing"),
        ({"query": "x" * 4001}, 422, "query", "at most 4,000"),
        ({"event": "liked"}, 422, "event", "it must be click, relevant or not_relevant"),
        ({"search": "colour=red"}, 422, "search", "search has 'colour'"),
        ({"search": "oil"}, 422, "search", "search has 'oil'"),
        ({"user": "me"}, 422, "user", "Unknown parameter 'user'"),
        ({"showing": "abc"}, 422, "showing", "given together"),
        ({"query": None, "shown": None, "showing": "abc"}, 422, "showing", "was not made here, or is not whole"),
        ({"query": None, "shown": None, "showing": "é" * 30}, 422, "showing", "was not made here, or is not whole"),
    ],
)
def test_what_cannot_be_kept_is_one_sentence(
    asking: TestClient, engine: FakeEngine, changed: dict[str, object], status: int, field: str | None, sentence: str
) -> None:
    answer = asking.post("/feedback", json={"query": "oil", "shown": [5, 2, 1], "event": "click", "id": 2, **changed})
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert sentence in answer.json()["error"]
    assert stored(asking, engine) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, 202),
        ({"Sec-Fetch-Site": "none"}, 202),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://testserver"}, 202),
        ({"Origin": "null"}, 202),
        ({}, 202),
    ],
)
def test_a_page_of_another_site_cannot_write(asking: TestClient, engine: FakeEngine, headers: dict[str, str], status: int) -> None:
    answer = asking.post("/feedback", json={"query": "oil", "shown": [1], "event": "click", "id": 1}, headers=headers)
    assert answer.status_code == status
    assert len(stored(asking, engine)) == (status == 202)


def test_a_form_of_another_site_is_no_json_and_has_no_showing(asking: TestClient, engine: FakeEngine) -> None:
    body = '{"query": "oil", "shown": [1], "event": "click", "id": 1}'
    assert asking.post("/feedback", content=body, headers={"Content-Type": "text/plain"}).status_code == 422
    assert asking.post("/feedback/mark", data={"showing": "made up", "mark": "1 relevant"}).status_code == 422
    assert asking.post("/feedback/mark", data={"mark": "1 relevant"}).status_code == 422
    assert stored(asking, engine) == []


def test_a_seal_opens_what_it_closed_and_nothing_else() -> None:
    seal = Seal(b"k" * 32)
    sealed = seal.close(SHOWING)
    assert re.fullmatch(r"[\w-]+", sealed)
    assert seal.open(sealed, SHOWING.day) == SHOWING
    assert seal.open(sealed, SHOWING.day + timedelta(days=VALID_DAYS)) == SHOWING
    with pytest.raises(BadInput, match="more than 7 days ago"):
        seal.open(sealed, SHOWING.day + timedelta(days=VALID_DAYS + 1))
    for broken in ("", "A", sealed[:-2], sealed[5:], sealed.swapcase(), Seal(b"j" * 32).close(SHOWING)):
        with pytest.raises(BadInput, match="was not made here"):
            seal.open(broken, SHOWING.day)


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never came true")


def test_a_busy_database_costs_feedback_and_never_a_search(asking: TestClient, engine: FakeEngine) -> None:
    recorder = asking.app.state.service.recorder  # type: ignore[attr-defined]
    engine.kept.gate.clear()
    recorder.take(Reaction(SHOWING, 5, Event.CLICK))
    assert engine.kept.entered.acquire(timeout=30)
    for _ in range(256):
        recorder.take(Reaction(SHOWING, 5, Event.CLICK))
    with pytest.raises(Overloaded):
        recorder.take(Reaction(SHOWING, 5, Event.CLICK))
    answer = asking.post("/feedback", json={"query": "oil", "shown": [1], "event": "click", "id": 1})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert asking.get("/search?q=oil").status_code == 200
    engine.kept.fails = True
    engine.kept.gate.set()
    wait_for(lambda: recorder.dropped > 250)
    engine.kept.fails = False
    recorder.take(Reaction(SHOWING, 3, Event.CLICK))
    wait_for(lambda: recorder.kept > 0)
    lines = asking.get("/metrics").text
    assert f"broadsheet_feedback_kept_total {recorder.kept}.0" in lines
    assert f"broadsheet_feedback_dropped_total {recorder.dropped}.0" in lines


def test_old_feedback_is_forgotten_once_a_day(engine: FakeEngine) -> None:
    recorder = Recorder(engine.kept, days=30)
    recorder.start()
    for id_ in (1, 2):
        recorder.take(Reaction(SHOWING, id_, Event.CLICK))
        wait_for(lambda id_=id_: len(engine.kept.reactions) == id_)
    recorder.close()
    assert engine.kept.forgotten == [recording.today() - timedelta(days=30)]
