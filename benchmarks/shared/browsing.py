"""A dashboard and a browser for the benchmarks: both of their own, with a probe in each page."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

PROBE = (Path(__file__).parent / "probe.js").read_text()
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = 400
"""Milliseconds without a change or a message, after which an answer counts as complete."""
WIDTH, HEIGHT = 1280, 1000
MEASURED = ("shown", "seen", "long", "ran", "blank", "dimmed", "jumped")
"""What the probe tells of an answer under the same name."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running dashboard."""

    url: str
    process: psutil.Process

    @property
    def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one click; all in milliseconds but what is counted."""

    took: float
    """From the event to the last change of the page that it caused, painted."""
    shown: float
    """To the last change of what is on the screen, painted, without what lies below it."""
    seen: float
    """To the first frame with other words on the page; 0 where they stay the same."""
    cpu: float
    """Of the server."""
    long: float
    """Of tasks of more than 50 ms each that kept the page from answering."""
    ran: bool
    """Whether the server ran anything."""
    blank: bool
    """Whether at some frame there was nothing to read on the page."""
    dimmed: int
    """Frames in which something was greyed out."""
    jumped: float
    """Pixels by which the page scrolled by itself."""


@contextmanager
def dashboard(
    home: Path, root: Path, script: Sequence[str] = (), port: int = 0
) -> Iterator[Server]:
    """Start ``slowlens ui``, or a script that does, with a home of its own; end it afterwards."""
    run = "import sys; from slowlens.cli import main; sys.exit(main())"
    program = script or ("-P", "-c", run, "ui")
    command = [sys.executable, *program, "--port", str(port), "--no-browser"]
    environment = os.environ | {"SLOWLENS_HOME": str(home)}
    with subprocess.Popen(
        [*command, "--root", str(root)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        if not found:
            raise SystemExit("the dashboard did not start")
        try:
            yield Server(found[0], psutil.Process(process.pid))
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def chromium(path: str = "") -> Iterator[Browser]:
    """Start the browser at ``path``, or in ``SLOWLENS_CHROMIUM``, or one that is installed."""
    path = path or os.environ.get("SLOWLENS_CHROMIUM") or next(filter(None, map(which, NAMES)), "")
    if not path:
        raise SystemExit("No Chromium was found; SLOWLENS_CHROMIUM may name one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def fresh_page(browser: Browser) -> Page:
    """Open a page with the probe in it, in a profile without cache or cookies."""
    size = {"width": WIDTH, "height": HEIGHT}
    context = browser.new_context(viewport=size, bypass_csp=True)  # the probe is asked by eval
    context.add_init_script(PROBE)
    context.set_default_timeout(60_000)
    return context.new_page()


def settled(page: Page) -> None:
    """Wait until nothing changes any more."""
    page.wait_for_function("document.querySelector('[data-testid=stApp]')")
    page.evaluate("() => { probe.arm(); probe.clicked = performance.now(); }")
    page.wait_for_function(f"probe.quiet({2 * QUIET})")


def answered(
    page: Page, server: Server, press: Callable[[], object], *, grows: bool = False
) -> Answer:
    """Press, and wait for what comes of it; where the page ``grows`` by itself, for the script."""
    before = server.cpu
    page.evaluate("probe.arm()")
    press()
    page.wait_for_function("probe.finished" if grows else f"probe.quiet({QUIET})")
    found = page.evaluate("probe.answer()")
    return Answer(
        took=found["finished"] if grows else found["took"],
        cpu=1000 * (server.cpu - before),
        **{name: found[name] for name in MEASURED},
    )
