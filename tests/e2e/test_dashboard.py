"""What a person does and sees, in a real browser, on the demo pair."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.acting import compared, files, go, start
from e2e.conftest import SLOW, Server
from slowlens.demo.folder import Demo

pytestmark = pytest.mark.browser

PAGES = ("Checkpoint", "Config diff", "Live run", "Fixes")


def downloaded(page: Page, button: str) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path())


def watch_it_to_its_end(page: Page) -> None:
    expect(page.locator(".slowlens-live .scatterlayer .trace").first).to_be_attached(timeout=SLOW)
    expect(page.get_by_text("it does not use its cache")).to_be_visible(timeout=SLOW)
    compared(page)
    expect(page.get_by_text("1 round of 12 tokens:")).to_be_visible()
    expect(page.get_by_role("heading", name="without its key-value cache")).to_be_visible()
    for chart in ("waterfall", "steps"):
        expect(page.locator(f".st-key-{chart} .js-plotly-plot")).to_be_visible()
    expect(page.get_by_text("merged as shipped is recompute-bound")).to_be_visible()
    expect(page.get_by_text("One answer, free to stop")).to_be_visible()
    page.get_by_text("The machine during the run").click()
    expect(page.locator(".st-key-machine .js-plotly-plot")).to_be_visible()


def apply_it(page: Page, merged: Path) -> None:
    together = page.locator(".st-key-all-fixes")
    expect(together).to_contain_text("generation_config.json")
    expect(together.get_by_text("use_cache").first).to_be_visible()
    page.get_by_role("button", name="Apply 1 safe fix").click()
    expect(page.get_by_text("Fixed config.json, generation_config.json")).to_be_visible()
    assert b'"use_cache": true' in (merged / "config.json").read_bytes(), "one click"


def test_from_the_question_to_the_proven_fix_and_back(
    page: Page, address: str, demo_copy: Demo
) -> None:
    merged = demo_copy.folder / "merged"
    before = files(merged)
    page.goto(address)
    expect(page.get_by_role("heading", name="without its key-value cache")).to_be_visible()

    page.get_by_role("link", name="Watch it run").click()
    start(page)
    watch_it_to_its_end(page)
    assert '"schema_version"' in downloaded(page, "Run file").read_text()

    page.get_by_role("button", name="See the fixes").click()
    page.locator(".st-key-menu-all").get_by_role("button", name="Export").click()
    with zipfile.ZipFile(downloaded(page, "Patched files (zip)")) as archive:
        assert b'"use_cache": true' in archive.read("config.json")
    apply_it(page, merged)
    after = files(merged)
    assert b'"use_cache": true' in after["config.json"]
    assert b"_from_model_config" not in after["generation_config.json"]
    assert after["tokenizer_config.json"] == before["tokenizer_config.json"]

    page.get_by_role("button", name="Measure again").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_role("button", name="Run file")).to_be_visible(timeout=SLOW)
    go(page, "Fixes")
    expect(page.get_by_text("Before and after")).to_be_visible()
    expect(page.get_by_text("The key-value cache works now")).to_be_visible()
    verdicts = page.get_by_text(re.compile(r"as long per token|faster per token"))
    expect(verdicts.first).to_be_visible()
    expect(page.get_by_text(re.compile(r"^before: .* ms$")).first).to_be_visible()

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("byte for byte")).to_be_visible()
    assert files(merged) == before
    expect(page.get_by_role("button", name="Apply 1 safe fix")).to_be_visible()


def test_fixes_are_tried_and_nothing_is_written(page: Page, address: str, demo_copy: Demo) -> None:
    before = files(demo_copy.folder / "merged")
    page.goto(address)
    go(page, "Live run")
    page.get_by_text("Try each fix too").click()
    start(page, tokens=4)
    expect(page.get_by_role("heading", name="What each fix gives back")).to_be_visible(timeout=SLOW)
    row = page.get_by_role("cell", name="merged + gen-use-cache-false", exact=True)
    expect(row).to_be_visible()
    assert files(demo_copy.folder / "merged") == before


def test_a_path_that_is_wrong_or_forbidden_is_explained(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(page.get_by_role("heading", name="Why is it slow?")).to_be_visible()
    for path, message in (("/etc", "outside the folders"), ("nowhere", "There is no folder")):
        page.get_by_role("textbox", name="Merged checkpoint").fill(path)
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.get_by_test_id("stAlert").filter(has_text=message)).to_be_visible()
    assert "merged=" not in page.url


def test_no_page_asks_anybody_else_for_anything(page: Page, address: str, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    with page.expect_request("**/PlotlyChart.*.js"):  # ahead, where no chart is drawn
        page.goto(address)
    for name in PAGES:
        go(page, name)
        expect(page.get_by_test_id("stTopNavLink").filter(has_text=name)).to_be_visible()
        page.wait_for_load_state("networkidle")
    start_of_ours = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    assert asked
    assert [url for url in asked if not url.startswith(start_of_ours)] == []


def test_what_is_judged_is_chosen_and_a_rule_explains_itself(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="About this rule").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Why it is slow")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    for runtime in ("llama.cpp", "transformers 5 generate", "a bare forward loop"):
        page.get_by_role("button", name=runtime).click()
    expect(page).to_have_url(re.compile(r"runtime=llama\.cpp(&|$)"))
    expect(page.get_by_role("heading", name="without its key-value cache")).to_have_count(0)
    page.get_by_text("For other runtimes, not counted").click()
    expect(page.get_by_text("runs without its key-value cache")).to_be_visible()
    go(page, "Fixes")
    expect(page.get_by_text("judged for llama.cpp")).to_be_visible()


def test_the_pair_goes_along_from_page_to_page_and_stands_in_the_address(
    page: Page, address: str
) -> None:
    page.goto(address)
    for name in PAGES[1:]:
        go(page, name)
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        expect(page.get_by_text("merged ← source").first).to_be_visible()
        expect(page).to_have_url(re.compile(r"merged=.*merged&source=.*source"))
    go(page, "Checkpoint")
    for label in ("Merged checkpoint", "Source (optional)"):
        expect(page.get_by_role("textbox", name=label)).to_have_value(re.compile("merged|source"))
