"""The heads on the command line: the same answers as over HTTP, and readable without --json."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from search.assemble import open_predictor
from search.cli import application
from search.errors import BadInput, NotFound
from search.settings import Settings
from tests.tiny_heads import CARDS, make_heads
from tests.web.fake_engine import FakeEngine
from web.app import create_app


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    make_heads(folder / "heads")
    return folder


@pytest.fixture(scope="module")
def client(data: Path) -> Iterator[TestClient]:
    settings = Settings(data=data, deadline=60)
    with TestClient(create_app(FakeEngine(), settings, open_predictor(settings))) as client:
        yield client


def run(data: Path, *arguments: str, typed: str | None = None) -> str:
    result = CliRunner().invoke(application(), [*arguments, "--data", str(data)], input=typed, env={"COLUMNS": "100"})
    if result.exception:
        raise result.exception
    return result.stdout


SAME = [
    (["classify", "mood", "a great film", "a poor match"], {"task": "mood", "texts": ["a great film", "a poor match"]}),
    (["pair", "same", "oil fell", "prices fell"], {"task": "same", "pairs": [["oil fell", "prices fell"]]}),
    (["pair", "alike", "oil fell", "prices fell"], {"task": "alike", "pairs": [["oil fell", "prices fell"]]}),
    (["tag", "names", "The bank of London rose. Oil fell."], {"task": "names", "texts": ["The bank of London rose. Oil fell."]}),
    (["tag", "names", "--words", "the bank rose"], {"task": "names", "words": [["the", "bank", "rose"]]}),
    (["answer", "what fell", "--passage", "oil prices fell after"], {"question": "what fell", "passage": "oil prices fell after"}),
    (["fill-mask", "oil [MASK] fell", "-k", "2"], {"texts": ["oil [MASK] fell"], "top_k": 2}),
    (["fill-mask", "oil fell", "--perplexity"], {"texts": ["oil fell"], "perplexity": True}),
    (
        ["choose", "what fell", "oil", "the cup", "--passage", "oil fell"],
        {"question": "what fell", "choices": ["oil", "the cup"], "passage": "oil fell"},
    ),
]


@pytest.mark.parametrize(("arguments", "body"), SAME, ids=[" ".join(arguments[:2]) for arguments, _ in SAME])
def test_command_line_and_api_give_the_same_answer(data: Path, client: TestClient, arguments: list[str], body: object) -> None:
    response = client.post(f"/{arguments[0]}", json=body)
    assert response.status_code == 200, response.text
    assert json.loads(run(data, *arguments, "--json")) == response.json()


def test_both_list_the_same_heads(data: Path, client: TestClient) -> None:
    listed = json.loads(run(data, "heads", "--json"))
    assert listed == client.get("/heads").json()
    assert {one["task"] for one in listed["heads"]} >= {card.task for card in CARDS}


def test_a_shipped_head_is_listed_with_its_model_card(data: Path) -> None:
    heads = {one["task"]: one for one in json.loads(run(data, "heads", "--json"))["heads"]}
    assert "Licence of the data" in heads["sentiment"]["model_card"]
    assert heads["sentiment"]["max_tokens"] == 128
    assert heads["mood"]["model_card"] == ""


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["classify", "mood", "a great film"], ["a great film", "positive", "negative", "0."]),
        (["pair", "same", "oil", "prices"], ["oil", "prices", "yes", "no"]),
        (["pair", "alike", "oil", "prices"], ["on a scale from 0 to 5"]),
        (["tag", "names", "The bank rose."], ["The bank rose."]),
        (["answer", "what fell", "--passage", "oil prices fell after"], ["oil prices fell after"]),
        (["fill-mask", "oil [MASK] fell", "--perplexity"], ["oil [MASK] fell", "pseudo-perplexity"]),
        (["choose", "what fell", "oil", "the cup"], ["→", "the cup"]),
        (["heads"], ["mood", "/classify", "negative, positive", "0 to 5"]),
    ],
    ids=lambda value: value[0] if value else "",
)
def test_without_json_people_can_read_it(data: Path, arguments: list[str], shown: list[str]) -> None:
    printed = run(data, *arguments)
    assert [words for words in shown if words not in printed] == []
    assert "{" not in printed


def test_texts_come_from_standard_input_one_to_a_line(data: Path) -> None:
    piped = run(data, "classify", "mood", "-", "--json", typed="a great film\n\na poor match\n")
    assert json.loads(piped) == json.loads(run(data, "classify", "mood", "a great film", "a poor match", "--json"))
    pairs = run(data, "pair", "same", "-", "--json", typed="oil fell\tprices fell\n")
    assert json.loads(pairs) == json.loads(run(data, "pair", "same", "oil fell", "prices fell", "--json"))


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (["classify", "mood", "-"], "", "no text"),
        (["classify", "names", "a"], None, "/tag"),
        (["tag", "mood", "a"], None, "broadsheet classify"),
        (["pair", "same", "a"], None, "one text"),
        (["pair", "same", "-"], "a b\n", "Line 1"),
        (["choose", "what", "a"], None, "at least two"),
        (["fill-mask", "oil fell"], None, "[MASK]"),
        (["classify", "mood", ""], None, "texts has the value ''"),
        (["pair", "same", "a", " "], None, "second has the value ' '"),
        (["choose", "", "a", "b"], None, "question has"),
        (["choose", "what", "a", ""], None, "choices has"),
        (["answer", " ", "--passage", "a"], None, "question has"),
        (["answer", "what", "--passage", ""], None, "passage has"),
    ],
)
def test_what_cannot_be_answered_is_bad_input(data: Path, arguments: list[str], typed: str | None, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        run(data, *arguments, typed=typed)
    assert words in str(caught.value)


def test_a_task_without_a_head_is_not_found(data: Path) -> None:
    with pytest.raises(NotFound, match=r"installed: .*alike, answer"):
        run(data, "classify", "colour", "a")


def test_long_texts_are_tagged_to_their_end_and_answers_found_in_long_passages(client: TestClient) -> None:
    text = "The bank of London rose on Friday. " * 40
    [tagged] = client.post("/tag", json={"task": "names", "texts": [text]}).json()["results"]
    assert tagged["tokens"][-1]["end"] == len(text) - 1
    assert all(text[one["start"] : one["end"]] == one["text"] for one in tagged["tokens"] + tagged["entities"])
    found = client.post("/answer", json={"question": "what fell", "passage": text}).json()
    assert found["answer"]
    assert text[found["start"] : found["end"]] == found["answer"]


@pytest.mark.parametrize("text", ["…", "💥 海港", "\u202e\u0007 x", "a" * 3_000, "x\n\n\t y"])
def test_odd_texts_are_answered(client: TestClient, text: str) -> None:
    for endpoint, body in (
        ("/classify", {"task": "mood", "texts": [text]}),
        ("/tag", {"task": "names", "texts": [text]}),
        ("/answer", {"question": text, "passage": text}),
        ("/choose", {"question": text, "choices": [text, text]}),
        ("/fill-mask", {"texts": [f"{text[:20]} [MASK]"]}),
    ):
        assert client.post(endpoint, json=body).status_code == 200, endpoint
