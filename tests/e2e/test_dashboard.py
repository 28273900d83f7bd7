"""What a person does and sees, in a real browser, on the demo pair."""

import re
import signal
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.conftest import SLOW, Server, gone
from slowlens.demo.folder import Demo

pytestmark = pytest.mark.browser

PAGES = ("Checkpoint", "Config diff", "Live run", "Fixes")
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
    expect(page.get_by_text(re.compile(r"as long per token|faster per token"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^before: .* ms$")).first).to_be_visible()

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("byte for byte")).to_be_visible()
    assert files(merged) == before
    expect(page.get_by_role("button", name="Apply 1 safe fix")).to_be_visible()


def test_a_refresh_and_a_second_tab_find_the_run_and_any_of_them_stops_it(
    page: Page, context: BrowserContext, address: str, server: Server
) -> None:
    page.goto(address)
    go(page, "Live run")
    start(page, tokens=400)
    tile = page.locator(".slowlens-live .tile.running b")
    expect(tile).to_contain_text("per token", timeout=SLOW)
    page.reload()
    expect(tile).to_contain_text("per token")
    second = context.new_page()
    second.goto(page.url)
    expect(second.locator(".slowlens-live .tile.running b")).to_contain_text("per token")
    third = context.new_page()
    third.goto(f"{server.url}/live")
    expect(third.locator(".slowlens-live .tile.running b")).to_contain_text("per token")

    (worker,) = server.workers
    second.get_by_role("button", name="Stop").click()
    assert gone(worker, 1), "stopped for real, within a second"
    for tab in (page, second, third):
        expect(tab.get_by_text("You stopped this run")).to_be_visible()
        expect(tab.get_by_role("button", name="Measure again")).to_be_visible()


def wait_for_points(page: Page, number: int) -> None:
    points = "document.querySelector('.plot')?.data?.[0]?.x.length"
    page.wait_for_function(f"() => {points} >= {number}", timeout=SLOW)


def test_the_curves_grow_without_a_rerun_and_keep_the_zoom(page: Page, address: str) -> None:
    frames: list[object] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: frames.append(f)))
    page.goto(address)
    go(page, "Live run")
    start(page, tokens=400)
    plot = page.locator(".slowlens-live .plot")
    wait_for_points(page, 5)
    box = plot.locator(".nsewdrag").first.bounding_box()
    assert box
    x, y = box["x"] + 5, box["y"] + 20
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y + 100, steps=5)
    page.mouse.up()
    zoomed = plot.evaluate("plot => plot.layout.xaxis.range")
    assert zoomed[1] < 200

    seen = len(frames)
    wait_for_points(page, plot.evaluate("plot => plot.data[0].x.length") + 5)
    assert len(frames) == seen, "Streamlit was not involved"
    assert plot.evaluate("plot => plot.layout.xaxis.range") == zoomed
    expect(page.locator(".slowlens-live .writing p")).not_to_be_empty()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("You stopped this run")).to_be_visible()


def test_a_long_run_is_sampled_where_it_stands_and_the_page_says_what_is_done(
    page: Page, address: str
) -> None:
    page.goto(address)
    go(page, "Live run")
    start(page, tokens=128)
    live = page.locator(".slowlens-live")
    expect(live.locator(".what")).to_contain_text("Warming up", timeout=SLOW)
    coming = ["load", "look at the cache", "time", "answers", "compare results"]
    others = live.locator(".stages li:not(.now)")
    expect(others).to_have_text([stage for stage in coming if stage != "time"], timeout=SLOW)
    expect(live.locator(".stages .now")).to_have_text(re.compile(r"^time \d+ of 12$"))
    wait_for_points(page, 20)
    (probes, *_) = live.locator(".plot").evaluate("plot => plot.data.map(line => line)")
    assert probes["name"] == "merged as shipped, sampled"
    assert probes["mode"] == "lines+markers"
    where = [5, 37, 69, 101, 121]
    assert [x for x in probes["x"] if x in where] == where
    expect(live.locator(".device")).to_contain_text("load")
    expect(live.locator(".tile.running .name")).to_contain_text("merged, cache on", timeout=SLOW)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("You stopped this run")).to_be_visible()
    expect(page.get_by_role("cell", name="merged as shipped, estimated")).to_be_visible()


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


def test_a_killed_process_is_a_clear_message_and_the_next_run_works(
    page: Page, address: str, server: Server
) -> None:
    page.goto(address)
    go(page, "Live run")
    start(page, tokens=400)
    expect(page.locator(".slowlens-live .tile.running b")).to_contain_text(
        "per token", timeout=SLOW
    )
    (worker,) = server.workers
    worker.kill()
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("killed")
    expect(alert).to_contain_text("memory")
    page.get_by_role("button", name="New run").click()
    start(page, tokens=4)
    compared(page)


def test_ctrl_c_ends_the_measuring_process_too(page: Page, address: str, server: Server) -> None:
    page.goto(address)
    go(page, "Live run")
    start(page, tokens=400)
    wait_for_points(page, 2)
    (worker,) = server.workers
    server.process.send_signal(signal.SIGINT)
    assert gone(worker, 5)
    assert gone(server.process, 5)


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
