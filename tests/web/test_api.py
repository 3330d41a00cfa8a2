"""The JSON surface: the answer's shape, one ranking for GET and POST, and a clear refusal of everything else."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.settings import Settings
from tests.web.fake_engine import FakeEngine
from web.app import create_app
from web.headers import SECURITY_HEADERS

Status = tuple[int, str | None]


def refusal(response: Any) -> Status:
    """Status and field of an error answer, whose sentence is checked on the way."""
    answer = response.json()
    assert set(answer) <= {"error", "field"}
    assert answer["error"].endswith(".")
    assert "\n" not in answer["error"]
    assert len(answer["error"]) < 300
    return response.status_code, answer.get("field")


def test_a_search_answers_with_every_published_field(client: TestClient) -> None:
    answer = client.get("/search", params={"q": "refiners oil", "top_k": 1}).json()
    [hit] = answer.pop("hits")
    assert answer == {
        "query": "refiners oil",
        "understood": None,
        "suggestion": None,
        "total": 5,
        "total_is_exact": False,
        "rows": 5,
        "offset": 0,
        "snapshot": "20260102T030405Z",
        "seconds": {"encode": 0.005, "retrieve": 0.004, "rerank": 0.12, "count": 0.0, "fetch": 0.001, "total": 0.13},
        "facets": None,
        "timeline": None,
    }
    snippet = hit.pop("snippet")
    assert hit == {
        "rank": 1,
        "id": 1,
        "key": "gazette-1",
        "title": "Refiners cut output as demand collapses",
        "url": "https://gazette.example/refiners",
        "source": "The Harbour Gazette",
        "published_at": "2020-04-21T00:00:00Z",
        "topic": "Business",
        "topics": ["Business", "Energy"],
        "topic_predicted": False,
        "author": "Ines Okafor",
        "language": "en",
        "passage": [120, 364],
        "similarity": 0.9,
        "bm25": 12.3,
        "fused": 1.0,
        "relevance": 1.0,
        "story": None,
        "relation": None,
        "annotations": None,
    }
    assert snippet["text"].startswith("Storage tanks")
    assert snippet["highlights"] == []


def test_highlights_are_character_ranges_of_the_snippet(client: TestClient) -> None:
    snippet = client.get("/search", params={"q": "harbour"}).json()["hits"][0]["snippet"]
    assert [snippet["text"][start:end] for start, end in snippet["highlights"]] == ["harbour"]


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ({}, [1, 2, 3, 5, 6]),
        ({"top_k": 2}, [1, 2]),
        ({"top_k": 2, "offset": 3}, [5, 6]),
        ({"offset": 900}, []),
        ({"source": "northern courier"}, [3]),
        ({"source": ["Northern Courier", "Le Journal du Port"]}, [3, 5]),
        ({"topic": "Energy"}, [1]),
        ({"language": "fr"}, [5]),
        ({"author": "ines OKAFOR"}, [1]),
        ({"not_source": "northern courier"}, [1, 2, 5, 6]),
        ({"not_topic": ["Energy", "Environment"], "not_language": "FR"}, [2, 6]),
        ({"topic": "Business", "not_author": "Ines Okafor"}, [2, 5]),
        ({"after": "2020-06"}, [2, 3, 5]),
        ({"after": "2020-06-06T09:31"}, [3, 5]),
        ({"before": "2020"}, [1, 2, 5]),
        ({"before": "2020-06-06"}, [1, 2]),
        ({"before": "2020-06-06T09:30:00Z"}, [1, 2]),
        ({"before": "2020-06-06T11:30:00+02:00"}, [1, 2]),
        ({"before": "2020-06-06T09:29:59Z"}, [1]),
        ({"after": "2020-04", "before": "2020-04"}, [1]),
        ({"sort": "date"}, [3, 5, 2, 1, 6]),
        ({"after": "", "before": "", "source": "", "topic": "", "mode": "", "top_k": ""}, [1, 2, 3, 5, 6]),
    ],
)
def test_get_and_post_give_the_same_filtered_ranking(client: TestClient, parameters: dict[str, Any], ids: list[int]) -> None:
    by_address = client.get("/search", params={"q": "oil", **parameters}).json()
    by_body = client.post("/search", json={"q": "oil", **parameters}).json()
    assert [hit["id"] for hit in by_address["hits"]] == ids
    assert by_body == by_address


def test_without_reranking_there_is_no_relevance(client: TestClient) -> None:
    hits = client.get("/search", params={"q": "oil", "rerank": "false"}).json()["hits"]
    assert {hit["relevance"] for hit in hits} == {None}


@pytest.mark.parametrize(
    ("query_string", "expected"),
    [
        ("", (422, "q")),
        ("q=", (422, "q")),
        ("q=%20%09", (422, "q")),
        ("q=" + "x" * 4001, (422, "q")),
        ("q=oil&q=gas", (422, "q")),
        ("q=oil&top_k=1000000000", (422, "top_k")),
        ("q=oil&top_k=" + "9" * 5000, (422, "top_k")),
        ("q=oil&top_k=1001", (422, "top_k")),
        ("q=oil&offset=1000", (422, "top_k")),
        ("q=oil&top_k=0", (422, "top_k")),
        ("q=oil&top_k=-1", (422, "top_k")),
        ("q=oil&top_k=ten", (422, "top_k")),
        ("q=oil&top_k=1.5", (422, "top_k")),
        ("q=oil&top_k=NaN", (422, "top_k")),
        ("q=oil&top_k=5&top_k=6", (422, "top_k")),
        ("q=oil&offset=-1", (422, "offset")),
        ("q=oil&offset=999", (422, "top_k")),
        ("q=oil&mode=magic", (422, "mode")),
        ("q=oil&rerank=perhaps", (422, "rerank")),
        ("q=oil&sort=size", (422, "sort")),
        ("q=oil&after=yesterday", (422, "after")),
        ("q=oil&after=2020-13", (422, "after")),
        ("q=oil&before=2021-02-29", (422, "before")),
        ("q=oil&before=0000", (422, "before")),
        ("q=oil&before=0001-01-01T00:00:00%2B14:00", (422, "before")),
        ("q=oil&after=2021&before=2020", (422, "after")),
        ("q=oil&" + "&".join(["source=x"] * 101), (422, "source")),
        ("q=oil&source=" + "x" * 501, (422, "source.0")),
        ("q=oil&page=2", (422, "page")),
        ("q=oil&limit", (422, "limit")),
        ("q=%ff", (400, None)),
        ("q=%c3%28", (400, None)),
        ("q=%ed%a0%80", (400, None)),  # a surrogate, encoded as if it were a character
        ("q=oil&%fe=1", (400, None)),
    ],
)
def test_an_address_that_cannot_be_served_is_refused(client: TestClient, query_string: str, expected: Status) -> None:
    assert refusal(client.get(f"/search?{query_string}")) == expected
    assert client.get(f"/?{query_string}").status_code == (200 if query_string in ("", "q=", "q=%20%09") else expected[0])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (422, "body")),
        (b"{", (400, "body")),
        (b"oil", (400, "body")),
        (b'{"q": "oil"', (400, "body")),
        (b'{"q": "\xff"}', (400, None)),
        (b"[" * 100_000, (400, None)),
        (b"[]", (422, "body")),
        (b"null", (422, "body")),
        (b'"oil"', (422, "body")),
        (b"{}", (422, "q")),
        (b'{"q": null}', (422, "q")),
        (b'{"q": 5}', (422, "q")),
        (b'{"q": ["oil"]}', (422, "q")),
        (b'{"q": "\\ud800"}', (422, "q")),
        (b'{"q": "oil", "source": ["\\udfff"]}', (422, "source.0")),
        (b'{"q": "oil", "top_k": NaN}', (422, "top_k")),
        (b'{"q": "oil", "top_k": Infinity}', (422, "top_k")),
        (b'{"q": "oil", "top_k": 1e400}', (422, "top_k")),
        (b'{"q": "oil", "top_k": [1]}', (422, "top_k")),
        (b'{"q": "oil", "top_k": ' + b"9" * 4000 + b"}", (422, "top_k")),
        (b'{"q": "oil", "rerank": "perhaps"}', (422, "rerank")),
        (b'{"q": "oil", "after": 2020}', (422, "after")),
        (b'{"q": "oil", "after": "\\ud800"}', (422, "after")),
        (b'{"q": "oil", "colour": "red"}', (422, "colour")),
        (b'{"q": "oil", "\\ud800": 1}', (422, "\\ud800")),
        (b'{"q": "' + b"x" * 5000 + b'"}', (422, "q")),
        (b'{"q": "' + b"x" * 1_000_000 + b'"}', (413, "body")),
    ],
)
def test_a_body_that_cannot_be_served_is_refused(client: TestClient, body: bytes, expected: Status) -> None:
    response = client.post("/search", content=body, headers={"Content-Type": "application/json"})
    assert refusal(response) == expected


def test_a_body_that_is_not_called_json_is_refused(client: TestClient) -> None:
    response = client.post("/search", content=b"q=oil", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert refusal(response) == (422, "body")
    assert "application/json" in response.json()["error"]


def test_an_unknown_parameter_is_named_with_the_known_ones(client: TestClient) -> None:
    error = client.get("/search?q=oil&limit=5").json()["error"]
    assert error == (
        "Unknown parameter 'limit': the known ones are q, mode, rerank, after, before, source, topic, author, language, sentiment, "
        "person, organisation, place, label, half_life, top_k, offset, sort, facets, timeline, stories, and not_source, not_topic … "
        "which exclude."
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/static/nowhere.css", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/%2e%2e/app.py", 404),
        ("GET", "/api/articles/99", 404),
        ("GET", "/api/articles/seven", 422),
        ("GET", "/api/articles/0", 422),
        ("GET", f"/api/articles/{2**63}", 422),
        ("GET", "/api/articles/%ff", 400),
        ("DELETE", "/search", 405),
        ("PUT", "/api/articles/1", 405),
        ("POST", "/", 405),
    ],
)
def test_errors_of_every_kind_have_one_format(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    if path != "/":
        assert refusal(response)[0] == status


def test_a_wrong_method_is_told_the_right_ones(client: TestClient) -> None:
    response = client.delete("/search")
    assert response.headers["allow"] == "GET, POST"
    assert response.json()["error"] == "/search does not take DELETE: use GET, POST."


def test_an_article_is_answered_whole(client: TestClient, engine: FakeEngine) -> None:
    answer = client.get("/api/articles/3").json()
    article = engine.stored[2].article
    assert answer == {
        "id": 3,
        "key": "courier-1",
        "title": article.title,
        "text": article.text,
        "url": "https://courier.example/spill",
        "source": "Northern Courier",
        "author": None,
        "language": "en",
        "published_at": "2021-01-01T00:00:00Z",
        "published_precision": "year",
        "topic": "Environment",
        "topics": ["Environment"],
        "topic_predicted": False,
        "annotations": None,
        "extra": {},
        "indexed_at": "2026-01-02T03:04:05Z",
    }


def test_an_empty_archive_is_alive_but_not_ready(empty_client: TestClient) -> None:
    assert empty_client.get("/livez").status_code == 200
    for path in ("/readyz", "/search?q=oil"):
        response = empty_client.get(path)
        assert refusal(response) == (503, None)
        assert int(response.headers["retry-after"]) > 0
        assert "broadsheet index" in response.json()["error"]


def test_readiness_is_proved_by_a_search_and_then_remembered(client: TestClient, engine: FakeEngine) -> None:
    assert [client.get("/readyz").status_code for _ in range(3)] == [200, 200, 200]
    assert engine.batches == [["news"]]


def test_a_failure_of_the_engine_is_a_500_that_gives_nothing_away(engine: FakeEngine) -> None:
    with TestClient(create_app(engine, Settings()), raise_server_exceptions=False) as client:
        response = client.get("/search?q=poison")
    assert refusal(response) == (500, None)
    assert "poison" not in response.text
    assert response.headers.items() >= {name.lower(): value for name, value in SECURITY_HEADERS.items()}.items()


@pytest.mark.parametrize("path", ["/", "/?q=oil", "/search?q=oil", "/search?q=%ff", "/nowhere", "/static/page.css", "/metrics", "/docs"])
def test_every_response_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers.items() >= {name.lower(): value for name, value in SECURITY_HEADERS.items()}.items()
    assert "unsafe" not in headers["content-security-policy"]


def test_head_answers_as_get_does(client: TestClient) -> None:
    assert client.head("/").status_code == 200
    assert client.head("/search?q=oil&limit=1").status_code == 422


def occupied(client: TestClient, engine: FakeEngine, waiting: int) -> tuple[ThreadPoolExecutor, list[Any]]:
    """Searches on threads of their own: one that the engine holds at its gate, and some that wait behind it."""
    engine.gate.clear()
    pool = ThreadPoolExecutor(waiting + 1)
    answers = [pool.submit(client.get, "/search?q=oil")]
    engine.entered.acquire()
    answers += [pool.submit(client.get, f"/search?q=oil+{number}") for number in range(waiting)]
    queue = client.app.state.service.queue  # type: ignore[attr-defined]
    pause = threading.Event()
    while len(queue) < waiting:
        pause.wait(0.002)
    return pool, answers


def test_a_full_queue_is_a_503_that_says_when_to_come_back(engine: FakeEngine) -> None:
    with TestClient(create_app(engine, Settings(queue_size=2))) as client:
        pool, answers = occupied(client, engine, 2)
        response = client.get("/search?q=one+too+many")
        page = client.get("/?q=one+too+many")
        engine.gate.set()
        assert [answer.result().status_code for answer in answers] == [200, 200, 200]
        pool.shutdown()
    assert refusal(response) == (503, None)
    assert response.headers["retry-after"] == "1"
    assert page.status_code == 503
    assert "Broadsheet is busy" in page.text


def test_a_request_past_its_deadline_is_a_503(engine: FakeEngine) -> None:
    with TestClient(create_app(engine, Settings(deadline=0.2))) as client:
        engine.gate.clear()
        response = client.get("/search?q=oil")
        engine.gate.set()
    assert refusal(response) == (503, None)
    assert "retry-after" in response.headers


def test_searches_that_wait_share_a_batch(client: TestClient, engine: FakeEngine) -> None:
    pool, answers = occupied(client, engine, 5)
    engine.gate.set()
    assert {answer.result().json()["query"] for answer in answers} == {"oil", *(f"oil {number}" for number in range(5))}
    pool.shutdown()
    assert sorted(map(len, engine.batches)) == [1, 5]


def test_metrics_say_what_happened(client: TestClient) -> None:
    client.get("/search?q=oil")
    client.get("/search?q=oil&limit=1")
    client.get("/api/articles/3")
    lines = client.get("/metrics").text.splitlines()
    assert 'broadsheet_requests_total{method="GET",route="/search",status="200"} 1.0' in lines
    assert 'broadsheet_requests_total{method="GET",route="/search",status="422"} 1.0' in lines
    assert 'broadsheet_requests_total{method="GET",route="/api/articles/{article_id}",status="200"} 1.0' in lines
    assert 'broadsheet_stage_seconds_sum{stage="rerank"} 0.12' in lines
    assert 'broadsheet_request_seconds_count{route="/search"} 2.0' in lines
    assert "broadsheet_queue_length 0.0" in lines
    assert "broadsheet_queue_batches_total 1.0" in lines
    assert "broadsheet_index_articles 8.0" in lines
    assert "broadsheet_index_passages 16.0" in lines
    [age] = [float(line.split()[1]) for line in lines if line.startswith("broadsheet_snapshot_age_seconds ")]
    made = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert 0 <= (datetime.now(UTC) - made).total_seconds() - age < 60


def test_two_applications_count_for_themselves(client: TestClient, empty_client: TestClient) -> None:
    client.get("/livez")
    assert 'route="/livez"' in client.get("/metrics").text
    assert 'route="/livez"' not in empty_client.get("/metrics").text


def test_new_snapshots_are_looked_for_while_serving(engine: FakeEngine) -> None:
    with TestClient(create_app(engine, Settings())):
        assert engine.refreshed.wait(20)


def test_the_documentation_comes_without_outside_help(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "POST</span> /search" in page
    assert "&#34;highlights&#34;" in page
    assert "src=&#34;http" not in page
    assert "cdn" not in page
    schema = client.get("/openapi.json").json()
    assert schema["paths"].keys() >= {"/search", "/api/articles/{article_id}", "/livez", "/readyz", "/metrics"}
    assert schema["paths"].keys() >= {"/timeline", "/timeline.csv", "/words", "/words.csv", "/api/compare", "/compare.csv"}
    assert "/openapi.json" not in schema["paths"]
    assert [one["name"] for one in schema["paths"]["/search"]["get"]["parameters"]] == list(
        schema["components"]["schemas"]["SearchParameters"]["properties"]
    )


def exchange(served: str, request: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to bytes as they are."""
    host, port = served.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /search?q=\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400),
        (b"GET /search?q=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400),
        (b"GET /\xc3\x28 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400),
        (b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\nConnection: close\r\n\r\n{", 413),
        (b'POST /search HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"q":"\xff"}', 400),
        (b"NONSENSE\r\n\r\n", 400),
    ],
)
def test_bytes_that_are_no_proper_request_are_refused(served: str, request_bytes: bytes, status: int) -> None:
    assert exchange(served, request_bytes)[0] == status


def test_a_large_body_is_read_to_its_end_so_that_the_refusal_arrives(served: str) -> None:
    body = b'{"q": "' + b"x" * 3_000_000 + b'"}'
    head = b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    status, answer = exchange(served, head % len(body) + body)
    assert status == 413
    assert json.loads(answer)["field"] == "body"


texts = st.text(st.characters(), max_size=60) | st.sampled_from(
    ["oil", "2020", "true", "-1", "9" * 30, "\x00", "NaN", "🛢️", "%", "&", "\u202e"]
)
names = st.sampled_from(["q", "top_k", "offset", "mode", "rerank", "after", "before", "source", "topic", "language", "sort", "x"])
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2),
)


@pytest.fixture(scope="module")
def fuzzed() -> Any:
    with TestClient(create_app(FakeEngine(), Settings())) as client:
        yield client


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(names, texts), max_size=5), path=st.sampled_from(["/search", "/", "/articles/1"]))
def test_no_address_fails_the_server(fuzzed: TestClient, pairs: list[tuple[str, str]], path: str) -> None:
    usable = [(name, value.encode("utf-8", "replace").decode()) for name, value in pairs]
    assert fuzzed.get(path, params=usable).status_code in (200, 400, 422)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(names, values, max_size=5) | values)
def test_no_body_fails_the_server(fuzzed: TestClient, body: Any) -> None:
    content = json.dumps(body).encode()
    assert fuzzed.post("/search", content=content, headers={"Content-Type": "application/json"}).status_code in (200, 400, 422)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=80))
def test_no_bytes_fail_the_server(fuzzed: TestClient, raw: bytes) -> None:
    escaped = "".join(f"%{byte:02x}" for byte in raw)
    assert fuzzed.get(f"/search?q={escaped}").status_code in (200, 400, 422)
    assert fuzzed.post("/search", content=raw, headers={"Content-Type": "application/json"}).status_code in (200, 400, 422)
