"""The page in a real browser: search, filters, keyboard, no script, hostile articles, a phone, the dark, and WCAG."""

import re

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import OpenPage

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def source(page: Page, name: str) -> Locator:
    return page.locator(f'input[name="source"][value="{name}"]')


def titles(page: Page) -> list[str]:
    return page.locator(".hit h2").all_inner_texts()


def test_a_search_shows_what_the_api_answers(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_label("Search the news by meaning").fill("oil harbour")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(r"/\?q=oil\+harbour$"))
    answer = page.request.get("/search?q=oil+harbour").json()
    assert titles(page) == [hit["title"] or "Untitled" for hit in answer["hits"]]
    expect(page.get_by_role("status")).to_have_text("7 articles 0.13 s")
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
    source(page, "Northern Courier").check()
    source(page, "Le Journal du Port").check()
    page.get_by_role("button", name="Apply filters").click()
    expect(page).to_have_url(re.compile(r"/\?q=oil&after=2020-06-01&source=Northern\+Courier&source=Le\+Journal\+du\+Port$"))
    assert titles(page) == ["Oil spill reaches the northern beaches", "Le prix du pétrole remonte"]
    expect(source(page, "Northern Courier")).to_be_checked()
    expect(page.get_by_label("On or after")).to_have_value("2020-06-01")
    page.get_by_role("link", name="Remove: Source: Northern Courier").click()
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
    expect(page).to_have_url(re.compile(r"/\?q=oil&top_k=2&sort=newest$"))
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
    page.wait_for_load_state()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    reached: list[str] = []
    while "Refiners cut output as demand collapses" not in reached:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", f"no focus ring on {reached[-1]!r}"
    sorts, measures = ["Relevance", "Newest", "Oldest", "Show every article"], ["Articles", "Share"]
    intervals = ["Day", "Week", "Month", "Year"]
    bar = "April 2020: 1 article, 50% of all"  # all bars together are one stop
    assert reached == [*sorts, *measures, *intervals, bar, "The numbers as a table", "Refiners cut output as demand collapses"]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".why dl").first).to_be_visible()


def test_the_page_works_without_script(open_page: OpenPage) -> None:
    page = open_page("/", java_script_enabled=False)
    page.get_by_role("button", name="Filters").click()
    source(page, "Northern Courier").check()
    page.keyboard.press("Escape")
    page.get_by_label("Search the news by meaning").fill("oil")
    page.get_by_role("button", name="Search").click()
    assert titles(page) == ["Oil spill reaches the northern beaches"]
    page.get_by_role("link", name="Oil spill reaches the northern beaches").click()
    expect(page.locator("#passage")).to_contain_text("Volunteers began")


def test_a_bar_of_the_timeline_narrows_the_search_to_its_dates(open_page: OpenPage) -> None:
    page = open_page("/?q=oil&top_k=2&offset=2")
    page.locator(".bars a").filter(has_text="June 2020").click()
    expect(page).to_have_url(re.compile(r"/\?q=oil&top_k=2&after=2020-06-01&before=2020-06-30$"))
    assert titles(page) == ["Oil price rises after producers agree on cuts", "Le prix du pétrole remonte"]
    expect(page.get_by_label("On or after")).to_have_value("2020-06-01")


def test_the_bars_have_the_same_numbers_as_the_table(open_page: OpenPage) -> None:
    page = open_page("/?q=oil&bars=share")
    spoken = page.locator(".bars title").all_text_contents()
    page.get_by_text("The numbers as a table").click()
    rows = [row.locator("th, td").all_inner_texts() for row in page.locator(".numbers tbody tr").all()]
    assert spoken[:3] == ["April 2020: 1 article, 50% of all", "May 2020: 0 articles, 0% of all", "June 2020: 2 articles, 50% of all"]
    assert rows[:3] == [["April 2020", "1", "2", "50%"], ["May 2020", "0", "0", "0%"], ["June 2020", "2", "4", "50%"]]
    assert [row[0] for row in rows] == [title.partition(":")[0] for title in spoken]


def test_the_arrows_go_from_bar_to_bar(open_page: OpenPage) -> None:
    page = open_page("/?q=oil")
    page.locator(".bars a").first.focus()
    for key, number in (("ArrowRight", 1), ("End", 9), ("ArrowRight", 9), ("ArrowLeft", 8), ("Home", 0)):
        page.keyboard.press(key)
        expect(page.locator(".bars a").nth(number)).to_be_focused()


def test_how_the_query_was_read_is_shown_and_can_be_taken_apart(open_page: OpenPage) -> None:
    page = open_page("/?q=oil+-beaches+%22the+price%22&topic=Business")
    assert page.locator(".chips li").all_text_contents() == [
        "by meaning: oil",
        "Remove: does not contain beaches ×",
        'Remove: contains "the price" ×',
        "Remove: Topic: Business ×",
    ]
    page.get_by_role("link", name="does not contain beaches").click()
    expect(page.locator("#q")).to_have_value('oil "the price"')


def test_a_sign_that_was_read_as_text_is_explained(open_page: OpenPage) -> None:
    page = open_page("/?q=oil+%22price")
    expect(page.locator(".notes")).to_have_text('The quotation mark in "price is not closed, so it was read as plain words.')


def test_a_misspelt_query_leads_to_the_right_one(open_page: OpenPage) -> None:
    page = open_page("/?q=oli&topic=Business")
    expect(page.locator(".suggestion")).to_have_text("Did you mean oil?")
    page.locator(".suggestion a").click()
    expect(page).to_have_url(re.compile(r"/\?topic=Business&q=oil$"))


def test_a_name_is_included_or_excluded_but_not_both(open_page: OpenPage) -> None:
    page = open_page("/?q=oil")
    source(page, "Northern Courier").check()
    page.get_by_label("Exclude Northern Courier").check()
    expect(source(page, "Northern Courier")).not_to_be_checked()
    page.get_by_role("button", name="Apply filters").click()
    expect(page).to_have_url(re.compile(r"/\?q=oil&not_source=Northern\+Courier$"))
    expect(page.get_by_label("Exclude Northern Courier")).to_be_checked()
    expect(page.locator(".chips")).to_contain_text("Source: not Northern Courier")


def test_suggestions_follow_what_is_typed(open_page: OpenPage) -> None:
    page = open_page("/")
    box = page.get_by_role("combobox")
    box.press_sequentially("ref")
    options = page.get_by_role("option")
    expect(options).to_have_count(1)
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_value("Refiners cut output as demand collapses")
    expect(box).to_have_attribute("aria-activedescendant", "suggestion-0")
    page.keyboard.press("Escape")
    expect(box).to_have_value("ref")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    options.first.click()
    assert titles(page)[0] == "Refiners cut output as demand collapses"


def test_recent_searches_are_kept_in_the_browser_until_cleared(open_page: OpenPage) -> None:
    page = open_page("/?q=oil&topic=Business")
    page.goto("/?q=zxcvb")  # found nothing
    page.goto("/")
    recent = page.locator("#history a")
    expect(recent).to_have_text(["oil"])
    page.get_by_role("combobox").press("ArrowDown")
    expect(page.get_by_role("option")).to_have_text(["oil"])
    page.keyboard.press("Escape")
    recent.click()
    expect(page).to_have_url(re.compile(r"/\?q=oil&topic=Business$"))
    page.goto("/")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#history")).to_be_hidden()
    page.reload()
    expect(page.locator("#history")).to_be_hidden()


def test_keys_lead_to_the_box_the_results_and_the_help(open_page: OpenPage) -> None:
    page = open_page("/?q=oil")
    results = page.locator(".hit h2 a")
    for key, number in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0)):
        page.keyboard.press(key)
        expect(results.nth(number)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("?/j")
    expect(page.locator("#q")).to_have_value("?/j")  # it was selected; keys typed there are text
    page.locator("main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="How to search")).to_be_visible()
    page.get_by_label("Use keyboard shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    expect(results.first).not_to_be_focused()


def test_the_chosen_colours_stay(open_page: OpenPage) -> None:
    page = open_page("/?q=oil", color_scheme="light")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/articles/1")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 22, 20)"
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def test_the_reader_changes_the_language_without_script(open_page: OpenPage) -> None:
    page = open_page("/?q=oil&top_k=2", java_script_enabled=False)
    page.get_by_role("button", name="中文").click()
    expect(page).to_have_url(re.compile(r"/\?q=oil&top_k=2$"))
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    expect(page.get_by_role("status")).to_have_text("5 篇文章 0.13 秒")
    expect(page.locator(".hit time").first).to_have_text("2020年4月21日")


def test_searches_are_compared(open_page: OpenPage) -> None:
    page = open_page("/?q=oil&topic=Business")
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_label("Search 1")).to_have_value("oil")
    page.get_by_label("Search 2").fill("harbour")
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile(r"/compare\?q=oil&q=harbour&topic=Business$"))
    expect(page.locator("polyline.series")).to_have_count(2)
    expect(page.locator(".side h2")).to_have_text(["oil", "harbour"])
    page.get_by_text("The numbers as a table").click()
    assert page.locator(".numbers thead th").all_inner_texts() == ["Month", "oil", "harbour"]
    page.locator(".numbers tbody tr").first.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/\?topic=Business&q=oil&after=2020-04-01&before=2020-04-30$"))


@pytest.mark.parametrize("address", ["/", "/?q=oil", "/compare?q=oil&q=harbour"])
def test_the_first_load_is_light(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.wait_for_load_state("networkidle")
    sizes = page.evaluate(
        """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
            .map((one) => [one.name, one.decodedBodySize])"""
    )
    assert {name.rpartition(".")[2] for name, _ in sizes} >= {"css", "js"}
    assert sum(size for _, size in sizes) < 100_000, sizes


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
    assert page.locator("main script, main img, main svg svg svg, main b, main i").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    assert page.locator("[onmouseover], [onload], [onerror]").count() == 0
    expect(page.locator("body")).to_contain_text("<script>alert(")


def test_the_phone_has_its_filters_behind_a_button(open_page: OpenPage) -> None:
    page = open_page("/?q=oil", **PHONE)
    courier = source(page, "Northern Courier")
    expect(courier).to_be_hidden()
    opener = page.get_by_role("button", name="Filters")
    opener.tap()
    expect(courier).to_be_visible()
    page.keyboard.press("Escape")
    expect(courier).to_be_hidden()
    expect(opener).to_be_focused()
    opener.tap()
    courier.check()
    page.get_by_role("button", name="Apply filters").tap()
    expect(page.locator(".hit h2")).to_have_text(["Oil spill reaches the northern beaches"])


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


@pytest.mark.parametrize("back", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "/\t/elsewhere.example", ""])
def test_a_choice_never_leads_elsewhere(client: TestClient, back: str) -> None:
    response = client.post("/preferences", data={"back": back, "theme": "dark"}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/")


def test_what_is_no_choice_is_not_kept(client: TestClient) -> None:
    response = client.post("/preferences", data={"back": "/?q=oil", "language": "xx"}, follow_redirects=False)
    assert response.headers["location"] == "/?q=oil"
    assert "set-cookie" not in response.headers
    assert client.post("/preferences", data={"theme": "pink"}).status_code == 422


def test_the_address_can_say_the_language(client: TestClient) -> None:
    assert '<html lang="zh"' in client.get("/?q=oil&lang=zh", headers={"Accept-Language": "en"}).text
    assert '<html lang="en"' in client.get("/?q=oil&lang=xx").text
    assert "lang=zh" in client.get("/?q=oil&lang=zh").text  # its links keep it
