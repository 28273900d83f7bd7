"""What people see when something dies: the worker, the server, their own connection.

One or two of each; benchmarks/dashboard does it fifty times.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.acting import files, start
from e2e.conftest import SLOW, Server, gone
from runs import a_measurement
from slowlens.checking import check, measured
from slowlens.demo.folder import Demo
from slowlens.facts.live.measurement import Status
from slowlens.patch.journal import history
from slowlens.store import default_store
from slowlens_dashboard.measuring.drafts import ENDED

pytestmark = pytest.mark.browser

MAIN = "from slowlens.cli import main; sys.exit(main())"
HALF = """
import os, signal
from pathlib import Path
rename = Path.replace
def killing(path, target):
    found = rename(path, target)
    if path.suffix == ".slowlens":
        os.kill(os.getpid(), signal.SIGKILL)
    return found
Path.replace = killing
"""
"""The first file of a fix is in its place, and then the server is killed."""
CROWD = """
import threading, time
from slowlens_dashboard.serving import crowd
crowd.PATIENCE = 0.2
for number in range(crowd.AT_ONCE):
    threading.Thread(target=time.sleep, args=(6,), name=f"ScriptRunner-{number}").start()
"""
"""As many scripts run as may, and for longer than a page is let wait."""
APPLY = re.compile(r"Apply \d+ safe fix")
POINTS = "document.querySelector('.slowlens-live .js-plotly-plot').data.map(t => [...t.x, ...t.y])"


@contextmanager
def serving(root: Path, port: int, before: str = "") -> Iterator[Server]:
    """Start a dashboard on ``port``, with something done first; kill it at the end."""
    command = [sys.executable, "-P", "-c", f"import sys\n{before}\n{MAIN}", "ui", "--no-browser"]
    command += ["--port", str(port), "--root", str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert "http://" in line, f"the dashboard did not start: {line}"
        try:
            yield Server(f"http://127.0.0.1:{port}", psutil.Process(process.pid))
        finally:
            process.kill()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


def live(server: Server, demo: Demo) -> str:
    return f"{server.url}/live?merged={demo.folder / 'merged'}"


def run_in(page: Page) -> str:
    expect(page).to_have_url(re.compile("run="))
    return re.findall(r"run=([\w-]+)", page.url)[0]


def first_worker(server: Server, seconds: float = 30) -> psutil.Process:
    """Return the measuring process as soon as it is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if workers := server.workers:
            return workers[0]
        time.sleep(0.02)
    pytest.fail("there is no worker")


def wait_until_loaded(page: Page) -> None:
    expect(page.locator(".slowlens-live .device")).to_contain_text("thread", timeout=SLOW)


def wait_for_points(page: Page) -> None:
    expect(page.locator(".slowlens-live .tile.running b")).to_contain_text(
        "per token", timeout=SLOW
    )


def test_a_worker_that_dies_again_and_again_leaves_nothing(
    page: Page, server: Server, demo_copy: Demo
) -> None:
    page.goto(live(server, demo_copy))
    held = []
    for seconds in (0, 1500, 4000):
        start(page, tokens=400)
        run_id = run_in(page)
        page.wait_for_timeout(seconds)
        first_worker(server).kill()
        expect(page.get_by_test_id("stAlert")).to_contain_text("was killed")
        kept = default_store().load(run_id).measurement
        assert kept
        assert kept.status is Status.FAILED
        assert not server.process.children()
        page.get_by_role("button", name="New run").click()
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        held.append(server.process.num_fds())
    assert held[-1] <= held[0] + 3, "descriptors are left open"


def test_a_frozen_worker_can_be_stopped(page: Page, server: Server, demo_copy: Demo) -> None:
    page.goto(live(server, demo_copy))
    start(page, tokens=400)
    wait_until_loaded(page)
    (worker,) = server.workers
    worker.suspend()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("You stopped this run")).to_be_visible()
    assert not psutil.pid_exists(worker.pid)


def test_what_a_killed_server_had_measured_opens_again_by_its_link(
    page: Page, demo_copy: Demo, port: int
) -> None:
    root = demo_copy.folder
    with serving(root, port) as server:
        finished = measured(check(demo_copy.folder / "merged"), a_measurement())
        default_store().save(finished)
        page.goto(live(server, demo_copy))
        start(page, tokens=400)
        wait_until_loaded(page)
        (worker,) = server.workers
        server.process.kill()
        assert gone(worker, 20)
    with serving(root, port):
        expect(page.get_by_text(ENDED.rstrip("."))).to_be_visible(timeout=SLOW)
        expect(page.get_by_text("Nothing was timed by then")).to_be_visible()
        page.goto(f"http://127.0.0.1:{port}/live?run={finished.id}")
        expect(page.get_by_role("button", name="Run file")).to_be_visible()
        expect(page.get_by_test_id("stAlert").filter(has_text="server ended")).to_have_count(0)
    assert len(default_store().ids()) == 2


def test_a_server_that_is_killed_in_the_middle_of_a_fix_leaves_no_half_of_it(
    page: Page, demo_copy: Demo, port: int
) -> None:
    merged = demo_copy.folder / "merged"
    before = files(merged)
    with serving(demo_copy.folder, port, HALF) as server:
        page.goto(f"{server.url}/fixes?merged={merged}&source={demo_copy.source}")
        apply_it(page)
        assert gone(server.process, 30)
        assert files(merged) != before, "it was killed too early to show anything"
    with serving(demo_copy.folder, port):
        assert files(merged) == before
        page.reload()
        apply_it(page)
        expect(page.get_by_text("Fixed config.json, generation_config.json")).to_be_visible()
    changed = files(merged)
    assert {name for name in before if changed[name] != before[name]} == {
        "config.json",
        "generation_config.json",
    }
    assert not [*merged.glob(".*.slowlens")]


def apply_it(page: Page) -> None:
    page.get_by_role("button", name=APPLY).click()


def test_two_servers_share_a_store_and_a_checkpoint(
    context: BrowserContext, server: Server, demo_copy: Demo, port: int
) -> None:
    merged = demo_copy.folder / "merged"
    before = files(merged)
    one, two = context.new_page(), context.new_page()
    with serving(demo_copy.folder, port) as other:
        one.goto(live(server, demo_copy))
        start(one, tokens=400)
        wait_until_loaded(one)
        with serving(demo_copy.folder, 0) as third:
            assert third.process.is_running()
        assert server.workers, "a server that starts leaves the runs of others alone"
        assert default_store().ids() == ()
        one.get_by_role("button", name="Stop").click()
        expect(one.get_by_role("button", name="Run file")).to_be_visible()
        two.goto(f"{other.url}/live?run={run_in(one)}")
        expect(two.get_by_role("button", name="Run file")).to_be_visible()

        for page, address in ((one, server.url), (two, other.url)):
            page.goto(f"{address}/fixes?merged={merged}&source={demo_copy.source}")
            expect(page.get_by_role("button", name=APPLY)).to_be_visible(timeout=SLOW)
        apply_it(one)
        expect(one.get_by_text("Fixed config.json, generation_config.json")).to_be_visible()
        apply_it(two)
        expect(two.get_by_test_id("stAlert").first).to_contain_text("config.json")
        assert len(history(merged)) == 1
        one.get_by_role("button", name="Undo").first.click()
        expect(one.get_by_text("byte for byte")).to_be_visible()
        assert files(merged) == before


def test_a_browser_that_was_offline_goes_on_where_it_was(
    page: Page, context: BrowserContext, server: Server, demo_copy: Demo
) -> None:
    page.goto(live(server, demo_copy))
    start(page, tokens=400)
    wait_for_points(page)
    other = context.browser.new_context() if context.browser else pytest.fail("no browser")
    second = other.new_page()
    second.goto(page.url)
    wait_for_points(second)
    context.set_offline(True)
    expect(page.get_by_text("The server does not answer")).to_be_visible()
    second.wait_for_timeout(2000)
    context.set_offline(False)
    expect(page.get_by_text("The server does not answer")).to_have_count(0)
    (worker,) = server.workers
    worker.suspend()
    page.wait_for_timeout(3000)
    drawn = page.evaluate(POINTS)
    assert drawn == second.evaluate(POINTS)
    assert sum(map(len, drawn)) > 10
    worker.resume()
    page.close()
    other.close()
    third = context.new_page()
    third.goto(f"{server.url}/live")
    wait_for_points(third)
    assert server.workers == [worker], "the run goes on while nobody watches"


def test_a_page_that_was_sent_away_by_a_crowd_comes_back_by_itself(
    page: Page, demo_copy: Demo, port: int
) -> None:
    ended: list[str] = []
    page.on("websocket", lambda socket: socket.on("close", lambda _: ended.append(socket.url)))
    with serving(demo_copy.folder, port, CROWD) as server:
        page.goto(f"{server.url}/?merged={demo_copy.folder / 'merged'}")
        expect(page.get_by_role("heading", name="without its key-value cache")).to_be_visible(
            timeout=SLOW
        )
        assert ended, "nobody was sent away"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_frozen_worker_leaves_with_a_server_that_is_killed(
    page: Page, demo_copy: Demo, port: int
) -> None:
    with serving(demo_copy.folder, port) as server:
        page.goto(live(server, demo_copy))
        start(page, tokens=400)
        wait_until_loaded(page)
        (worker,) = server.workers
        os.kill(worker.pid, signal.SIGSTOP)
        server.process.kill()
        assert gone(worker, 20)
