"""The lab: every installed head can be tried without a script, and its answer is drawn with words and not by colour alone."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from search.heads.answers import TaggedAnswer
from search.settings import Settings
from tests.web.conftest import OpenPage
from tests.web.fake_engine import FakeEngine
from tests.web.fake_heads import CARDS, FakeHeads
from web.app import create_app
from web.lab import example_of, word_pieces

PASSAGE = "Demand fell to its lowest level in forty years."


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(FakeEngine(), Settings(), FakeHeads())) as client:
        yield client


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("card", CARDS, ids=[card.task for card in CARDS])
def test_the_example_of_every_head_can_be_tried_by_its_form_alone(client: TestClient, card) -> None:  # type: ignore[no-untyped-def]
    empty = client.get("/lab", params={"head": card.task}).text
    assert "<form" in empty
    assert 'id="result"' not in empty
    asked = {"head": card.task, **example_of(card)}
    for name in example_of(card):
        assert re.search(f'<(input|textarea)[^>]* name="{name}"', empty)
    tried = client.get("/lab", params=asked)
    assert tried.status_code == 200
    assert 'id="result"' in tried.text


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"head": "sentiment", "text": "A pleasure."}, "positive (most probable) 90% negative 10%"),
        ({"head": "nli", "text": "a", "second": "b"}, "neutral (most probable) 70% entailment 20% contradiction 10%"),
        ({"head": "similarity", "text": "a", "second": "b"}, "1.25"),
        ({"head": "answer", "question": "How low?", "passage": PASSAGE}, "forty years Probability 80%"),
        ({"head": "answer", "question": "How low?", "passage": "No number."}, "The passage does not answer the question."),
        ({"head": "choice", "question": "Why?", "choices": "No.\n\nDemand fell."}, "No. 20% Demand fell. (most probable) 80%"),
        ({"head": "mask", "text": "Oil [MASK] rose."}, "prices (most probable) 25% shares 12%"),
        ({"head": "mask", "text": "[MASK] and [MASK]."}, "Gap 2 prices (most probable) 25%"),
        ({"head": "ner", "text": "Nobody."}, "No names were found."),
    ],
)
def test_the_answer_is_said_in_words(client: TestClient, asked: dict[str, str], shown: str) -> None:
    assert shown in words(client.get("/lab", params=asked).text)


def test_names_are_marked_in_their_text_and_say_what_they_are(client: TestClient) -> None:
    page = client.get("/lab", params={"head": "ner", "text": "Ines Okafor left Lagos <now>."}).text
    assert re.search(r'<mark class="c\d">Ines Okafor<span class="tag" lang="en">PER</span></mark> left <mark', page)
    assert "&lt;now&gt;" in page
    assert "<th scope=\"row\" dir=\"auto\">Lagos</th>" in page  # fmt: skip


def test_the_answer_is_marked_in_its_passage(client: TestClient) -> None:
    page = client.get("/lab", params={"head": "answer", "question": "How low?", "passage": PASSAGE}).text
    assert "lowest level in <mark>forty years</mark>." in page


def test_the_pieces_of_a_tagged_text_are_the_text() -> None:
    text = "  Ines Okafor left\nLagos. "
    heads = FakeHeads()
    for task, labels in (("ner", CARDS[3].labels), ("pos", CARDS[5].labels)):
        [tagged] = heads.tag([text], task)
        pieces = list(word_pieces(text, tagged, labels))
        assert "".join(piece.text for piece in pieces) == text
        assert [piece.tag for piece in pieces if piece.tag] == (["PER", "LOC"] if task == "ner" else ["NN", "NN", "VB", "NN", "VB"])
    assert list(word_pieces("", TaggedAnswer(tokens=[], entities=[]), ())) == []


def test_the_card_says_how_good_the_head_is(client: TestClient) -> None:
    page = words(client.get("/lab", params={"head": "sentiment"}).text)
    assert "sst2: accuracy 0.925" in page or "sst2: accuracy 0.926" in page
    assert "BERT-base 0.935" in page
    assert "67,349 sentences" in page
    assert "Answers LOC, PER" in words(client.get("/lab", params={"head": "ner"}).text)


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"head": "mask", "text": "No gap."}, 422, "has no [MASK]"),
        ({"head": "nli", "text": "One text."}, 422, "second is empty"),
        ({"head": "choice", "question": "Why?", "choices": "One."}, 422, "Give 2 to 20 choices, each on a line of its own, instead of 1."),
        ({"head": "choice", "question": "Why?", "choices": "a\n" * 21}, 422, "instead of 21."),
        ({"head": "mood", "text": "a"}, 404, "There is no head"),
        ({"head": "sentiment", "text": "x" * 5_001}, 422, "at most 5,000 characters"),
        ({"head": "sentiment", "colour": "red"}, 422, "Unknown parameter"),
    ],
)
def test_what_cannot_be_tried_is_said_on_a_page(client: TestClient, asked: dict[str, str], status: int, said: str) -> None:
    response = client.get("/lab", params=asked)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert said in response.text
    if status == 422 and "text" in asked and len(asked["text"]) < 100 and "colour" not in asked:
        assert asked["text"] in response.text  # what was typed is still there


def test_without_any_head_the_lab_says_how_to_get_one() -> None:
    with TestClient(create_app(FakeEngine(), Settings(), FakeHeads(()))) as client:
        page = client.get("/lab")
    assert page.status_code == 200
    assert "broadsheet train head" in page.text
    assert "<textarea" not in page.text


def test_where_the_heads_are_turned_off_the_lab_says_so() -> None:
    with TestClient(create_app(FakeEngine(), Settings(heads=False), FakeHeads())) as client:
        page = client.get("/lab")
    assert page.status_code == 404
    assert "BROADSHEET_HEADS=true" in page.text


def test_the_lab_is_linked_from_every_page(client: TestClient) -> None:
    assert 'href="/lab"' in client.get("/").text
    assert 'href="/lab"' in client.get("/help").text


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_a_head_is_tried_by_keyboard_and_the_address_repeats_it(open_page: OpenPage, script: bool) -> None:
    page = open_page("/lab", java_script_enabled=script, locale="en-GB")
    page.get_by_role("link", name="sentiment", exact=True).press("Enter")
    text = page.get_by_label("Text", exact=True)
    text.fill("A pleasure, 海港 & more.")
    text.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Answer")).to_contain_text("positive")
    page.goto(page.url)
    expect(page.get_by_label("Text", exact=True)).to_have_value("A pleasure, 海港 & more.")
    expect(page.get_by_role("region", name="Answer")).to_contain_text("90%")


def test_a_long_text_in_chinese_fits_into_the_address(open_page: OpenPage) -> None:
    page = open_page("/lab?head=sentiment", locale="en-GB")
    page.get_by_label("Text", exact=True).fill("海" * 5_000)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("negative")
