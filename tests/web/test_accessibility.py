"""WCAG 2.2 AA, in both colours, both languages and both widths: axe-core finds nothing, nothing scrolls sideways."""

from itertools import cycle

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPage

EVERY_PAGE = [
    "/",
    "/?q=oil",
    "/?q=oil&bars=share&timeline=month&stories=false",
    "/?q=oli+oil+-beaches+%22the+price%22+%22unclosed",
    "/?q=oil&top_k=1&offset=2",
    "/?q=oil&after=2020-04&topic=Business&source=Northern+Courier&mode=dense",
    "/?q=hostile",
    "/?q=zxcvb",
    "/?q=how+low+is+demand+for+oil&answers=true",
    "/?q=who+drinks+the+blank",
    "/?q=oil&after=yesterday",
    "/articles/1?q=oil&passage=120-364",
    "/articles/6",
    "/articles/1?q=oil&claim=The+market+will+recover+slowly",
    "/articles/8",
    "/articles/77",
    "/docs",
    "/lab",
    "/lab?head=sentiment&text=a+pleasure",
    "/lab?head=ner&text=Ines+Okafor+left+Lagos+for+Rotterdam",
    "/lab?head=pos&text=Ships+wait+at+anchor",
    "/lab?head=answer&question=how+long&passage=the+lowest+in+forty+years",
    "/lab?head=choice&question=why&choices=No.%0ADemand+fell.",
    "/lab?head=mask&text=Oil+%5BMASK%5D+rose+on+%5BMASK%5D",
    "/lab?head=similarity&text=a&second=b",
    "/lab?head=mask&text=no+gap",
    "/help",
    "/compare",
    "/compare?q=oil&q=harbour&q=hostile&bars=share",
    "/compare?q=oil&after=yesterday",
]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LOOKS = [("light", WIDE, "en-GB"), ("dark", NARROW, "zh-CN"), ("dark", WIDE, "en-GB"), ("light", NARROW, "zh-CN")]
# Everything that axe-core knows of WCAG 2.2 AA and its best practices; the size of targets is off by default.
OPTIONS = {"rules": {"target-size": {"enabled": True}}}


def violations(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize(
    ("address", "look"), [*zip(EVERY_PAGE, cycle(LOOKS), strict=False), *(("/?q=oil", look) for look in LOOKS[1:]), ("/", LOOKS[3])]
)
def test_every_page_is_accessible(open_page: OpenPage, address: str, look: tuple[str, dict[str, int], str]) -> None:
    scheme, viewport, locale = look
    page = open_page(address, color_scheme=scheme, viewport=viewport, locale=locale, bypass_csp=True)  # axe itself is an inline script
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert violations(page) == []
    for width in (320, 1280):  # WCAG 1.4.10 asks for 320
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("look", LOOKS[:2])
def test_what_opens_above_the_page_is_accessible(open_page: OpenPage, look: tuple[str, dict[str, int], str]) -> None:
    scheme, viewport, locale = look
    page = open_page("/?q=oil", color_scheme=scheme, viewport=viewport, locale=locale, bypass_csp=True)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    if viewport is NARROW:
        page.locator(".open-filters").click()
        expect(page.locator("#filters")).to_be_visible()
        page.locator("#filters").evaluate("(one) => Promise.all(one.getAnimations().map((animation) => animation.finished))")
        assert violations(page) == []


def test_the_keyboard_gets_through_the_drawer_and_the_dialog(open_page: OpenPage) -> None:
    page = open_page("/?q=oil", viewport=NARROW)
    page.locator(".open-filters").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#filters")).to_be_visible()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("!document.getElementById('filters').contains(document.activeElement)"):
            break
    else:
        pytest.fail("the Tab key never leaves the drawer")
    page.keyboard.press("Escape")
    page.locator("#open-help").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#help")).to_be_visible()
    page.get_by_role("button", name="Close").last.click()
    expect(page.locator("#open-help")).to_be_focused()


def test_motion_stops_for_those_who_do_not_want_it(open_page: OpenPage) -> None:
    page = open_page("/?q=oil", viewport=NARROW, reduced_motion="reduce")
    page.locator(".open-filters").click()
    assert page.locator("#filters").evaluate("(one) => one.getAnimations().length") == 0
