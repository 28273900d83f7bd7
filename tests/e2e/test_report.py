"""A report opens from a folder, with its charts drawn, and asks nobody for anything."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from e2e.conftest import SLOW, Server
from planting import everywhere, full_run, with_prompt
from slowlens.redaction import redacted
from slowlens.store import default_store
from slowlens_dashboard.report import page as prepared
from slowlens_dashboard.report import render

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>document.title='owned'</script><img src=http://evil.invalid/x onerror=owned()>"
    "<a href='javascript:owned()'>x</a> [x](javascript:owned()) ![x](http://evil.invalid/y.png)"
    '"onmouseover=owned() $x^2$ :red[r] <b>bold</b>'
)
CHARTS = ("waterfall", "steps", "machine")


class Watched:
    """What a page asked for and complained about."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda told: self.complaints.append(told.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


def opened(context: BrowserContext, file: Path) -> tuple[Page, Watched]:
    """Open a file with no network to be had."""
    context.set_offline(offline=True)
    page = context.new_page()
    watched = Watched(page)
    page.goto(file.as_uri())
    return page, watched


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(render(prepared(redacted(full_run()))), encoding="utf-8")
    return path


def test_it_opens_offline_with_its_charts_drawn(context: BrowserContext, file: Path) -> None:
    page, watched = opened(context, file)
    expect(page.get_by_role("heading", level=1)).to_contain_text("key-value cache")
    for name in CHARTS:
        expect(page.locator(f"#{name} .main-svg").first).to_be_visible()
        expect(page.locator(f"#{name} :is(.bars path, .js-line)").first).to_be_attached()
    expect(page.locator("#waterfall .bars path").first).to_be_visible()
    assert page.locator("#steps .js-line").count() > 4, "a line for each round of each trial"
    expect(page.get_by_text("The chart needs JavaScript")).to_have_count(0)
    assert watched.complaints == []
    assert watched.asked == [file.as_uri()]


def until(page: Page, true: str) -> None:
    """Wait until an expression is true; ``wait_for_function`` evaluates in the page, whose own
    policy does not allow that."""
    for _ in range(300):
        if page.evaluate(true):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never: {true}")


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_and_follows_the_theme(context: BrowserContext, file: Path, width: int) -> None:
    page, _ = opened(context, file)
    page.set_viewport_size({"width": width, "height": 900})
    schemes = ("light", "27, 33, 38", "255, 255, 255"), ("dark", "230, 233, 235", "18, 22, 26")
    for scheme, words, ground in schemes:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.locator("#steps .main-svg").first).to_be_visible()
        title = "document.querySelector('#steps .xtitle')"  # drawn anew in the other colours
        until(page, f"{title} !== null && getComputedStyle({title}).fill === 'rgb({words})'")
        shown = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert shown == f"rgb({ground})"
        until(page, f"document.documentElement.scrollWidth <= {width}")


def test_it_prints_light_and_with_all_unfolded(context: BrowserContext, file: Path) -> None:
    page, watched = opened(context, file)
    page.emulate_media(color_scheme="dark")
    until(page, "getComputedStyle(document.querySelector('.xtitle')).fill.includes('230')")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("details:not([open])").count() == len(CHARTS), "their figures stay folded"
    assert page.locator("#steps .main-svg").first.bounding_box()["width"] == 680  # type: ignore[index]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 26)"
    until(page, "document.querySelector('#steps .main-svg').clientWidth > 680")
    assert len(page.pdf()) > 50_000
    assert watched.complaints == []


def test_without_javascript_its_figures_can_be_read(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.get_by_text("The chart needs JavaScript").first).to_be_visible()
    page.get_by_text("Figures of this chart").first.click()
    expect(page.get_by_role("cell", name="time per token (TPOT)")).to_be_visible()
    context.close()


def test_nothing_of_a_run_is_more_than_text(context: BrowserContext, tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    run = with_prompt(everywhere(full_run(), HOSTILE), HOSTILE, HOSTILE)
    file.write_text(render(prepared(run)), encoding="utf-8")
    page, watched = opened(context, file)
    for name in CHARTS:
        expect(page.locator(f"#{name} .main-svg").first).to_be_visible()
    for fold in page.locator("details:not([open]) > summary").all():
        if fold.is_visible():
            fold.click()
    expect(page.locator("main img, main b, main script, main [onmouseover]")).to_have_count(0)
    expect(page.locator("a:not([href^='#']):not(.modebar-btn)")).to_have_count(0)
    assert page.title() != "owned"
    assert "<b>bold</b>" in page.locator("main").inner_text()
    assert watched.complaints == []
    assert watched.asked == [file.as_uri()]


def test_a_report_is_downloaded_from_its_page(
    page: Page, context: BrowserContext, server: Server, tmp_path: Path
) -> None:
    run = full_run()
    sides = [replace(side, path=str(tmp_path / "merged")) for side in (run.merged, run.merged)]
    run = replace(run, merged=sides[0], source=sides[1])
    default_store().save(run)
    page.goto(f"{server.url}/report?run={run.id}")
    button = page.get_by_role("button", name="HTML, one file")
    expect(button).to_be_visible(timeout=SLOW)
    with page.expect_download() as download:
        button.click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == f"slowlens-report-{run.id}.html"
    assert str(tmp_path) not in file.read_text(encoding="utf-8")
    offline, watched = opened(context, file)
    expect(offline.locator("#waterfall .bars path").first).to_be_visible()
    assert watched.complaints == []
