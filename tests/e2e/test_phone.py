"""Every page can be read on a phone, and is tidy on a desk: nothing is wider than the window."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from e2e.conftest import Server
from e2e.everypage import addresses, visit
from slowlens.demo.folder import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]

HERE = Path(__file__).parent
CUT, CROWDED = ((HERE / name).read_text() for name in ("cut.js", "crowded.js"))
"""Functions that list what is wider than the window or cut, and what charts draw badly."""
TAPPED = {"runOnly": ["target-size"]}
"""24 pixels, or as far from the next target (WCAG 2.5.8)."""
DESK = 1000
IN_A_FIELD = 'aria-autocomplete="list"'
"""Streamlit's own: the whole field around this input takes the tap."""


@pytest.fixture(params=[(390, 844), (1280, 900)], ids=["phone", "desk"])
def window(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=width < 600, is_mobile=width < 600
    )
    yield context.new_page()
    context.close()


def test_every_page_fits_its_window(window: Page, server: Server, demo_copy: Demo) -> None:
    trouble: dict[str, list[str]] = {}
    for name, address in addresses(
        server.url, demo_copy.folder / "merged", demo_copy.source
    ).items():
        visit(window, address)
        found = [*window.evaluate(CUT), *window.evaluate(CROWDED)]
        found += small(window) if window.viewport_size["width"] < DESK else ()
        if found:
            trouble[name] = found
    assert trouble == {}


def small(page: Page) -> Iterator[str]:
    """Yield what a finger misses."""
    for each in Axe().run(page, options=TAPPED).response["violations"]:
        nodes = (node["html"] for node in each["nodes"])
        yield from (f"small to tap, {html[:150]}" for html in nodes if IN_A_FIELD not in html)
