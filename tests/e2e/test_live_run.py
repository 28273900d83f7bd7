"""A live run as it is watched, shared, stopped and killed, in a real browser, on the demo pair."""

import re
import signal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.acting import compared, go, start
from e2e.conftest import SLOW, Server, gone

pytestmark = pytest.mark.browser


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
