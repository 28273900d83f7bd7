"""What the live page costs a model that generates: with it, and plainly, in turns.

Within one generate() blocks of steps take turns, A B B A, in a child as for a user. In those with
the page the instrument is on, the parent looks at the machine and folds the events into a job of
the dashboard, and a viewer asks for its log five times a second over HTTP; in the plain ones all
of that stands still. The first third of each block counts for nothing: something may still come to
rest. A generation all of whose blocks are plain shows the noise. Instrument alone:
step_instrument.py.

    python benchmarks/page_instrument.py [--model DIR | --shape NAME] [--device cuda]
"""

import argparse
import json
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from shared.generating import Generating, parser, plan_of
from shared.ratios import HEAD, row
from shared.turns import Turns

from slowlens.channel import Channel
from slowlens.facts.environment import Environment
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Purpose, Subject, Trial
from slowlens.gather.devices import Gpus
from slowlens.measure import session
from slowlens.measure.events import Event, Finished, Started, WarmingUp
from slowlens.measure.protocol import decode_plan, encode
from slowlens.measure.sampler import Sampler, Samples

POLL = 0.2
"""Seconds between two questions of the page."""
Found = tuple[list[float], list[float]]
"""Logarithms of ratios: the noise, and with the page."""


def main() -> None:
    """Measure and print the table, or be the child."""
    options = parser(__doc__)
    options.add_argument("--tokens", type=int, default=200, help="new tokens of a generation")
    options.add_argument("--block", type=int, default=48, help="steps until the other's turn")
    options.add_argument("--generations", type=int, default=40, help="with blocks in turns")
    options.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.child:
        _child(asked.child, asked)
        return
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(asked, Path(folder))
        noise, cost = _measure(plan, asked, Path(folder))
    print(
        f"{Path(plan.merged).name}: {plan.new_tokens} tokens, blocks of {asked.block}, cache "
        f"{plan.settings[0]}, {plan.device}"
    )
    print(HEAD)
    print(row(f"plain again: the noise, {len(noise)}", noise))
    print(row(f"with the live page open, {len(cost)}", cost))


def _child(result: Path, asked: argparse.Namespace) -> None:
    """Measure as the child of a real parent, and leave the costs in ``result``."""
    channel = Channel()
    plan = decode_plan(channel.request())

    def send(event: Event) -> None:
        channel.send(encode(event))

    trial = Trial(Subject.MERGED, plan.settings[0], Purpose.SPEED, plan.new_tokens)
    send(Started(Environment("", "", {}), (trial,)))
    bench = Generating(plan, send)
    bench.warm_up()

    def told(on: bool) -> None:
        send(WarmingUp("page" if on else "plain", trial.cache))

    turns = Turns(bench, asked.block, asked.block // 3, told)
    found: Found = ([], [])
    for instrument, ratio in turns.ratios(asked.generations, asked.seconds):
        found[instrument].append(ratio)
    result.write_text(json.dumps(found))
    send(Finished())


class _Pausing(Sampler):
    """Stands still while ``awake`` is not set."""

    awake = threading.Event()

    def _look(self, gpus: Gpus | None) -> Samples:
        self.awake.wait()
        return super()._look(gpus)


def _measure(plan: Plan, asked: argparse.Namespace, folder: Path) -> Found:
    """Measure in a child of the dashboard's own job, with a viewer."""
    from slowlens.store import Store
    from slowlens_dashboard.measuring.jobs import Jobs
    from slowlens_dashboard.serving import routes

    result = folder / "costs.json"
    command = (sys.executable, __file__, "--child", str(result))
    command += ("--block", str(asked.block), "--generations", str(asked.generations))
    command += ("--seconds", str(asked.seconds))
    with patch.object(session, "Sampler", _Pausing):
        jobs = Jobs(Store(folder / "runs"), partial(_phased, command))
        with patch.object(routes, "jobs", lambda: jobs), _served(routes.ROUTES) as url:
            _Pausing.awake.set()
            job = jobs.start(plan)
            looks = _view(f"{url}/api/runs/{job.id}/events", lambda: job.running)
            _Pausing.awake.set()
            job.join()
    if not result.exists():
        raise SystemExit(f"{job.error} {job.hint}")
    print(f"the page asked {looks} times; {len(job.log)} entries in its log")
    noise, cost = json.loads(result.read_text())
    return noise, cost


@contextmanager
def _phased(command: Sequence[str], plan: Plan) -> Iterator[Iterator[Event]]:
    """Follow a session, and have the parent stand still where the child says so."""

    def told(events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, WarmingUp) and event.subject in ("plain", "page"):
                (_Pausing.awake.clear if event.subject == "plain" else _Pausing.awake.set)()
            elif isinstance(event, Finished):
                _Pausing.awake.set()
            yield event

    with session.measure(plan, command) as events:
        yield told(events)


@contextmanager
def _served(served: Sequence[Any]) -> Iterator[str]:
    """Serve the dashboard's own routes from a thread, as its server does."""
    import socket

    import uvicorn
    from starlette.applications import Starlette

    app = Starlette(routes=list(served))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _view(url: str, running: Callable[[], bool]) -> int:
    """Ask for the log as the page does; return how often."""
    cursor = asked = 0
    while running():
        if _Pausing.awake.wait(POLL):
            try:
                with urllib.request.urlopen(f"{url}?from={cursor}") as answer:  # noqa: S310
                    cursor = json.load(answer)["next"]
                asked += 1
            except OSError:
                pass  # the server has only just begun
            time.sleep(POLL)
    return asked


if __name__ == "__main__":
    main()
