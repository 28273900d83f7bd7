"""How fast the dashboard is, in a real browser on the demo pair.

- first paint: from the request of the address, by a browser that has seen nothing yet, to the first
  contentful paint and to the answer's sentence being there
- clicks: every tab, fold, switch, choice, menu and link of every page, from the event to the last
  change that it causes; and what a person does to measure and to fix
- chart: 8,000 points of a run that goes on, and how often they are drawn

    python benchmarks/dashboard_speed.py [paint] [clicks] [chart] [--n 10] [--runs 40]

On a machine that does other things as well the least of n is what to look at; the load is told.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page
from shared.browsing import Answer, Server, answered, chromium, dashboard, fresh_page, settled
from shared.clicking import MAIN, back, controls

from slowlens.demo.folder import find
from slowlens.places import demo_folder

PAGES = {"Checkpoint": "", "Config diff": "diff", "Live run": "live", "Fixes": "fixes"}
PARTS = ("paint", "clicks", "chart")
SENTENCE = "[class*=st-key-answer] h2"
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


def main() -> None:
    """Measure what was asked for and print it."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)} (default: all)")
    options.add_argument("--n", type=int, default=10, help="times each")
    options.add_argument("--demo", type=Path, default=demo_folder(), help="of slowlens demo")
    options.add_argument("--browser", default=shutil.which("chromium"), help="its path")
    options.add_argument("--pages", default=",".join(PAGES), help="whose clicks, by title")
    asked = options.parse_args()
    if find(asked.demo) is None:
        raise SystemExit(f"There is no demo in {asked.demo}: slowlens demo makes it.")
    with tempfile.TemporaryDirectory() as folder, chromium(asked.browser) as browser:
        root = Path(folder) / "demo"
        shutil.copytree(asked.demo, root)
        with dashboard(Path(folder) / "home", root) as server:
            parts = asked.parts or PARTS
            if "paint" in parts:
                _paint(browser, server, root, asked.n)
            if "clicks" in parts:
                _clicks(browser, server, root, asked)
        if "chart" in parts:
            script = (str(STREAMING), str(POINTS), str(RATE))
            with dashboard(Path(folder) / "streaming", root, script) as server:
                _chart(browser, server, root)
    print(f"load average {os.getloadavg()[0]:.1f}")


def _address(server: Server, root: Path, page: str = "") -> str:
    pair = urlencode({"merged": root / "merged", "source": root / "source"})
    return f"{server.url}/{page}?{pair}"


def _paint(browser: Browser, server: Server, root: Path, n: int) -> None:
    print(f"first paint, n = {n}, the first one with a server that has served nobody yet")
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
    for title, found in {
        "first contentful paint": painted, "answer": answers, "server's CPU": cpu
    }.items():  # fmt: skip
        print(f"  {title:<24}{_spread(found)}; the first one {found[0]:.0f} ms")


def _clicks(browser: Browser, server: Server, root: Path, asked: argparse.Namespace) -> None:
    page = fresh_page(browser)
    found: dict[str, list[Answer]] = {}
    for title in asked.pages.split(","):
        address = _address(server, root, PAGES[title])
        page.goto(address)
        settled(page)
        for _ in range(asked.n):
            for name, answer in _all_of(page, server, page.url):
                found.setdefault(f"{title}: {name}", []).append(answer)
    _table(found)


def _all_of(page: Page, server: Server, address: str) -> Iterator[tuple[str, Answer]]:
    """Press everything on a page, and in each of its tabs."""
    tabs = page.locator(f"{MAIN} [role=tab]")
    number = tabs.count()
    for place in [*range(1, number), *([0] if number else [])]:
        label = tabs.nth(place).inner_text()
        yield f"tab {label}", answered(page, server, tabs.nth(place).click, grows=False)
        yield from _within(page, server, f"{label} › ", "[role=tabpanel]", address)
    for place in range(4):
        link = page.get_by_test_id("stTopNavLink").nth(place)
        yield f"to {link.inner_text().split()[-1]}", answered(page, server, link.click, grows=False)
        own = page.get_by_test_id("stTopNavLink").nth(_number(address))
        if place != _number(address):
            yield "and back", answered(page, server, own.click, grows=False)
    yield from _within(page, server, "", MAIN, address, apart="[role=tabpanel]")


def _number(address: str) -> int:
    return [*PAGES.values()].index(address.partition("?")[0].rpartition("/")[2])


def _within(
    page: Page, server: Server, where: str, root: str, address: str, apart: str = ""
) -> Iterator[tuple[str, Answer]]:
    here = page.locator(root).locator("visible=true").first
    inner = {(c.kind, c.label) for c in controls(page.locator(apart).first)} if apart and page.locator(apart).count() else set()
    for control in [*controls(here)]:
        if (control.kind, control.label) in inner:
            continue
        name = f"{where}{control.kind} {control.label}"
        yield name, answered(page, server, lambda c=control: c.on(here).click(), grows=False)
        if back(page, control, address):
            yield name, answered(page, server, lambda c=control: c.on(here).click(), grows=False)


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
    print(f"live chart, {page.evaluate(points)} points and {RATE:.0f} more a second, {WATCHED} s")
    print(f"  updates drawn          {len(times) / WATCHED:.1f} a second")
    print(f"  each took              {_spread(times)}")
    print(f"  frames                 {found['drawn'] / WATCHED:.0f} a second")
    print(f"  in tasks over 50 ms    {100 * found['long'] / 1000 / WATCHED:.0f} % of the time")
    print(f"  server's CPU           {100 * (server.cpu - before) / WATCHED:.1f} % of a core")
    print(f"  messages of Streamlit  {found['frames'] - frames}")
    page.context.close()


def _table(found: dict[str, list[Answer]]) -> None:
    print(f"{'click':<72}{'n':>4}{'median':>8}{'worst':>7}{'least':>7} ms{'server CPU':>12}{'long':>6}")
    for name, answers in found.items():
        took = [answer.took for answer in answers]
        cpu = median(answer.cpu for answer in answers)
        marks = [
            "blank" if any(a.blank for a in answers) else "",
            f"dimmed {sum(a.dimmed > 0 for a in answers)}" if any(a.dimmed for a in answers) else "",
            f"jumped {max(a.jumped for a in answers):.0f}" if any(a.jumped for a in answers) else "",
            "" if any(a.ran for a in answers) else "(browser alone)",
        ]
        print(
            f"{name[:70]:<72}{len(took):>4}{median(took):>8.0f}{max(took):>7.0f}{min(took):>7.0f}"
            f"{cpu:>12.0f}   {median(a.long for a in answers):>6.0f}   {' '.join(filter(None, marks))}"
        )


def _spread(found: Sequence[float]) -> str:
    return f"median {median(found):.0f} ms ({min(found):.0f} to {max(found):.0f})"


if __name__ == "__main__":
    main()
