"""In a browser, marks are kept without loading the page again, opened results are counted, and all of it is accessible."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.conftest import ROOT, OpenPage


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """A server with feedback, in place of the one that the other pages are opened from."""
    environment = {**os.environ, "BROADSHEET_FEEDBACK": "true"}
    command = [sys.executable, "-m", "tests.web.serve_fake"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def kept(served: str) -> int:
    with urllib.request.urlopen(f"{served}/metrics") as answer:
        found = re.search(r"^broadsheet_feedback_kept_total (\d+)", answer.read().decode(), re.MULTILINE)
    return int(found[1]) if found else 0


def wait_until_kept(page: Page, served: str, count: int) -> None:
    for _ in range(300):
        if kept(served) == count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{kept(served)} reactions were kept, not {count}")


def test_marks_and_opened_results_are_kept(open_page: OpenPage, served: str) -> None:
    before = kept(served)
    page = open_page("/?q=oil", locale="en-GB")
    address = page.url
    first = page.locator(".marks").first
    first.get_by_role("button", name="Relevant", exact=True).click()
    expect(first.get_by_role("button", name="Relevant", exact=True)).to_have_attribute("aria-pressed", "true")
    first.get_by_role("button", name="Not relevant").press("Enter")
    expect(first.get_by_role("button", name="Not relevant")).to_have_attribute("aria-pressed", "true")
    expect(first.get_by_role("button", name="Relevant", exact=True)).to_have_attribute("aria-pressed", "false")
    assert page.url == address
    wait_until_kept(page, served, before + 2)
    page.locator(".hit h2 a").first.click()
    page.wait_for_url("**/articles/**")
    wait_until_kept(page, served, before + 3)
    assert page.context.cookies() == []


def test_marks_work_without_scripts(open_page: OpenPage, served: str) -> None:
    before = kept(served)
    page = open_page("/?q=oil", java_script_enabled=False, locale="en-GB")
    page.locator(".marks").nth(1).get_by_role("button", name="Relevant", exact=True).click()
    expect(page.locator(".marks").nth(1).get_by_role("button", name="Relevant", exact=True)).to_have_attribute("aria-pressed", "true")
    wait_until_kept(page, served, before + 1)


def test_what_could_not_be_kept_is_said_at_the_result(open_page: OpenPage) -> None:
    page = open_page("/?q=oil", locale="en-GB")
    page.locator("#feedback input[name=showing]").evaluate("(one) => { one.value = 'made up'; }")
    page.locator(".marks button").first.click()
    expect(page.locator(".marks").first.get_by_role("alert")).to_contain_text("was not made here")


@pytest.mark.parametrize(("scheme", "width", "locale"), [("light", 1280, "en-GB"), ("dark", 390, "zh-CN")])
def test_the_marks_are_accessible(open_page: OpenPage, scheme: str, width: int, locale: str) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 844}, "locale": locale}
    page = open_page("/?q=oil&marked=1-relevant", bypass_csp=True, **look)  # axe itself is an inline script
    found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    page.set_viewport_size({"width": 320, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
