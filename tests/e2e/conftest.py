"""A dashboard of its own for each test, and one browser for all of them."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from demos import kept_demo
from e2e.browser import MISSING, find_browser
from slowlens.demo.folder import Demo
from slowlens.demo.recipe import Weights

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
SLOW = 240_000
"""Milliseconds to wait for what a busy machine with two cores must compute."""


@dataclass(frozen=True)
class Server:
    """A running dashboard."""

    url: str
    process: psutil.Process

    @property
    def workers(self) -> list[psutil.Process]:
        """The measuring processes that it has started."""
        children = self.process.children(recursive=True)
        return [c for c in children if any("measure.worker" in part for part in c.cmdline())]


@pytest.fixture(scope="session")
def demo() -> Demo:
    """Checkpoints with random weights: a seventh of the work of real ones, and the same files."""
    return kept_demo(Weights.RANDOM)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def server(home: Path, tmp_path: Path) -> Iterator[Server]:
    """``slowlens ui``, started in an empty folder, allowed to read below ``tmp_path``."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run = "import sys; from slowlens.cli import main; sys.exit(main())"
    options = ["ui", "--port", "0", "--no-browser", "--root", str(tmp_path)]
    command = [sys.executable, "-P", "-c", run, *options]
    with subprocess.Popen(command, cwd=elsewhere, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"the dashboard did not start: {line}"
        yield Server(found[0], psutil.Process(process.pid))
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, accept_downloads=True)
    context.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def address(server: Server, demo_copy: Demo) -> str:
    """The first page with the demo pair chosen, as a link shares it."""
    return f"{server.url}/?merged={demo_copy.folder / 'merged'}&source={demo_copy.source}"


def gone(process: psutil.Process, seconds: float) -> bool:
    """Whether a process has ended within ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False
