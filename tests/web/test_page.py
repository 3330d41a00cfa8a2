"""The page in a real browser: search, filters, keyboard, no script, hostile articles, a phone, the dark, and WCAG."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPage

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
EVERY_PAGE = [
    "/",
    "/?q=oil",
    "/?q=oil&top_k=1&offset=2",
    "/?q=oil&after=2020-04&topic=Business&source=Northern+Courier&mode=dense",
    "/?q=hostile",
    "/?q=zxcvb",
    "/?q=oil&after=yesterday",
    "/articles/1?q=oil&passage=120-364",
    "/articles/6",
    "/articles/8",
    "/articles/77",
    "/docs",
]


def titles(page: Page) -> list[str]:
    return page.locator(".hit h2").all_inner_texts()


def test_a_search_shows_what_the_api_answers(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_label("Search the news by meaning").fill("oil harbour")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(r"/\?q=oil\+harbour$"))
    answer = page.request.get("/search?q=oil+harbour").json()
    assert titles(page) == [hit["title"] or "Untitled" for hit in answer["hits"]]
    expect(page.get_by_role("status")).to_have_text("7 articles in 0.13 s")
    hit = page.locator(".hit").first
    expect(hit.locator(".byline")).to_contain_text("The Harbour Gazette")
    expect(hit.locator("time")).to_have_text("21 April 2020")
    expect(hit.locator("time")).to_have_attribute("datetime", "2020-04-21")
    expect(hit.locator("mark")).to_have_text("harbour")
    hit.get_by_text("Why this result").click()
    for name in ("Relevance", "First stage", "Similarity", "Words"):
        expect(hit.get_by_text(name, exact=True)).to_be_visible()


def test_filters_narrow_the_results_and_stay_in_the_address(open_page: OpenPage) -> None:
    page = open_page("/?q=oil")
    page.get_by_label("On or after").fill("2020-06-01")
    page.get_by_label("Northern Courier").check()
    page.get_by_label("Le Journal du Port").check()
    page.get_by_role("button", name="Apply filters").click()
    expect(page).to_have_url(re.compile(r"/\?q=oil&after=2020-06-01&source=Northern\+Courier&source=Le\+Journal\+du\+Port$"))
    assert titles(page) == ["Oil spill reaches the northern beaches", "Le prix du pétrole remonte"]
    expect(page.get_by_label("Northern Courier")).to_be_checked()
    expect(page.get_by_label("On or after")).to_have_value("2020-06-01")
    page.get_by_role("link", name="Remove the filter source: Northern Courier").click()
    assert titles(page) == ["Le prix du pétrole remonte"]


def test_a_year_in_the_address_survives_the_form(open_page: OpenPage) -> None:
    page = open_page("/?q=oil&before=2020")
    expect(page.get_by_label("On or before")).to_have_value("2020")
    page.get_by_role("button", name="Apply filters").click()
    expect(page).to_have_url(re.compile(r"before=2020$"))


def test_advanced_choices_survive_the_form(open_page: OpenPage) -> None:
    page = open_page("/?q=oil&top_k=3&mode=bm25&rerank=false")
    page.get_by_label("On or after").fill("2020-06-01")
    page.get_by_role("button", name="Apply filters").click()
    expect(page).to_have_url(re.compile(r"/\?q=oil&after=2020-06-01&mode=bm25&rerank=false&top_k=3$"))


def test_results_can_be_put_in_order_of_date(open_page: OpenPage) -> None:
    page = open_page("/?q=oil&top_k=2&offset=2")
    page.get_by_role("link", name="Newest").click()
    expect(page).to_have_url(re.compile(r"/\?q=oil&top_k=2&sort=date$"))
    assert titles(page) == ["Oil spill reaches the northern beaches", "Le prix du pétrole remonte"]
    expect(page.get_by_role("link", name="Newest")).to_have_attribute("aria-current", "true")


def test_pages_follow_each_other_without_a_gap(open_page: OpenPage) -> None:
    page = open_page("/?q=oil&top_k=2&language=en&language=fr")
    seen = titles(page)
    while (following := page.get_by_role("link", name="Next")).count():
        following.click()
        assert "language=en&language=fr" in page.url
        seen += titles(page)
    assert seen == [hit["title"] for hit in page.request.get("/search?q=oil&language=en&language=fr").json()["hits"]]
    expect(page.get_by_role("link", name="Page 2")).to_have_attribute("aria-current", "page")


def test_an_article_shows_the_passage_and_the_way_back(open_page: OpenPage) -> None:
    page = open_page("/?q=refiners+oil&topic=Energy")
    page.get_by_role("link", name="Refiners cut output as demand collapses").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Refiners cut output as demand collapses")
    expect(page.locator("#passage")).to_be_in_viewport()
    expect(page.locator(".text mark").first).to_contain_text("Storage tanks at the harbour")
    expect(page.locator(".text p").first.locator("mark")).to_have_count(0)
    original = page.get_by_role("link", name="https://gazette.example/refiners")
    expect(original).to_have_attribute("rel", "noopener noreferrer")
    expect(page.locator(".similar li")).to_have_count(6)
    page.get_by_role("link", name="Results for").click()
    expect(page).to_have_url(re.compile(r"/\?q=refiners\+oil&topic=Energy$"))


def test_the_keyboard_is_enough(open_page: OpenPage) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Search the news by meaning")).to_be_focused()
    page.keyboard.type("oil")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=oil"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    reached: list[str] = []
    while "Refiners cut output as demand collapses" not in reached:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", f"no focus ring on {reached[-1]!r}"
    assert reached == ["Relevance", "Newest", "Refiners cut output as demand collapses"]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".why dl").first).to_be_visible()


def test_the_page_works_without_script(open_page: OpenPage) -> None:
    page = open_page("/", java_script_enabled=False)
    page.get_by_label("Search the news by meaning").fill("oil")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Northern Courier").check()
    page.get_by_role("button", name="Search").click()
    assert titles(page) == ["Oil spill reaches the northern beaches"]
    page.get_by_role("link", name="Oil spill reaches the northern beaches").click()
    expect(page.locator("#passage")).to_contain_text("Volunteers began")


def test_a_running_search_is_announced(open_page: OpenPage) -> None:
    page = open_page("/?q=oil")
    page.evaluate(
        """() => document.getElementById("search").addEventListener("submit", (event) => {
            event.preventDefault();
            window.seen = [document.getElementById("main").ariaBusy, document.getElementById("status").textContent];
        })"""
    )
    page.get_by_role("button", name="Search").click()
    assert page.evaluate("window.seen") == ["true", "Searching…"]


@pytest.mark.parametrize("address", ["/?q=hostile+oil", "/articles/6?q=hostile&passage=0-30", "/?q=%3Cscript%3Ealert(1)%3C/script%3E"])
def test_nothing_of_an_article_or_a_query_runs(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    assert page.locator("main script, main img, main svg, main b, main i").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    assert page.locator("[onmouseover], [onload], [onerror]").count() == 0
    expect(page.locator("body")).to_contain_text("<script>alert(")


@pytest.mark.parametrize("address", EVERY_PAGE)
def test_no_page_scrolls_sideways(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(("address", "scheme"), [*((one, "light") for one in EVERY_PAGE), *((one, "dark") for one in EVERY_PAGE[1:8:3])])
def test_every_page_is_accessible(open_page: OpenPage, address: str, scheme: str) -> None:
    page = open_page(address, color_scheme=scheme, bypass_csp=True)  # axe itself is an inline script
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    violations = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []


def test_the_phone_has_its_filters_behind_a_button(open_page: OpenPage) -> None:
    page = open_page("/?q=oil", **PHONE)
    expect(page.get_by_label("Northern Courier")).to_be_hidden()
    page.get_by_text("Filters", exact=True).tap()
    expect(page.get_by_label("Northern Courier")).to_be_visible()


def test_the_page_is_dark_when_the_reader_wants_it(open_page: OpenPage) -> None:
    def brightness(page: Page) -> list[int]:
        colours = page.evaluate("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
        return [sum(map(int, re.findall(r"\d+", colour))) for colour in colours]

    paper, ink = brightness(open_page("/?q=oil", color_scheme="dark"))
    assert paper < 150 < 600 < ink
    paper, ink = brightness(open_page("/?q=oil", color_scheme="light"))
    assert ink < 150 < 600 < paper


def test_a_bad_date_is_explained_beside_the_form(client: TestClient) -> None:
    response = client.get("/?q=oil&after=yesterday&source=Northern+Courier")
    assert response.status_code == 422
    assert "after is &#39;yesterday&#39;, which is no date" in response.text
    assert 'value="yesterday" aria-invalid="true" aria-describedby="problem"' in response.text
    assert 'value="Northern Courier" checked' in response.text


def test_an_empty_result_says_what_to_try(client: TestClient) -> None:
    response = client.get("/?q=zxcvb&source=Northern+Courier&mode=dense")
    assert response.status_code == 200
    assert "Nothing relevant found" in response.text
    assert '<a href="/?q=zxcvb&amp;mode=dense">Search without filters</a>' in response.text


def test_a_page_past_the_last_leads_back(client: TestClient) -> None:
    response = client.get("/?q=oil&offset=500")
    assert "past the last result" in response.text


def test_an_empty_archive_says_how_to_fill_it(empty_client: TestClient) -> None:
    for path in ("/", "/?q=oil"):
        response = empty_client.get(path)
        assert response.status_code == 503
        assert "broadsheet index PATH" in response.text


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/articles/77", "*/*", "text/html"),
        ("/articles/seven", "*/*", "text/html"),
        ("/articles/99999999999999999999", "*/*", "text/html"),
        ("/nowhere", "text/html", "text/html"),
        ("/nowhere", "*/*", "application/json"),
    ],
)
def test_what_is_not_there_is_a_page_for_people_and_json_for_programs(client: TestClient, path: str, accept: str, kind: str) -> None:
    response = client.get(path, headers={"Accept": accept})
    assert response.status_code == 404
    assert response.headers["content-type"].startswith(kind)


def test_an_article_can_be_read_while_the_models_are_busy(client: TestClient) -> None:
    client.app.state.service.queue.size = 0  # type: ignore[attr-defined]
    response = client.get("/articles/1")
    assert response.status_code == 200
    assert "Similar articles" not in response.text
