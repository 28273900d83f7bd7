"""Every page, on a desk in both themes and on a phone: nothing is cut, faint or without a name.

axe-core (https://github.com/dequelabs/axe-core) tells what can be told by looking at the document.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Server
from e2e.everypage import addresses, visit
from slowlens.demo.folder import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]

HERE = Path(__file__).parent
CUT, CROWDED = ((HERE / name).read_text() for name in ("cut.js", "crowded.js"))
"""Functions that list what is wider than the window or cut, and what charts draw badly."""
STREAMLIT = {
    # Its own tables and code scroll sideways without a tabindex. Browsers let the keyboard into
    # what scrolls (Chrome 130, Firefox); that it does is tested below.
    "scrollable-region-focusable": (".stTable", ".stCode", ".stDialog"),
    # A link that is switched off is faint, as WCAG 1.4.3 allows, but does not tell axe that it is.
    "color-contrast": ("a[disabled]",),
}
"""Rule to what of Streamlit's own breaks it and cannot be changed by an app."""
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TAPPED = {"runOnly": ["target-size"]}
"""24 pixels, or as far from the next target (WCAG 2.5.8)."""
IN_A_FIELD = 'aria-autocomplete="list"'
"""Streamlit's own: the whole field around this input takes the tap."""


@pytest.fixture
def found_at(server: Server, demo_copy: Demo) -> dict[str, str]:
    return addresses(server.url, demo_copy.folder / "merged", demo_copy.source)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


def test_every_page_on_a_desk(page: Page, found_at: dict[str, str]) -> None:
    trouble: dict[str, list[str]] = {}
    for name, address in found_at.items():
        visit(page, address)
        found = [*page.evaluate(CUT), *page.evaluate(CROWDED)]
        for scheme in THEMES:
            page.emulate_media(color_scheme=scheme)
            expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
            page.wait_for_timeout(500)
            found += (f"{scheme}: {each}" for each in violations(page))
        if found:
            trouble[name] = found
    assert trouble == {}


def test_every_page_on_a_phone(phone: Page, found_at: dict[str, str]) -> None:
    trouble: dict[str, list[str]] = {}
    for name, address in found_at.items():
        visit(phone, address)
        found = [*phone.evaluate(CUT), *phone.evaluate(CROWDED), *small(phone)]
        if found:
            trouble[name] = found
    assert trouble == {}


def violations(page: Page) -> Iterator[str]:
    """Yield what axe finds, of every impact, but for Streamlit's own."""
    for each in Axe().run(page).response["violations"]:
        known = STREAMLIT.get(each["id"], ())
        for node in each["nodes"]:
            (selector,) = node["target"][-1:]
            of_streamlit = page.locator(selector).first.evaluate(
                "(node, known) => known.some(selector => node.closest(selector))", list(known)
            )
            if not of_streamlit:
                yield f"{each['impact']} {each['id']}: {node['html'][:200]}"


def small(page: Page) -> Iterator[str]:
    """Yield what a finger misses."""
    for each in Axe().run(page, options=TAPPED).response["violations"]:
        nodes = (node["html"] for node in each["nodes"])
        yield from (f"small to tap, {html[:150]}" for html in nodes if IN_A_FIELD not in html)
