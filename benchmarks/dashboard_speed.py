"""How fast the dashboard is, in a real browser on the demo pair.

- paint: from the request of the address, by a browser that has seen nothing yet, to the first
  contentful paint and to the sentence of the answer
- clicks: every tab, fold, switch, choice, menu and link of every page, from the event to the last
  change that it causes, painted, to the last one on the screen (1,280 by 1,000 pixels), and to its
  first words; with it whether the page was blank, grey or scrolled by itself
- story: what a person does to measure and to fix; a measurement is made, and kept as many times as
  --runs says, so that clicks and paint, which come after it, find a store as it is after weeks
- chart: a run of 8,000 points that goes on, and how often they are drawn

    python benchmarks/dashboard_speed.py [story] [paint] [clicks] [chart] [--n 10] [--runs 40]

On a machine that does other things as well the least of n is what to look at; the load is told.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page
from shared.browsing import Answer, Server, answered, chromium, dashboard, fresh_page, settled
from shared.clicking import TOP, press_all, press_links

from slowlens.demo.folder import find
from slowlens.demo.recipe import best_weights
from slowlens.demo.session import build
from slowlens.places import demo_folder
from slowlens.store import Store

PARTS = ("story", "paint", "clicks", "chart")
FORM = {"New tokens": 12, "Rounds": 1, "CPU threads": 1, "Answer limit": 16, "Equality tokens": 8}
SENTENCE = "[class*=st-key-answer] h1, [class*=st-key-answer] h2"
STREAMING = Path(__file__).parent / "shared" / "streaming.py"
POINTS, RATE, WATCHED = 8000, 50.0, 12
"""Points of the chart, how many come in a second, and for how many seconds that is watched."""
COUNT = """() => {
  const real = Plotly.extendTraces;
  window.drawn = [];
  Plotly.extendTraces = async (...given) => {
    const began = performance.now();
    await real(...given);
    window.drawn.push(performance.now() - began);
  };
}"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
SLOW = 300.0
"""Milliseconds that a click may take."""

Pressed = list[tuple[str, Answer]]


def main() -> None:
    """Measure what was asked for and print it."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)} (default: all)")
    options.add_argument("--n", type=int, default=10, help="times each")
    options.add_argument("--runs", type=int, default=40, help="runs that are kept after the story")
    options.add_argument("--demo", type=Path, default=demo_folder(), help="folder of the demo")
    options.add_argument("--browser", default=shutil.which("chromium"), help="its path")
    options.add_argument("--page", action="append", help="whose clicks (default: every page)")
    asked = options.parse_args()
    if find(asked.demo) is None:
        with build(asked.demo, best_weights()) as steps:
            for step in steps:
                print(f"building the demo: {step.number}/{step.total} {step.doing}")
    with tempfile.TemporaryDirectory() as folder, chromium(asked.browser) as browser:
        _measure(browser, Path(folder), asked)
    print(f"load average {os.getloadavg()[0]:.1f}")


def _measure(browser: Browser, folder: Path, asked: argparse.Namespace) -> None:
    parts, root, home = asked.parts or PARTS, folder / "demo", folder / "home"
    shutil.copytree(asked.demo, root)
    run = ""
    if "story" in parts:
        with dashboard(home, root) as server:
            run = _story(browser, server, root, asked.n)
        _multiply(Store(home / "state" / "runs"), run, asked.runs)
    if "paint" in parts or "clicks" in parts:
        with dashboard(home, root) as server:
            if "paint" in parts:
                _paint(browser, server, root, asked.n)
            if "clicks" in parts:
                _clicks(browser, server, root, run, asked)
    if "chart" in parts:
        script = (str(STREAMING), str(POINTS), str(RATE))
        with dashboard(folder / "streaming", root, script) as server:
            _chart(browser, server, root)


def _address(server: Server, root: Path, page: str = "") -> str:
    pair = urlencode({"merged": root / "merged", "source": root / "source"})
    return f"{server.url}/{page}?{pair}"


def _paint(browser: Browser, server: Server, root: Path, n: int) -> None:
    painted, answers, cpu = [], [], []
    for _ in range(n):
        page = fresh_page(browser)
        before = server.cpu
        page.goto(_address(server, root), wait_until="commit")
        page.locator(SENTENCE).wait_for()
        answers.append(page.evaluate("performance.now()"))
        painted.append(page.evaluate(PAINTED))
        settled(page)
        cpu.append(1000 * (server.cpu - before))
        page.context.close()
    print(f"first paint, n = {n}; the server has just been started, and served nobody yet")
    for title, found in zip(
        ("first contentful paint", "the answer", "server's CPU"),
        (painted, answers, cpu),
        strict=True,
    ):
        print(f"  {title:<24}{_spread(found)}; the first visit {found[0]:.0f} ms")


def _story(browser: Browser, server: Server, root: Path, n: int) -> str:
    """Start, stop, and measure to the end; apply and undo. Return the id of the whole run."""
    page = fresh_page(browser)
    found: Pressed = []

    def press(name: str, *, grows: bool = False, within: str = "") -> None:
        place = page.locator(within) if within else page
        button = place.get_by_role("button", name=name).first
        found.append((name, answered(page, server, button.click, grows=grows)))

    for number in range(n):
        page.goto(_address(server, root, "live"))
        settled(page)
        for label, value in FORM.items():
            page.get_by_role("spinbutton", name=label).fill(str(value))
            page.keyboard.press("Tab")
        press("Start", grows=True)
        if number < n - 1:
            press("Stop", grows=True)
            page.get_by_role("button", name="Run file").wait_for()
    page.get_by_role("button", name="Run file").wait_for(timeout=600_000)
    run: str = page.url.rpartition("run=")[2].partition("&")[0]
    for _ in range(n):
        page.goto(_address(server, root, "fixes"))
        settled(page)
        press("Apply 1 safe fix")
        if page.get_by_role("dialog").count():
            press("Write the files", within="[role=dialog]")
        press("Undo")
    page.context.close()
    _table(found)
    return run


def _multiply(store: Store, run_id: str, number: int) -> None:
    """Keep a run under other ids too."""
    run = store.load(run_id)
    for copy in range(number - len(store.ids())):
        store.save(replace(run, id=f"20260101-{copy:06d}-c0ffee"))


def _clicks(
    browser: Browser, server: Server, root: Path, run: str, asked: argparse.Namespace
) -> None:
    page = fresh_page(browser)
    page.goto(_address(server, root))
    settled(page)
    links = {}
    for link in page.locator(TOP).all():
        links[" ".join(link.inner_text().split()[1:])] = link.get_attribute("href") or ""
    for title, href in links.items():
        if asked.page and title not in asked.page:
            continue
        here = _address(server, root, href.rpartition("/")[2].partition("?")[0])
        found = _pressed(page, server, here, asked.n)
        if "live" in href and run:
            found += [
                (f"a run: {name}", answer)
                for name, answer in _pressed(page, server, f"{here}&run={run}", asked.n)
            ]
        print(f"\n{title}, {len(server_runs(root))} runs kept")
        _table(found)
    page.context.close()


def _pressed(page: Page, server: Server, address: str, n: int) -> Pressed:
    page.goto(address)
    settled(page)
    found: Pressed = []
    for _ in range(n):
        found += press_all(page, server)
        page.goto(address)
        settled(page)
        found += press_links(page, server)
    return found


def server_runs(root: Path) -> tuple[str, ...]:
    """Return the runs that are kept."""
    return Store(root.parent / "home" / "state" / "runs").ids()


def _chart(browser: Browser, server: Server, root: Path) -> None:
    page = fresh_page(browser)
    page.goto(_address(server, root, "live"))
    page.get_by_role("button", name="Start").click()
    held = "(document.querySelector('.plot')?.data ?? []).filter(line => line.yaxis !== 'y2')"
    points = f"{held}.reduce((sum, line) => sum + line.x.length, 0)"
    page.wait_for_function(f"{points} >= {0.9 * POINTS:.0f}")
    page.evaluate(COUNT)
    page.evaluate("() => { probe.arm(); probe.clicked = performance.now(); }")
    before, frames = server.cpu, page.evaluate("probe.frames")
    page.wait_for_timeout(1000 * WATCHED)
    found = page.evaluate("({ ...probe, times: window.drawn })")
    times = found["times"]
    print(f"\nlive chart, {page.evaluate(points)} points and {RATE:.0f} more a second, {WATCHED} s")
    print(f"  updates drawn          {len(times) / WATCHED:.1f} a second")
    print(f"  each took              {_spread(times)}")
    print(f"  frames                 {found['drawn'] / WATCHED:.0f} a second")
    print(f"  in tasks over 50 ms    {100 * found['long'] / 1000 / WATCHED:.0f} % of the time")
    print(f"  server's CPU           {100 * (server.cpu - before) / WATCHED:.1f} % of a core")
    print(f"  messages of Streamlit  {found['frames'] - frames}")
    page.context.close()


def _table(pressed: Pressed) -> None:
    found: dict[str, list[Answer]] = {}
    for name, answer in pressed:
        found.setdefault(name, []).append(answer)
    heads = f"{'least':>7}{'median':>8}{'worst':>7}{'screen':>8}{'words':>7}{'CPU':>6}{'long':>6}"
    print(f"{'click, ms':<62}{'n':>4}{heads}")
    for name, answers in found.items():
        took = [answer.took for answer in answers]
        cpu, long = median(a.cpu for a in answers), median(a.long for a in answers)
        screen, words = median(a.shown for a in answers), median(a.seen for a in answers)
        figures = f"{len(took):>4}{min(took):>7.0f}{median(took):>8.0f}{max(took):>7.0f}"
        figures += f"{screen:>8.0f}{words:>7.0f}{cpu:>6.0f}{long:>6.0f}"
        print(f"{name[:60]:<62}{figures}  {_marks(answers)}")
    for until, of in (("the screen stands still", "shown"), ("nothing changes", "took")):
        slow = [name for name, a in found.items() if median(getattr(e, of) for e in a) > SLOW]
        told = f"of {len(found)} kinds of click more than {SLOW:.0f} ms until {until}"
        print(f"{told}: {', '.join(slow) or 'none'}")


def _marks(answers: Sequence[Answer]) -> str:
    """Say what a person might see flicker."""
    told = {
        "blank": sum(a.blank for a in answers),
        "dimmed": sum(a.dimmed > 0 for a in answers),
        "jumped": sum(a.jumped > 0 for a in answers),
    }
    return " ".join(f"{what} {number} times" for what, number in told.items() if number)


def _spread(found: Sequence[float]) -> str:
    return f"median {median(found):.0f} ms ({min(found):.0f} to {max(found):.0f})"


if __name__ == "__main__":
    main()
