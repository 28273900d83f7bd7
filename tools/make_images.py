"""Take the pictures in docs/images anew: real runs of a pair, in a real browser.

Three for the README, and in docs/images/pages every page, light and dark, in each language. Leave
the machine alone meanwhile: the curves show what else it does.

    python tools/make_images.py MERGED SOURCE
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from e2e.browser import MISSING, find_browser  # noqa: E402
from slowlens.places import HOME_VARIABLE  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WIDTH = 1280
MARGIN = 24
NUMBERS = {"New tokens": 48, "Rounds": 3, "CPU threads": 1}
HALFWAY = re.compile(r"merged as shipped: token (3[5-9]|4\d) of 48, round 2 of 3")
LOCALES = {"en": "en-US", "zh": "zh-CN"}
SCHEMES = ("light", "dark")
TALLEST = 2400
"""Pixels of a page that are shown."""
LONG = 600_000
"""Milliseconds that a run may take."""


def main() -> None:
    """Drive the dashboard and save what it shows."""
    merged, source = (Path(name).resolve() for name in sys.argv[1:3])
    browser = find_browser() or sys.exit(MISSING)
    with _dashboard(merged.parent) as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser)
        page = chromium.new_page(viewport={"width": WIDTH, "height": 900})
        page.goto(f"{url}/?merged={merged}&source={source}")
        expect(page.get_by_role("heading", name="without its key-value cache")).to_be_visible()
        page.get_by_role("link", name="Watch it run").click()
        for label, number in NUMBERS.items():
            page.get_by_role("spinbutton", name=label).fill(str(number))
            page.keyboard.press("Tab")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".slowlens-live .what")).to_contain_text(HALFWAY, timeout=LONG)
        _save(page, "live-run", page.locator(".slowlens-live"))
        expect(page.get_by_role("button", name="Run file")).to_be_visible(timeout=LONG)
        _save(page, "where-the-time-goes", page.get_by_text("The device at its best"))
        page.get_by_test_id("stTopNavLink").filter(has_text="Checkpoint").click()
        expect(page.get_by_role("tab", name="Findings")).to_be_visible()
        _save(page, "findings", page.get_by_role("button", name="About this rule").last)
        first = _run_id(page, url)
        page.goto(f"{url}/live?run={first}")
        page.get_by_role("button", name="Measure again").click()
        expect(page.locator(".slowlens-live")).to_be_visible(timeout=LONG)
        expect(page.get_by_role("button", name="Run file")).to_be_visible(timeout=LONG)
        pair = f"merged={merged}&source={source}"
        runs = f"run={first}&run={_run_id(page, url)}"
        _pages(chromium, url, {
            "checkpoint": f"?{pair}", "diff": f"diff?{pair}", "live": f"live?run={first}",
            "compare": f"compare?{runs}", "history": "history", "fixes": f"fixes?{pair}",
            "report": f"report?run={first}",
        })  # fmt: skip
        chromium.close()


def _run_id(page: Page, url: str) -> str:
    """Return the id of the newest run, which stands first among the recent ones."""
    page.goto(f"{url}/history")
    link = page.locator('a[href*="run="]').first
    expect(link).to_be_visible()
    found = re.search(r"run=([\w-]+)", link.get_attribute("href") or "")
    assert found
    return found[1]


def _pages(chromium: Browser, url: str, addresses: Mapping[str, str]) -> None:
    """Save every page in each theme and language."""
    (IMAGES / "pages").mkdir(exist_ok=True)
    for (language, locale), scheme in product(LOCALES.items(), SCHEMES):
        look = {"locale": locale, "color_scheme": scheme}
        context = chromium.new_context(viewport={"width": WIDTH, "height": 900}, **look)
        for name, address in addresses.items():
            page = context.new_page()
            page.goto(f"{url}/{address}")
            expect(page.get_by_text("English", exact=True)).to_be_visible(timeout=LONG)
            page.wait_for_timeout(5000)  # charts
            height = page.get_by_test_id("stMainBlockContainer").evaluate("e => e.scrollHeight")
            page.set_viewport_size({"width": WIDTH, "height": min(TALLEST, height + 60)})
            page.wait_for_timeout(1500)
            path = IMAGES / "pages" / f"{name}-{scheme}-{language}.png"
            page.screenshot(path=path)
            Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
            page.close()
        context.close()


def _save(page: Page, name: str, last: Locator) -> None:
    """Save the page from its top to below ``last``."""
    expect(last).to_be_visible()
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)  # what fades or is drawn comes to rest
    box = last.bounding_box()
    assert box
    height = round(box["y"] + box["height"] + MARGIN)
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / f"{name}.png")


@contextmanager
def _dashboard(root: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as home:
        run = "import sys; from slowlens.cli import main; sys.exit(main())"
        options = ("ui", "--port", "0", "--no-browser", "--root", str(root))
        command = (sys.executable, "-P", "-c", run, *options)
        own = os.environ | {HOME_VARIABLE: home}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=own) as process:  # noqa: S603
            assert process.stdout
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the dashboard did not start"
            yield found[0]
            process.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
