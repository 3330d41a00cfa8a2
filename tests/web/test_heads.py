"""The heads over HTTP: what each endpoint answers, what it refuses, and that waiting requests share a batch."""

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from search.heads.answers import Label
from search.settings import Settings
from tests.web.fake_engine import FakeEngine
from tests.web.fake_heads import FakeHeads
from web.app import create_app
from web.reference import Reference
from web.texts import MAX_CHARACTERS, MAX_TEXTS


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(FakeEngine(), Settings(), FakeHeads())) as client:
        yield client


PASSAGE = "Demand fell to its lowest level in forty years."

ANSWERED = [
    (
        "/classify",
        {"task": "sentiment", "texts": ["A pleasure.", "A bore."]},
        {
            "results": [
                {"label": "positive", "probabilities": {"negative": pytest.approx(0.1), "positive": 0.9}},
                {"label": "negative", "probabilities": {"negative": 0.8, "positive": 0.2}},
            ]
        },
    ),
    ("/pair", {"task": "similarity", "pairs": [["a", "a"], ["a", "b"]]}, {"results": [{"value": 5.0}, {"value": 1.25}]}),
    (
        "/pair",
        {"task": "nli", "pairs": [["a", "b"]]},
        {"results": [{"label": "neutral", "probabilities": {"entailment": 0.2, "neutral": 0.7, "contradiction": 0.1}}]},
    ),
    (
        "/tag",
        {"task": "ner", "texts": ["In Lagos"]},
        {
            "results": [
                {
                    "tokens": [{"text": "In", "start": 0, "end": 2, "tag": "O"}, {"text": "Lagos", "start": 3, "end": 8, "tag": "B-LOC"}],
                    "entities": [{"text": "Lagos", "type": "LOC", "start": 3, "end": 8, "probability": 0.97}],
                }
            ]
        },
    ),
    (
        "/tag",
        {"task": "pos", "words": [["Ships", "wait"]]},
        {
            "results": [
                {
                    "tokens": [{"text": "Ships", "start": 0, "end": 5, "tag": "NN"}, {"text": "wait", "start": 6, "end": 10, "tag": "VB"}],
                    "entities": [],
                }
            ]
        },
    ),
    ("/answer", {"question": "How low?", "passage": PASSAGE}, {"answer": "forty years", "start": 35, "end": 46, "probability": 0.8}),
    ("/answer", {"question": "Who?", "passage": "No number."}, {"answer": None, "start": None, "end": None, "probability": None}),
    (
        "/fill-mask",
        {"texts": ["Oil [MASK] rose."], "top_k": 2},
        {"results": [[{"token": "prices", "probability": 0.25}, {"token": "shares", "probability": 0.125}]]},
    ),
    ("/fill-mask", {"texts": ["Oil rose."], "perplexity": True}, {"results": [[]], "perplexities": [9.0]}),
    (
        "/choose",
        {"question": "Why?", "choices": ["No.", "Demand fell."], "passage": PASSAGE},
        {"choice": 1, "probabilities": [pytest.approx(0.2), 0.8]},
    ),
    ("/embed", {"texts": ["oil"], "kind": "query"}, {"results": [[3.0, 1.0]]}),
    ("/embed", {"texts": ["oil"]}, {"results": [[3.0, 0.0]]}),
    ("/embed", {"texts": ["oil"], "kind": "tokens"}, {"results": [[{"token": "oil", "start": 0, "end": 3, "vector": [1.0]}]]}),
]


@pytest.mark.parametrize(("endpoint", "asked", "answer"), ANSWERED)
def test_every_endpoint_answers_in_the_order_of_the_request(
    client: TestClient, endpoint: str, asked: dict[str, object], answer: object
) -> None:
    response = client.post(endpoint, json=asked)
    assert (response.status_code, response.json()) == (200, answer)


@pytest.mark.parametrize(
    ("endpoint", "one", "list_of_one"),
    [
        ("/classify", {"task": "sentiment", "texts": "A bore."}, {"task": "sentiment", "texts": ["A bore."]}),
        ("/pair", {"task": "nli", "pairs": ["a", "b"]}, {"task": "nli", "pairs": [["a", "b"]]}),
        ("/tag", {"task": "pos", "words": ["Ships", "wait"]}, {"task": "pos", "words": [["Ships", "wait"]]}),
        ("/fill-mask", {"texts": "a [MASK]"}, {"texts": ["a [MASK]"]}),
        ("/embed", {"texts": "oil"}, {"texts": ["oil"]}),
    ],
)
def test_one_text_need_not_be_in_a_list(client: TestClient, endpoint: str, one: object, list_of_one: object) -> None:
    response = client.post(endpoint, json=one)
    assert response.status_code == 200
    assert response.json() == client.post(endpoint, json=list_of_one).json()


REFUSED = [
    ("/classify", {"texts": ["a"]}, "task", "missing"),
    ("/classify", {"task": "sentiment"}, "texts", "missing"),
    ("/classify", {"task": "sentiment", "texts": []}, "texts", "no values"),
    ("/classify", {"task": "sentiment", "texts": [""]}, "texts.0", "nothing in it"),
    ("/classify", {"task": "sentiment", "texts": ["a", "  "]}, "texts.1", "nothing in it"),
    ("/classify", {"task": "sentiment", "texts": ["a\0b"]}, "texts.0", "NUL"),
    ("/classify", {"task": "sentiment", "texts": 5}, "texts", "must be a list"),
    ("/classify", {"task": "sentiment", "texts": None}, "texts", "must be a list"),
    ("/classify", {"task": "sentiment", "texts": [5]}, "texts.0", "must be text"),
    ("/classify", {"task": "sentiment", "texts": [["a"]]}, "texts.0", "must be text"),
    ("/classify", {"task": "sentiment", "texts": ["x"] * 10_000}, "texts", f"at most {MAX_TEXTS}"),
    ("/classify", {"task": "sentiment", "texts": ["x" * 950_000]}, "texts", f"at most {MAX_CHARACTERS:,}"),
    ("/classify", {"task": "sentiment", "texts": ["x" * 1_000] * 101}, "texts", f"at most {MAX_CHARACTERS:,}"),
    ("/classify", {"task": "pos", "texts": ["a"]}, "task", "/tag"),
    ("/classify", {"task": "", "texts": ["a"]}, "task", "at least 1"),
    ("/classify", {"task": "sentiment", "texts": ["a"], "colour": "red"}, "colour", "task, texts"),
    ("/classify", ["a"], "body", "JSON object"),
    ("/pair", {"task": "nli", "pairs": [["a"]]}, "pairs.0.1", "missing"),
    ("/pair", {"task": "nli", "pairs": [["a", "b", "c"]]}, "pairs.0", "at most 2"),
    ("/pair", {"task": "nli", "pairs": [["a", ""]]}, "pairs.0.1", "nothing in it"),
    ("/pair", {"task": "nli", "pairs": []}, "pairs", "no values"),
    ("/pair", {"task": "sentiment", "pairs": [["a", "b"]]}, "task", "/classify"),
    ("/tag", {"task": "pos"}, "texts", "Neither"),
    ("/tag", {"task": "pos", "texts": ["a"], "words": [["a"]]}, "texts", "Both"),
    ("/tag", {"task": "pos", "words": [[]]}, "words.0", "no values"),
    ("/tag", {"task": "pos", "words": [["a", 1]]}, "words.0.1", "must be text"),
    ("/answer", {"passage": PASSAGE}, "question", "missing"),
    ("/answer", {"question": " ", "passage": PASSAGE}, "question", "nothing in it"),
    ("/answer", {"question": "a", "passage": "x" * 200_000}, "passage", f"at most {MAX_CHARACTERS:,}"),
    ("/fill-mask", {"texts": ["a [MASK]", "none"]}, "texts.1", "[MASK]"),
    ("/fill-mask", {"texts": ["[MASK]"], "top_k": 0}, "top_k", "at least 1"),
    ("/fill-mask", {"texts": ["[MASK]"], "top_k": "many"}, "top_k", "whole number"),
    ("/fill-mask", {"texts": ["a"] * 17, "perplexity": True}, "texts", "at most 16"),
    ("/fill-mask", {"texts": ["a " * 5001], "perplexity": True}, "texts", "with perplexity give at most 10,000"),
    ("/fill-mask", {"texts": ["[MASK] " * 129] * 2}, "texts", "258 masks: give at most 256"),
    ("/choose", {"question": "Why?", "choices": ["a"]}, "choices", "at least 2"),
    ("/choose", {"question": "Why?", "choices": ["a"] * 21}, "choices", "at most 20"),
    ("/embed", {"texts": ["a"], "kind": "colour"}, "kind", "passage, query, cls or tokens"),
    ("/embed", {"texts": ["a"] * 17, "kind": "tokens"}, "texts", "at most 16"),
]


@pytest.mark.parametrize(("endpoint", "asked", "field", "words"), REFUSED)
def test_what_cannot_be_answered_is_refused_in_one_sentence(
    client: TestClient, endpoint: str, asked: object, field: str, words: str
) -> None:
    response = client.post(endpoint, json=asked)
    problem = response.json()
    assert (response.status_code, problem["field"]) == (422, field)
    assert words in problem["error"]
    assert len(problem["error"]) < 250
    assert "\n" not in problem["error"]


def test_half_a_character_is_refused(client: TestClient) -> None:
    body = b'{"task": "sentiment", "texts": ["a", "\\ud800"]}'
    response = client.post("/classify", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["field"]) == (422, "texts.1")
    assert "surrogate" in response.json()["error"]


def test_a_megabyte_is_refused_at_the_door(client: TestClient) -> None:
    assert client.post("/classify", json={"task": "sentiment", "texts": ["x" * 1_000_000]}).status_code == 413


@pytest.mark.parametrize(
    ("endpoint", "body"), [("/classify", {"texts": ["a"]}), ("/pair", {"pairs": ["a", "b"]}), ("/tag", {"texts": ["a"]})]
)
def test_a_task_without_a_head_is_not_found_and_the_others_are_named(client: TestClient, endpoint: str, body: dict[str, object]) -> None:
    response = client.post(endpoint, json={"task": "mood", **body})
    assert response.status_code == 404
    assert "mood" in response.json()["error"]
    assert "sentiment" in response.json()["error"]


def test_the_catalogue_lists_what_is_installed_with_its_figures(client: TestClient) -> None:
    listed = {one["task"]: one for one in client.get("/heads").json()["heads"]}
    assert listed["sentiment"]["endpoint"] == "/classify"
    assert listed["sentiment"]["labels"] == ["negative", "positive"]
    assert listed["sentiment"]["figures"] == {"sst2: accuracy": 0.9255}
    assert listed["sentiment"]["published"] == {"BERT-base": "0.935"}
    assert listed["sentiment"]["fingerprint"]
    assert (listed["similarity"]["lowest"], listed["similarity"]["highest"]) == (0, 5)
    assert {one["endpoint"] for one in listed.values()} == {"/classify", "/pair", "/tag", "/answer", "/choose", "/fill-mask"}


@pytest.mark.parametrize("settings", [Settings(heads=False), Settings()], ids=["turned off", "none given"])
def test_turned_off_heads_are_not_found_and_searches_go_on(settings: Settings) -> None:
    heads = FakeHeads()
    with TestClient(create_app(FakeEngine(), settings, None if settings.heads else heads)) as client:
        for endpoint, asked, _ in ANSWERED:
            response = client.post(endpoint, json=asked)
            assert response.status_code == 404
            assert "BROADSHEET_HEADS=true" in response.json()["error"]
        assert client.get("/heads").status_code == 404
        assert client.get("/search", params={"q": "oil"}).status_code == 200
    assert heads.batches == []


class HeldHeads(FakeHeads):
    """Waits with its first answer until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.gate = threading.Event(), threading.Event()

    def classify(self, texts: Sequence[str], task: str) -> list[Label]:
        self.entered.set()
        self.gate.wait(30)
        return super().classify(texts, task)


def test_waiting_requests_for_a_task_are_answered_together_and_each_gets_its_own() -> None:
    heads = HeldHeads()
    app = create_app(FakeEngine(), Settings(), heads)
    with TestClient(app) as client, ThreadPoolExecutor(4) as threads:

        def ask(*texts: str) -> list[str]:
            response = client.post("/classify", json={"task": "sentiment", "texts": texts})
            return [one["label"] for one in response.json()["results"]]

        first = threads.submit(ask, "A bore.")
        heads.entered.wait(30)
        waiting = [threads.submit(ask, "A pleasure.", "A bore."), threads.submit(ask, "A bore."), threads.submit(ask, "A pleasure.")]
        while len(app.state.service.queue) < 3:
            pass
        heads.gate.set()
        assert first.result() == ["negative"]
        assert [one.result() for one in waiting] == [["positive", "negative"], ["negative"], ["positive"]]
    assert heads.batches == [1, 4]


def test_requests_are_counted_by_endpoint_and_by_tasks_that_exist() -> None:
    with TestClient(create_app(FakeEngine(), Settings(), FakeHeads())) as client:
        client.post("/classify", json={"task": "sentiment", "texts": ["a", "b"]})
        client.post("/classify", json={"task": "made-up-by-a-client", "texts": ["a"]})
        client.post("/answer", json={"question": "How low?", "passage": PASSAGE})
        exposed = client.get("/metrics").text
    assert 'broadsheet_head_requests_total{endpoint="/classify",task="sentiment"} 1.0' in exposed
    assert 'broadsheet_head_texts_total{endpoint="/classify",task="sentiment"} 2.0' in exposed
    assert 'broadsheet_head_requests_total{endpoint="/answer",task=""} 1.0' in exposed
    assert "made-up-by-a-client" not in exposed


@pytest.mark.parametrize("endpoint", ["/classify", "/pair", "/tag", "/answer", "/fill-mask", "/choose", "/embed"])
def test_the_documentation_shows_how_to_ask_and_what_comes_back(client: TestClient, endpoint: str) -> None:
    operation = client.get("/openapi.json").json()["paths"][endpoint]["post"]
    assert operation["responses"]["200"]["content"]["application/json"]["example"]
    assert {"404", "413", "422", "503"} <= operation["responses"].keys()
    page = client.get("/docs").text
    assert f"POST</span> {endpoint}" in page
    assert f"curl http://127.0.0.1:8000{endpoint}" in page


def test_the_examples_of_the_documentation_are_answered(client: TestClient) -> None:
    for operation in Reference.of(client.get("/openapi.json").json()).operations:
        if operation.path in {endpoint for endpoint, _, _ in ANSWERED}:
            _, _, body = operation.request.partition("-d '")
            response = client.post(operation.path, content=body[:-1], headers={"Content-Type": "application/json"})
            assert response.status_code == 200, operation.path
            assert response.json().keys() >= json.loads(operation.answer).keys()
