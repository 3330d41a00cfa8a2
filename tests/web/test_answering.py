"""Questions above their results and claims beside an article, over an engine and heads whose answers are known."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from search.heads.answers import Label
from search.question_answering import ARTICLES
from search.settings import Settings
from tests.web.fake_asking import SPAN, STANCE, AskingHeads
from tests.web.fake_engine import ARTICLES as ARCHIVE
from tests.web.fake_engine import FakeEngine
from web.app import create_app

QUESTION = {"q": "how low is demand for petrol from the refiners"}
CLAIM = "Output will recover slowly"


@pytest.fixture
def heads() -> AskingHeads:
    return AskingHeads(SPAN, STANCE)


@pytest.fixture
def asking(engine: FakeEngine, heads: AskingHeads) -> Iterator[TestClient]:
    with TestClient(create_app(engine, Settings(), heads)) as client:
        yield client


@pytest.fixture
def silent(engine: FakeEngine, heads: AskingHeads) -> Iterator[TestClient]:
    with TestClient(create_app(engine, Settings(answers=False), heads)) as client:
        yield client


def test_the_page_of_a_question_offers_to_look_for_its_answer_and_has_not_looked(asking: TestClient, heads: AskingHeads) -> None:
    page = asking.get("/", params=QUESTION).text
    assert re.search(r'<a href="/\?q=how[^"]*&amp;answers=true">Look for an answer in the articles</a>', page)
    assert 'data-fragment="/answers?q=how' in page
    assert heads.batches == []


@pytest.mark.parametrize("parameters", [{"q": "oil price"}, {**QUESTION, "offset": 1}, {"q": "who's zxcvb qwrtz?"}])
def test_key_words_later_pages_and_empty_ones_offer_none(asking: TestClient, parameters: dict[str, str]) -> None:
    page = asking.get("/", params=parameters)
    assert page.status_code == 200
    assert 'id="answers"' not in page.text


def test_the_answer_is_marked_in_its_sentence_and_linked_to_its_place(asking: TestClient, heads: AskingHeads) -> None:
    shown = asking.get("/answers", params={**QUESTION, "topic": "Business"}).text
    end = ARCHIVE[0].text.index("forty years.") + len("forty years.")
    assert "fell to its lowest level in <mark>forty years</mark>.</p>" in shown
    link = f"/articles/1?q=how+low+is+demand+for+petrol+from+the+refiners&amp;topic=Business&amp;passage=0-{end}#passage"
    assert f'href="{link}"' in shown
    assert "<html" not in shown
    assert len(heads.batches) == 1


def test_without_a_script_the_link_shows_the_same_on_the_page(asking: TestClient) -> None:
    fragment = asking.get("/answers", params=QUESTION).text
    page = asking.get("/", params={**QUESTION, "answers": "true"}).text
    assert "data-fragment" not in page
    found = re.search(r'<p class="quote".*?</p>', fragment, re.DOTALL)
    assert found is not None
    assert found[0] in page


def test_it_is_said_when_no_article_answers(asking: TestClient) -> None:
    shown = asking.get("/answers", params={"q": "who rang the quiet bell in that harbour?", "language": "fr"}).text
    assert "No answer was found" in shown


def test_a_hostile_article_is_escaped_in_an_answer(heads: AskingHeads) -> None:
    hostile = ARCHIVE[5].__class__("x", "<b>oil</b>", "<script>alert(1)</script> lasted six months & more", language='en"><i>')
    with TestClient(create_app(FakeEngine((hostile, *ARCHIVE[:1])), Settings(), heads)) as client:
        shown = client.get("/answers", params={"q": "how oil lasted months"}).text
    assert "<script>" not in shown
    assert "<i>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; lasted <mark>six months</mark> &amp; more" in shown


def test_turned_off_nothing_is_offered_and_asking_says_how_to_turn_it_on(silent: TestClient) -> None:
    assert 'id="answers"' not in silent.get("/", params={**QUESTION, "answers": "true"}).text
    assert 'id="stance"' not in silent.get("/articles/1", params={"claim": CLAIM}).text
    for refused in (silent.get("/answers", params=QUESTION), silent.post("/api/articles/1/stance", json={"claim": CLAIM})):
        assert refused.status_code == 404
        assert "BROADSHEET_ANSWERS=true" in refused.text


def test_without_the_heads_nothing_is_offered(client: TestClient, engine: FakeEngine) -> None:
    with TestClient(create_app(engine, Settings(), AskingHeads())) as headless:
        for one in (client, headless):
            assert 'id="answers"' not in one.get("/", params={**QUESTION, "answers": "true"}).text
            assert 'id="stance"' not in one.get("/articles/1", params={"claim": CLAIM}).text
            assert one.post("/api/articles/1/stance", json={"claim": CLAIM}).status_code == 404


def test_an_article_says_what_it_makes_of_a_claim(asking: TestClient) -> None:
    answer = asking.post("/api/articles/1/stance", json={"claim": CLAIM}).json()
    text = ARCHIVE[0].text
    assert (answer["id"], answer["claim"], answer["label"], answer["clear"]) == (1, CLAIM, "agree", True)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    sentence = answer["sentence"]
    assert text[sentence["start"] : sentence["end"]] == sentence["text"]
    assert "recover slowly" in sentence["text"]
    page = asking.get("/articles/1", params={"claim": CLAIM, "q": "oil"}).text
    assert "The article supports the claim." in page
    assert f'passage={sentence["start"]}-{sentence["end"]}#passage">' in page
    assert f'name="claim" value="{CLAIM}"' in page
    assert '<input type="hidden" name="q" value="oil">' in page


def test_a_stance_that_is_less_likely_than_not_is_called_unclear(asking: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    even = {"agree": 0.1, "disagree": 0.14, "discuss": 0.38, "unrelated": 0.38}
    monkeypatch.setattr(AskingHeads, "_stance", lambda *_: Label(label="discuss", probabilities=even))
    answer = asking.post("/api/articles/1/stance", json={"claim": CLAIM}).json()
    assert (answer["label"], answer["clear"]) == ("disagree", False)  # what is seldom counts more
    page = asking.get("/articles/1", params={"claim": CLAIM}).text
    assert "It is not clear what the article makes of the claim." in page
    assert "disputes the claim." not in page


def test_of_another_subject_no_sentence_is_told(asking: TestClient) -> None:
    answer = asking.post("/api/articles/1/stance", json={"claim": "Elephants forget everything"}).json()
    assert (answer["label"], answer["sentence"]) == ("unrelated", None)
    assert "The article is about something else." in asking.get("/articles/1", params={"claim": "Elephants forget everything"}).text


def test_without_a_claim_there_is_the_form_alone(asking: TestClient, heads: AskingHeads) -> None:
    page = asking.get("/articles/1").text
    assert 'id="claim"' in page
    assert "verdict" not in page
    assert heads.batches == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [({}, 422, "claim"), ({"claim": " "}, 422, "claim"), ({"claim": "x" * 1001}, 422, "claim"), ({"claim": 5}, 422, "claim")],
)
def test_a_claim_that_is_none_is_refused(asking: TestClient, body: dict[str, object], status: int, field: str) -> None:
    refused = asking.post("/api/articles/1/stance", json=body)
    assert (refused.status_code, refused.json()["field"]) == (status, field)
    assert asking.post("/api/articles/77/stance", json={"claim": CLAIM}).status_code == 404


def test_an_archive_is_asked_over_the_api(asking: TestClient, heads: AskingHeads) -> None:
    answer = asking.post("/answer", json={"question": "how low is demand for oil and petrol?", "top_k": 1, "topic": ["Business"]}).json()
    (found,) = answer["answers"]
    text = ARCHIVE[found["article"]["id"] - 1].text
    assert text[found["start"] : found["end"]] == found["answer"]
    assert text[found["sentence"]["start"] : found["sentence"]["end"]] == found["sentence"]["text"]
    assert "Business" in found["article"]["topics"]
    assert answer["question"] == "how low is demand for oil and petrol?"
    assert 1 <= answer["articles_read"] <= ARTICLES
    assert heads.batches == [answer["articles_read"]]
    assert 0 <= found["support"] <= found["probability"] <= 1
    assert asking.post("/answer", json={"question": "how long?", "passage": "It took six months."}).json()["answer"] == "six months"


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"top_k": 0}, "top_k"),
        ({"question": "how? " * 1000}, "question"),
        ({"after": "soon"}, "after"),
        ({"passage": "It was.", "topic": ["Sport"]}, "topic"),
    ],
)
def test_a_wrong_question_to_the_archive_is_refused(asking: TestClient, extra: dict[str, object], field: str) -> None:
    refused = asking.post("/answer", json={"question": "how low is it?"} | extra)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
