"""Twenty tabs that watch one run: do all see the same to its end, and what do they cost the server?

A tab starts a run of the demo pair; the others open its address one after the other. In the middle
the worker is frozen for some seconds (SIGSTOP), so that every tab comes to rest: then the points
that each has drawn are compared. At the end the events that each was told are compared with those
of the server. The CPU of the server is that of its process, with the thread that follows the run.

    python benchmarks/dashboard/tabs.py [--tabs 20] [--tokens 1500]
"""

import argparse
import json
import os
import time
import urllib.request
from collections.abc import Sequence

from playwright.sync_api import Page, expect
from serving import HEAD, MINUTES, Server, address, dashboard, scene, start, until
from shared.browsing import chromium

SPY = """
const ask = window.fetch;
window.told = [];
window.fetch = async (...asked) => {
  const answer = await ask(...asked);
  if (String(asked[0]?.url ?? asked[0]).includes("/events"))
    answer.clone().json().then(body => told.push(...body.events));
  return answer;
};
"""
POINTS = "document.querySelector('.slowlens-live .js-plotly-plot').data.map(t => [...t.x, ...t.y])"
DRAWN = ".slowlens-live .js-plotly-plot .scatterlayer .trace"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--tabs", type=int, default=20)
    options.add_argument("--tokens", type=int, default=1500, help="of each timed generation")
    options.add_argument("--seconds", type=float, default=20, help="of watching, for the CPU")
    asked = options.parse_args()
    with scene() as (home, root), dashboard(home, root) as server, chromium() as browser:
        print(HEAD)
        server.say("before")
        context = browser.new_context()
        context.set_default_timeout(5 * MINUTES)
        context.add_init_script(SPY)
        first = context.new_page()
        first.goto(address(server, root, "live"))
        run_id = start(first, asked.tokens, rounds=2)
        first.locator(DRAWN).first.wait_for(state="attached")
        _share(server, "watched by one", asked.seconds)
        tabs = [first, *(context.new_page() for _ in range(asked.tabs - 1))]
        for tab in tabs[1:]:
            tab.goto(first.url, wait_until="commit")
        for tab in tabs:
            tab.locator(DRAWN).first.wait_for(state="attached")
        server.say(f"{asked.tabs} tabs are open")
        _share(server, f"watched by {asked.tabs}", asked.seconds)
        assert len(server.workers) == 1, "another run was started"
        _rest(server, tabs)
        _end(server, tabs, run_id)
        context.close()
        until(lambda: not server.workers)
        time.sleep(2)
        server.say("after all were closed")
    print(f"load average {os.getloadavg()[0]:.1f}")


def _share(server: Server, title: str, seconds: float) -> None:
    before = server.state.cpu
    time.sleep(seconds)
    share = 100 * (server.state.cpu - before) / seconds
    print(f"  {title}: the server takes {share:.1f} % of a core", flush=True)


def _rest(server: Server, tabs: Sequence[Page]) -> None:
    """Freeze the worker, and compare what is drawn."""
    server.workers[0].suspend()
    time.sleep(5)
    drawn = [tab.evaluate(POINTS) for tab in tabs]
    server.workers[0].resume()
    points = sum(len(trace) for trace in drawn[0]) // 2
    alike = sum(one == drawn[0] for one in drawn)
    print(f"  in the middle: {alike} of {len(tabs)} tabs have drawn the same {points} points")


def _end(server: Server, tabs: Sequence[Page], run_id: str) -> None:
    begun = time.monotonic()
    for tab in tabs:
        expect(tab.get_by_role("button", name="Run file")).to_be_visible(timeout=10 * MINUTES)
    print(f"  all show the result; waited {time.monotonic() - begun:.0f} s")
    with urllib.request.urlopen(f"{server.url}/api/runs/{run_id}/events") as answer:  # noqa: S310
        log = json.load(answer)["events"]
    same = sum(tab.evaluate("window.told") == log for tab in tabs)
    print(f"  {same} of {len(tabs)} tabs were told the same {len(log)} events as the server knows")
    server.say("at the end of the run")


if __name__ == "__main__":
    main()
