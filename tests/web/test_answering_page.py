"""Answers and claims in a real browser, with a script and without."""

import re

from playwright.sync_api import expect

from tests.web.conftest import OpenPage

ADDRESS = "/?q=how+low+is+demand+for+oil"


def test_the_answer_comes_by_itself_and_leads_to_its_place(open_page: OpenPage) -> None:
    page = open_page(ADDRESS)
    expect(page.locator("#answers .quote mark").first).to_have_text("forty years")
    expect(page.locator(".hit").first).to_be_visible()
    page.locator("#answers .byline a").first.click()
    expect(page.locator("#passage")).to_have_text(re.compile(r"^Refiners along the coast .* forty years\.$"))
    expect(page.locator("#passage")).to_be_in_viewport()
    page.get_by_role("link", name="Results for").click()
    expect(page).to_have_url(re.compile(r"/\?q=how\+low\+is\+demand\+for\+oil$"))


def test_without_a_script_a_link_looks_for_it_and_an_article_judges_a_claim(open_page: OpenPage) -> None:
    page = open_page(ADDRESS, java_script_enabled=False)
    expect(page.locator("#answers mark")).to_have_count(0)
    page.get_by_role("link", name="Look for an answer in the articles").click()
    expect(page.locator("#answers .quote mark").first).to_have_text("forty years")
    page.locator("#answers .byline a").first.click()
    page.get_by_label("A claim, as a sentence").fill("The market will recover slowly")
    page.get_by_role("button", name="Ask the article").click()
    expect(page.locator(".verdict")).to_have_text("The article supports the claim.")
    expect(page.locator(".stance blockquote")).to_contain_text("recover slowly")
    page.locator(".stance blockquote a").click()
    expect(page.locator("#passage")).to_contain_text("recover slowly")
    page.get_by_role("link", name="Results for").click()
    expect(page.locator(".hit").first).to_be_visible()


def test_where_the_connection_fails_the_link_stays(open_page: OpenPage) -> None:
    page = open_page("/")
    page.route("**/answers?*", lambda route: route.abort())
    page.goto(ADDRESS)
    expect(page.get_by_role("link", name="Look for an answer in the articles")).to_be_visible()
