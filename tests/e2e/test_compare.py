"""Runs side by side: chosen by a person, opened by a teammate, carried away."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.acting import go
from e2e.conftest import SLOW, Server
from runs import a_measurement, a_run
from slowlens.run import Run
from slowlens.store import default_store

pytestmark = pytest.mark.browser

SLOWER, FASTER = "20260102-030405-aaaa", "20260102-030406-bbbb"
COMPARED = "merged as shipped: 4.00 times faster per token"


@pytest.fixture
def kept(server: Server, tmp_path: Path) -> tuple[Run, ...]:
    """Two runs of folders that the server may show; the first of them recomputes."""
    runs = tuple(a_run_of(tmp_path, *each) for each in ((SLOWER, 0.4), (FASTER, 0.1)))
    for run in runs:
        default_store().save(run)
    return runs


def a_run_of(folder: Path, run_id: str, slow: float) -> Run:
    run = a_run(a_measurement(slow))
    summary = replace(run.merged, path=str(folder / "m"))
    return replace(run, id=run_id, merged=summary, source=summary)


def choose(page: Page, *beginnings: str) -> None:
    for beginning in beginnings:
        page.get_by_test_id("stMultiSelect").locator("input").click()
        page.get_by_role("option").filter(has_text=beginning).click()
    page.keyboard.press("Escape")


def chosen(page: Page) -> list[str]:
    return re.findall(r"run=([^&]+)", page.url)


@pytest.mark.usefixtures("kept")
def test_a_comparison_is_chosen_shared_and_carried_away(
    page: Page, context: BrowserContext, server: Server
) -> None:
    page.goto(server.url)
    go(page, "Compare")
    expect(page.get_by_text("Choose two runs or more.")).to_be_visible(timeout=SLOW)
    choose(page, "400 ms per token", "100 ms per token")
    expect(page.get_by_text(COMPARED)).to_be_visible()
    for chart in ("curves", "waterfalls"):
        expect(page.locator(f".st-key-compare-{chart} .js-plotly-plot")).to_be_visible()
    expect(page.locator(".st-key-compare-curves .legendtext")).to_have_text(
        [re.compile(r"^A\s+m ← m$"), re.compile(r"^B\s+m ← m$")]
    )
    assert chosen(page) == [SLOWER, FASTER]

    page.get_by_role("button", name="Judge by this run").click()
    expect(page.get_by_text("merged as shipped: 4.00 times as long per token")).to_be_visible()
    assert chosen(page) == [FASTER, SLOWER]

    with page.expect_download() as download:
        page.get_by_role("button", name="Comparison as JSON").click()
    (told,) = json.loads(Path(download.value.path()).read_text())["comparisons"]
    assert (told["before"]["run"], told["answer"]) == (FASTER, "fail")

    teammate = context.new_page()
    teammate.goto(page.url)
    expect(teammate.get_by_text("4.00 times as long per token")).to_be_visible(timeout=SLOW)
    teammate.get_by_role("link", name="A · m ← m").click()
    expect(teammate.get_by_role("link", name="Compare with…")).to_be_visible()
    assert chosen(teammate) == [FASTER]
    teammate.get_by_role("link", name="Compare with…").click()
    expect(teammate.get_by_text("Choose another run to compare with m ← m.")).to_be_visible()
    teammate.go_back()
    expect(teammate.get_by_role("link", name="Compare with…")).to_be_visible()


def test_a_run_is_left_out_and_the_address_tells_so(
    page: Page, kept: tuple[Run, ...], server: Server
) -> None:
    page.goto(f"{server.url}/compare?run={SLOWER}&run={FASTER}")
    expect(page.get_by_text(COMPARED)).to_be_visible(timeout=SLOW)
    page.get_by_test_id("stMultiSelect").get_by_label(re.compile("Remove")).last.click()
    expect(page.get_by_text("Choose another run to compare with")).to_be_visible()
    assert chosen(page) == [SLOWER]
    page.reload()
    expect(page.get_by_text("Choose another run to compare with")).to_be_visible(timeout=SLOW)
