"""Every weight read while a person goes on, in a real browser; zeros take no room on the disk."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from builders import checkpoint
from e2e.acting import go
from e2e.conftest import SLOW, Server

pytestmark = pytest.mark.browser

TENSORS, EACH = 400, 256 * 2**20


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A checkpoint of 107 GB of zeros, which is read for minutes."""
    folder = checkpoint(tmp_path / "big")
    kind = {"dtype": "BF16", "shape": [EACH // 2]}
    header = {
        f"layer.{number}": {**kind, "data_offsets": [number * EACH, (number + 1) * EACH]}
        for number in range(TENSORS)
    }
    text = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + TENSORS * EACH)
    return folder


def begin(page: Page) -> None:
    page.get_by_role("tab", name="Rules").click()
    page.get_by_role("button", name="Read every weight now").click()


def bar(page: Page) -> Locator:
    return page.locator(".st-key-scan").get_by_test_id("stProgress")


def percent(page: Page) -> float:
    told = bar(page).get_by_role("progressbar").get_attribute("aria-valuenow")
    return float(told or 0)


def test_it_goes_on_over_a_refresh_is_seen_by_other_tabs_and_can_be_stopped(
    page: Page, context: BrowserContext, server: Server, big: Path
) -> None:
    address = f"{server.url}/?merged={big}"
    page.goto(address)
    begin(page)
    size = re.compile(r"Reading every weight: [\d.]+ \w+ of 107 GB, about \d+ (s|min) left")
    expect(bar(page)).to_contain_text(size, timeout=SLOW)
    page.get_by_role("tab", name="Findings").click()
    expect(bar(page)).to_be_visible()
    expect(
        page.get_by_role("heading", name=re.compile("finding|Nothing|No ")).first
    ).to_be_visible()
    go(page, "Live run")
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    go(page, "Checkpoint")
    before = percent(page)
    page.reload()
    expect(bar(page)).to_contain_text(size)
    assert percent(page) >= before
    other = context.new_page()
    other.goto(address)
    expect(bar(other)).to_contain_text(size)
    other.locator(".st-key-scan").get_by_role("button", name="Stop").click()
    for tab in (page, other):
        expect(bar(tab)).to_have_count(0)
        expect(tab.get_by_text("You stopped the reading of the weights")).to_be_visible()


def test_what_was_found_is_shown_when_it_is_over(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Rules").click()
    expect(page.get_by_text("not checked: needs the weights themselves")).to_be_visible()
    page.get_by_role("button", name="Read every weight now").click()
    expect(page.get_by_text("not checked: needs the weights themselves")).to_have_count(0)
    expect(bar(page)).to_have_count(0)
