"""Kill the measuring process again and again, at random moments of a run, and look at what is left.

One browser tab starts each run anew. Its worker is killed (SIGKILL) after a random time, or every
tenth frozen (SIGSTOP), which counts as hung after --silence seconds. Each time the page must say
so, the run must be in the store with what was measured, and no process may be left. Printed at the
start, after every tenth and at the end: what the server holds.

    python benchmarks/dashboard/worker_kills.py [--times 50] [--latest 12] [--silence 30]
"""

import argparse
import os
import random
import time
from collections import Counter

import psutil
from playwright.sync_api import Page, expect
from serving import HEAD, MINUTES, Server, address, dashboard, run_in, scene, start, until
from shared.browsing import chromium

from slowlens.facts.live.measurement import Status
from slowlens.store import Store

ALERT = "[data-testid=stAlert]"


def main() -> None:
    """Kill as often as asked for, and print the table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--times", type=int, default=50)
    options.add_argument("--latest", type=float, default=12, help="seconds after the start")
    options.add_argument("--silence", type=float, default=30)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    chance = random.Random(asked.seed)  # noqa: S311
    with (
        scene() as (home, root),
        dashboard(home, root, silence=asked.silence) as server,
        chromium() as browser,
    ):
        page = browser.new_page()
        page.goto(address(server, root, "live"))
        print(HEAD)
        server.say("before the first run")
        kept, workers = _kill_all(server, page, Store(home / "state" / "runs"), asked, chance)
        print("what the store says:", dict(kept))
        print("workers left:", sum(worker.is_running() for worker in workers))
        start(page, tokens=4)
        expect(page.get_by_role("button", name="Run file")).to_be_visible(timeout=5 * MINUTES)
        expect(page.locator(ALERT)).to_have_count(0)
        server.say("after a run that was let be")
    print(f"load average {os.getloadavg()[0]:.1f}")


def _kill_all(
    server: Server, page: Page, store: Store, asked: argparse.Namespace, chance: random.Random
) -> tuple[Counter[str], list[psutil.Process]]:
    kept: Counter[str] = Counter()
    workers: list[psutil.Process] = []
    for number in range(1, asked.times + 1):
        run_id = start(page, tokens=200, rounds=3)
        until(lambda: server.workers)
        worker = server.workers[0]
        workers.append(worker)
        frozen = number % 10 == 5
        time.sleep(chance.uniform(0, asked.latest))
        (worker.suspend if frozen else worker.kill)()
        said = "said nothing" if frozen else "was killed"
        expect(page.locator(ALERT)).to_contain_text(said, timeout=MINUTES)
        assert run_in(page) == run_id
        kept[_told(store, run_id)] += 1
        until(lambda: not server.process.children(), 10)
        page.get_by_role("button", name="New run").click()
        if number == 1 or number % 10 == 0:
            time.sleep(1)
            server.say(f"after {number}")
    return kept, workers


def _told(store: Store, run_id: str) -> str:
    """Say how a run is kept."""
    measurement = store.load(run_id).measurement
    if measurement is None or measurement.status is not Status.FAILED or not measurement.error:
        return "wrong"
    return f"failed, {'with' if measurement.generations else 'before any'} generations"


if __name__ == "__main__":
    main()
