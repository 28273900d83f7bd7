"""Every page that there is, empty and with something on it, as a teammate opens it."""

import re
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from e2e.conftest import SLOW
from pages import explained, slow_and_fast, store
from slowlens_dashboard.server import HERE

LISTED = (HERE / "pages.py").read_text(encoding="utf-8")
"""As text: imported outside of a script, its pages would know nothing, in other tests too."""
PATHS = ("", *re.findall(r'url_path="(\w+)"', LISTED))
assert len(PATHS) == len(re.findall(r"^[A-Z]+ = st\.Page", LISTED, re.MULTILINE))
TABS = ("settings", "files", "weights", "rules")
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def addresses(url: str, merged: Path, source: Path) -> dict[str, str]:
    """Return the address of each page by a name; runs of the pair are kept for it."""
    slow = store((merged, source), slow_and_fast())
    run = store((merged, source), explained())
    pair = {"merged": str(merged), "source": str(source)}
    found: dict[str, str] = {}
    for path in PATHS:
        name = path or "checkpoint"
        found[f"{name}, empty"] = f"{url}/{path}"
        found[name] = f"{url}/{path}?{urlencode(pair)}"
    for tab in TABS:
        found[f"checkpoint, {tab}"] = f"{url}/?{urlencode(pair | {'tab': tab})}"
    finding = {"finding": "gen-use-cache-false"}
    found["checkpoint, a finding"] = f"{url}/?{urlencode(pair | finding)}"
    found["live, a run"] = f"{url}/live?{urlencode({'run': run.id} | finding)}"
    found["compare, two runs"] = f"{url}/compare?run={slow.id}&run={run.id}"
    found["report, a run"] = f"{url}/report?run={run.id}"
    return found


def visit(page: Page, address: str) -> None:
    """Open an address and wait until the page is drawn."""
    page.goto(address)
    expect(page.get_by_test_id("stMain").get_by_role("heading").first).to_be_visible(timeout=SLOW)
    expect(page.locator(READY)).to_be_attached(timeout=SLOW)
    expect(page.locator("[data-testid=stSkeleton]:visible")).to_have_count(0, timeout=SLOW)
    expect(page.get_by_text("This page could not be drawn")).to_have_count(0)
    page.wait_for_timeout(500)  # charts and the mark of a link come after the script
