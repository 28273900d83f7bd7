"""A fix is tried on its card, watched over a reload, stopped, linked to, and carried away."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.acting import files
from e2e.conftest import SLOW, Server, gone
from slowlens.demo.folder import Demo

pytestmark = pytest.mark.browser


def opened(page: Page, server: Server, demo: Demo, more: str = "") -> Path:
    merged = demo.folder / "merged"
    page.goto(f"{server.url}/fixes?merged={merged}&source={demo.folder / 'source'}{more}")
    expect(page.get_by_text("Turn the key-value cache on").first).to_be_visible()
    return merged


def test_a_try_is_watched_on_its_card_found_by_a_reload_and_stopped(
    page: Page, context: BrowserContext, server: Server, demo_copy: Demo
) -> None:
    merged = opened(page, server, demo_copy)
    before = files(merged)
    card = page.locator(".st-key-card-fix-0")
    card.get_by_role("button", name="Try it").click()
    trial = re.compile(r"Trial \d+ of \d+: ")
    expect(card.get_by_text(trial)).to_be_visible(timeout=SLOW)
    expect(card.get_by_role("progressbar")).to_be_visible()
    page.reload()
    expect(card.get_by_text(trial)).to_be_visible()
    other = context.new_page()
    opened(other, server, demo_copy)
    expect(other.locator(".st-key-card-fix-0").get_by_text(trial)).to_be_visible()
    expect(page.get_by_role("button", name="Apply 1 safe fix")).to_be_disabled()
    (worker,) = server.workers
    card.get_by_role("button", name="Stop").click()
    assert gone(worker, 5)
    for tab in (page, other):
        expect(tab.get_by_text("The last try was stopped.")).to_be_visible()
    expect(page.get_by_role("button", name="Apply 1 safe fix")).to_be_enabled()
    assert files(merged) == before


def test_a_link_to_a_fix_opens_it_for_somebody_else(
    page: Page, context: BrowserContext, server: Server, demo_copy: Demo
) -> None:
    opened(page, server, demo_copy)
    page.locator(".st-key-card-fix-1").get_by_role("button", name="Link").click()
    expect(page).to_have_url(re.compile("finding=eos-lost-or-wrong"))
    other = context.new_page()
    other.goto(page.url)
    linked = other.locator(".st-key-linked")
    expect(linked.get_by_text("Stop at the end of the answer")).to_be_visible()
    expect(linked.get_by_text("eos_token_id").first).to_be_visible()
    linked.get_by_role("button", name="Export").click()
    with other.expect_download() as download:
        other.get_by_role("button", name="For the next merge").click()
    advice = Path(download.value.path()).read_text()
    assert "generation_config.json: eos_token_id: 2 → [0, 2]" in advice
    assert "use_cache" not in advice.split("## ")[0], "of this fix alone"
