"""History: a person names a run, looks for it, deletes it and takes that back; a link shares it."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.conftest import Server
from runs import a_measurement, a_run
from slowlens.labels import Label, default_labels
from slowlens.store import default_store

pytestmark = pytest.mark.browser

IDS = ("20260101-030405-000001", "20260102-030405-000002", "20260103-030405-000003")


@pytest.fixture
def runs(tmp_path: Path) -> None:
    """Three runs of a checkpoint below the root of the server, and one of another elsewhere."""
    run = a_run(a_measurement())
    for number, run_id in enumerate(IDS, 1):
        here = replace(run.merged, path=str(tmp_path / "merged"))
        created = f"2026-01-{number:02d}T03:04:05+00:00"
        default_store().save(replace(run, id=run_id, created=created, merged=here, source=None))
    elsewhere = replace(run.merged, path="/secret/elsewhere")
    default_store().save(replace(run, id="20260104-030405-000004", merged=elsewhere))


def row(number: int) -> str:
    return f".st-key-run-{IDS[number]}"


def find(page: Page, context: BrowserContext, text: str) -> None:
    """Look for the first run by its name; a teammate who gets the link finds the same."""
    page.get_by_label("Find").fill(text)
    page.get_by_label("Find").press("Enter")
    expect(page.locator(row(1))).to_have_count(0)
    expect(page.locator(row(0))).to_be_visible()
    teammate = context.new_page()
    teammate.goto(page.url)
    expect(teammate.locator(row(0))).to_be_visible()
    expect(teammate.get_by_label("Find")).to_have_value(text)
    expect(teammate.locator(row(1))).to_have_count(0)
    teammate.close()


@pytest.mark.usefixtures("runs")
def test_a_run_is_named_found_deleted_and_brought_back(
    page: Page, context: BrowserContext, server: Server
) -> None:
    page.goto(f"{server.url}/history")
    first = page.locator(row(0))
    expect(first).to_contain_text("400 ms per token")
    expect(page.get_by_text("elsewhere")).to_have_count(0)

    first.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("<b>before</b> the fix")
    dialog.get_by_label("Note").fill("cold machine")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(first).to_contain_text("<b>before</b> the fix")
    expect(first).to_contain_text("cold machine")
    assert default_labels().get(IDS[0]) == Label("<b>before</b> the fix", "cold machine")

    first.get_by_role("button", name="Edit").click()
    dialog.get_by_label("Name of the baseline").fill("main")
    dialog.get_by_role("button", name="Keep as a baseline").click()
    expect(first).to_contain_text("baseline main")

    find(page, context, "before")
    first.get_by_role("button", name="Delete").click()
    offer = page.locator(f".st-key-deleted-{IDS[0]}")
    expect(offer).to_contain_text("Deleted <b>before</b> the fix.")
    assert IDS[0] not in default_store().ids()
    offer.get_by_role("button", name="Undo").click()
    expect(first).to_contain_text("baseline main")
    expect(page.get_by_text("Deleted 1 run.")).to_have_count(0)
    assert IDS[0] in default_store().ids()


@pytest.mark.usefixtures("runs")
def test_runs_that_are_ticked_are_compared_and_one_is_opened(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/history")
    for number in (2, 0):
        page.locator(f".st-key-tick-{IDS[number]} label").click()
    page.get_by_role("link", name="Compare 2 runs").click()
    expect(page).to_have_url(f"{server.url}/compare?run={IDS[0]}&run={IDS[2]}")
    page.go_back()
    page.locator(row(1)).get_by_role("link").click()
    expect(page).to_have_url(f"{server.url}/live?run={IDS[1]}")
    expect(page.get_by_role("heading", name="without its key-value cache")).to_be_visible()
