"""A dashboard of its own for each benchmark, and what it holds: memory, descriptors, processes."""

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import psutil
from playwright.sync_api import Page, expect

from slowlens.demo.folder import find
from slowlens.demo.recipe import best_weights
from slowlens.demo.session import build
from slowlens.places import demo_folder

sys.path.append(str(Path(__file__).parents[1]))  # what all benchmarks share is beside this folder
from shared import browsing

MINUTES = 60_000
LAUNCH = """
import sys
from functools import partial
from slowlens_dashboard.measuring import jobs
from slowlens.measure.session import measure
jobs.measure = partial(measure, silence=float(sys.argv.pop(1)))
from slowlens.cli import main
sys.exit(main())
"""
"""A dashboard to which a worker counts as hung after fewer seconds than usual."""


@dataclass(frozen=True, slots=True)
class State:
    """What a server holds."""

    memory: float
    """Resident, in MiB."""
    descriptors: int
    threads: int
    children: int
    """Processes below it, zombies included."""
    cpu: float
    """Seconds that it has used."""

    def __str__(self) -> str:
        return (
            f"{self.memory:>8.0f}{self.descriptors:>14}{self.threads:>9}{self.children:>10}"
            f"{self.cpu:>9.1f}"
        )


HEAD = f"{'':<34}{'RSS, MiB':>8}{'descriptors':>14}{'threads':>9}{'children':>10}{'CPU, s':>9}"


@dataclass(frozen=True, slots=True)
class Server(browsing.Server):
    """A running dashboard, with what it holds."""

    @property
    def state(self) -> State:
        """What it holds now."""
        with self.process.oneshot():
            return State(
                self.process.memory_info().rss / 2**20,
                self.process.num_fds(),
                self.process.num_threads(),
                len(self.process.children(recursive=True)),
                self.cpu,
            )

    @property
    def workers(self) -> list[psutil.Process]:
        """The measuring processes that it has started."""
        found = self.process.children(recursive=True)
        return [one for one in found if "slowlens.measure.worker" in command_of(one)]

    def say(self, title: str) -> State:
        """Print a row of what it holds."""
        state = self.state
        print(f"{title:<34}{state}", flush=True)
        return state


@contextmanager
def dashboard(home: Path, root: Path, port: int = 0, silence: float = 300) -> Iterator[Server]:
    """Start ``slowlens ui`` that may open what is below ``root``; end it afterwards."""
    script = ("-P", "-c", LAUNCH, str(silence), "ui")
    with browsing.dashboard(home, root, script, port) as started:
        yield Server(started.url, started.process)


@contextmanager
def scene() -> Iterator[tuple[Path, Path]]:
    """Make a home, and a folder with a copy of the demo pair; return both."""
    with TemporaryDirectory() as folder:
        here = Path(folder)
        if find(demo_folder()) is None:
            with build(demo_folder(), best_weights()) as steps:
                for step in steps:
                    print(f"building the demo: {step.number}/{step.total} {step.doing}")
        for name in ("merged", "source"):
            shutil.copytree(demo_folder() / name, here / "demo" / name)
        yield here / "home", here / "demo"


def address(server: Server, root: Path, page: str = "", source: str = "source") -> str:
    """Return the URL of a page with the demo pair chosen."""
    pair = {"merged": str(root / "merged")} | ({"source": str(root / source)} if source else {})
    return f"{server.url}/{page}?{urlencode(pair)}"


def start(page: Page, tokens: int, rounds: int = 1) -> str:
    """Fill the form of a live run and start it; return its id."""
    numbers = {"New tokens": tokens, "Rounds": rounds, "CPU threads": 1}
    for label, number in (numbers | {"Answer limit": 24, "Equality tokens": 8}).items():
        page.get_by_role("spinbutton", name=label).fill(str(number))
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_test_id("stMain").get_by_role("button", name="Stop")).to_be_visible(
        timeout=MINUTES  # Streamlit has a Stop of its own while a script runs
    )
    return run_in(page)


def run_in(page: Page) -> str:
    """Return the id of the run that a page shows."""
    page.wait_for_url(re.compile(r"run="))
    return re.findall(r"run=([\w-]+)", page.url)[0]


def command_of(process: psutil.Process) -> str:
    """Return what a process was started with; empty where it is gone or a zombie."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def until(happened: Callable[[], object], seconds: float = 120) -> float:
    """Wait for something; return the seconds that it took."""
    begun = time.monotonic()
    while not happened():
        if time.monotonic() - begun > seconds:
            raise SystemExit("it did not happen")
        time.sleep(0.02)
    return time.monotonic() - begun
