"""What a person does on the pages, and reads in the files."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from e2e.conftest import SLOW

COMPARED = re.compile(
    r"(times (as long|faster)|within 10 % of the time|(not|not clearly|perhaps) slower)"
    r".* merged, cache on"
)


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()


def start(page: Page, tokens: int = 12, rounds: int = 1) -> None:
    """Fill the form of the live run and start it."""
    numbers = {
        "New tokens": tokens,
        "Rounds": rounds,
        "CPU threads": 1,
        "Answer limit": 24,
        "Equality tokens": 8,
    }
    for label, number in numbers.items():
        page.get_by_role("spinbutton", name=label).fill(str(number))
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


def compared(page: Page) -> None:
    """Wait for the verdict that ends a run; a busy machine may blur the factor itself."""
    verdicts = page.locator(".st-key-verdicts")
    expect(verdicts.get_by_text(COMPARED)).to_be_visible(timeout=SLOW)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}
