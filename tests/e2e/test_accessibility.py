"""What a keyboard reaches, a screen reader tells, and a link leads to."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Server
from e2e.everypage import addresses, visit
from slowlens.demo.folder import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]

HERE = Path(__file__).parent
REACHABLE, FOCUSED = ((HERE / name).read_text() for name in ("reachable.js", "focused.js"))
"""Functions: number what a keyboard should reach, and tell which of that has the focus."""
MANY = 150
"""Presses of Tab."""


@pytest.fixture
def found_at(server: Server, demo_copy: Demo) -> dict[str, str]:
    return addresses(server.url, demo_copy.folder / "merged", demo_copy.source)


def test_every_chart_has_a_text_alternative(page: Page, found_at: dict[str, str]) -> None:
    visit(page, found_at["live, a run"])
    page.get_by_text("The machine during the run").click()
    expect(page.locator(".st-key-machine .js-plotly-plot")).to_be_visible()
    for key in ("waterfall", "steps", "machine"):
        chart = page.locator(f".st-key-{key} [role=figure]")
        expect(chart).to_have_attribute("aria-label", re.compile(r"\w+ \w+"))
    expect(page.get_by_role("table", name="What the machine did")).to_be_visible()
    expect(page.get_by_role("table", name="Each kind of trial")).to_be_visible()


@pytest.mark.parametrize("name", ["checkpoint", "diff", "live", "fixes", "live, a run"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    page: Page, found_at: dict[str, str], name: str
) -> None:
    visit(page, found_at[name])
    page.set_viewport_size({"width": 500, "height": 900})  # where tables scroll
    page.wait_for_timeout(500)
    wanted: list[str] = page.evaluate(REACHABLE)
    page.evaluate("() => document.activeElement.blur()")
    order: list[int] = []
    unseen: list[str] = []
    for _ in range(MANY):
        page.keyboard.press("Tab")
        number, seen = page.evaluate(FOCUSED)
        if number in order:
            break
        if number is not None:
            order.append(number)
            if not seen:
                unseen.append(wanted[number])
    assert [told for number, told in enumerate(wanted) if number not in order] == []
    first = order.index(min(order))  # a link may have led into the midst of the page
    assert order[first:] + order[:first] == sorted(order), "in the order in which it is read"
    assert unseen == [], "where one is cannot be seen"


def test_a_link_leads_the_eye_and_the_keyboard_to_its_finding(
    page: Page, found_at: dict[str, str]
) -> None:
    visit(page, found_at["checkpoint, a finding"])
    card = page.locator(".st-key-linked")
    expect(card).to_be_in_viewport()
    expect(card).to_be_focused()
    expect(card).to_contain_text("Generation without the key-value cache")
    copied = card.get_by_role("link", name="Link to this finding").get_attribute("href")
    assert copied
    teammate = page.context.new_page()
    visit(teammate, copied if copied.startswith("http") else f"{page.url.split('/?')[0]}{copied}")
    expect(teammate.locator(".st-key-linked")).to_be_in_viewport()

    page.get_by_role("tab", name="Rules").click()
    expect(page.get_by_text("Read about a rule")).to_be_visible()
    assert "tab=rules" in page.url
    assert "finding=" not in page.url
    page.reload()
    expect(page.get_by_text("Read about a rule")).to_be_visible()


def test_the_filters_of_the_diff_are_shared_by_its_address(
    page: Page, found_at: dict[str, str]
) -> None:
    visit(page, found_at["diff"])
    page.get_by_role("button", name="length 1").click()
    expect(page.get_by_text("filtered out")).to_be_visible()
    teammate = page.context.new_page()
    visit(teammate, page.url)
    expect(teammate.get_by_text("1 difference", exact=False).first).to_be_visible()
    expect(teammate.get_by_role("cell", name="use_cache")).to_have_count(0)
    expect(teammate.get_by_role("cell", name="eos_token_id")).to_have_count(1)
