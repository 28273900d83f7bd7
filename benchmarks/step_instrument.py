"""What timing each step costs: the whole instrument against plain generate(), in one run.

Interleaved pairs in alternating order. Plain is generate() as a user calls it: no meter, no forced
tokens; beside it stands the meter, the sequence that all trials share, the stopwatch, and reports
written to a pipe. Between them pairs of plain against plain, for the noise.
With --page the generations run in a child, as they do for a user: for the instrumented ones the
parent looks at the machine, folds the events into a job of the dashboard, and a viewer asks for
its log five times a second over HTTP; for the plain ones all of that stands still.

Shown are medians with quartiles, a 95 % interval of the median (by order statistics: no shape of
the noise is assumed), which part of the wall time of generate() the steps add up to, and how long
the meter's own code keeps the host: less noisy than the rest, but not all there is.

python benchmarks/step_instrument.py [--model DIR | --shape NAME] [--device cuda] [--page]
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from math import comb, exp, log
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

from shared.tiny import tiny_llama

from slowlens.channel import Channel
from slowlens.facts.environment import Environment
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.gather.devices import Gpus
from slowlens.gather.shapes import shape_folder
from slowlens.measure import session
from slowlens.measure.events import Event, Finished, Loaded, Loading, Started, Stepped, WarmingUp
from slowlens.measure.protocol import decode_plan, encode
from slowlens.measure.sampler import Sampler, Samples

POLL = 0.2
"""Seconds between two questions of the page."""
SETTLING = 0.4
"""Seconds before each generation, for what is to stand still or to begin."""
WARM = 3
CALLS = ("entering", "entered", "left", "chosen")
WRAPPED = (
    *("prepare_inputs_for_generation", "_update_model_kwargs_for_generation"),
    "_get_stopping_criteria",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one generate(), what its steps add up to, and those in the meter's own code."""

    cpu: float
    wall: float
    steps: float | None = None
    own: float | None = None


Pair = tuple[Cost, Cost]


def main() -> None:
    """Measure and print the table, or be the child."""
    asked = _arguments()
    if asked.child:
        _child(asked.child, asked)
        return
    with tempfile.TemporaryDirectory() as folder:
        plan = _plan(asked, Path(folder))
        found = (_paged if asked.page else _here)(plan, asked, Path(folder))
    _print(plan, found, asked.page)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="a checkpoint (default: a tiny random Llama)")
    parser.add_argument("--shape", help="a shape of `slowlens measure --shape`, made up")
    parser.add_argument("--layers", type=int, default=0, help="of the shape (default: all)")
    parser.add_argument("--dtype", default="", help="instead of the checkpoint's own")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no pair after this long")
    parser.add_argument("--tokens", type=int, default=128, help="new tokens of a generation")
    parser.add_argument("--prompt-tokens", type=int, default=0)
    parser.add_argument("--cache", choices=["on", "static"], default="on")
    parser.add_argument("--page", action="store_true", help="with the live page open")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _plan(asked: argparse.Namespace, folder: Path) -> Plan:
    model = asked.model or folder / (asked.shape or "tiny random Llama")
    if asked.shape:
        shape_folder(asked.shape, asked.layers, model)
    elif not asked.model:
        tiny_llama(model)
    return Plan(
        str(model),
        device=asked.device,
        threads=asked.threads,
        new_tokens=asked.tokens,
        prompt_tokens=asked.prompt_tokens,
        settings=(Cache(asked.cache),),
        dtype=asked.dtype,
        random_weights=bool(asked.shape),
    )


class Bench:
    """One model that generates, plainly or with everything around it."""

    def __init__(self, plan: Plan, send: Callable[[Event], None]) -> None:
        import torch

        from slowlens.measure.worker import trial
        from slowlens.measure.worker.device import choose
        from slowlens.measure.worker.loading import load
        from slowlens.measure.worker.sequence import Common, common_prompt

        # a trial runs in a new thread, where cuDNN would plan its attention anew: plain would not
        torch.backends.cuda.enable_cudnn_sdp(False)
        self._module, self._send = trial, send
        device = choose(plan.device, plan.threads)
        send(Loading(Subject.MERGED, plan.merged, 0))
        self._ready = load(plan, Subject.MERGED, device, (), lambda _: None)
        send(Loaded(self._ready.card))
        self.trial = Trial(Subject.MERGED, plan.settings[0], Purpose.SPEED, plan.new_tokens)
        prompt = common_prompt(self._ready.prompt.ids, plan.prompt_tokens)
        # any tokens that the model did not choose will do
        self._common = Common(prompt, tuple(reversed(prompt)))

    def warm_up(self) -> None:
        """Load lazily, compile and tune."""
        self._send(WarmingUp(Subject.MERGED, self.trial.cache))
        for _ in range(WARM):
            self.plain()
            self.instrumented(lambda _: None)

    def plain(self) -> Cost:
        """Generate as a user would."""
        ready = self._ready
        ready.meter.start()
        inputs = self._module.inputs_of(ready, self.trial, self._common)
        with _bare(ready.model), self._module.no_collection():
            return self._cost(partial(self._module.generate, ready, self.trial, inputs, None))

    def instrumented(self, send: Callable[[Event], None] | None = None) -> Cost:
        """Run a trial as the worker does."""
        tell, costs, steps = send or self._send, list[Cost](), list[float]()
        generate = self._module.generate

        def clocked(*given: object) -> object:
            found: list[object] = []
            costs.append(self._cost(lambda: found.append(generate(*given))))
            return found[0]

        def follow(event: Event) -> None:
            if isinstance(event, Stepped):
                steps.extend(step.seconds for step in event.steps)
            tell(event)

        with patch.object(self._module, "generate", clocked), _timed(self._ready.meter) as own:
            self._module.run(self._ready, self.trial, self._common, 0, follow)
        return Cost(costs[0].cpu, costs[0].wall, sum(steps), sum(own))

    def _cost(self, action: Callable[[], object]) -> Cost:
        from slowlens.measure.worker.device import synchronize

        synchronize(self._ready.device)
        cpu, wall = time.thread_time(), time.perf_counter()
        action()
        synchronize(self._ready.device)
        return Cost(time.thread_time() - cpu, time.perf_counter() - wall)


@contextmanager
def _timed(meter: object) -> Iterator[list[float]]:
    """Collect the seconds in its calls, those of reports included."""
    spent = list[float]()

    def timed(call: Callable[..., object]) -> Callable[..., object]:
        def clocked(*given: object) -> object:
            began = time.perf_counter()
            try:
                return call(*given)
            finally:
                spent.append(time.perf_counter() - began)

        return clocked

    with ExitStack() as stack:
        for name in CALLS:
            stack.enter_context(patch.object(meter, name, timed(getattr(meter, name))))
        yield spent


@contextmanager
def _bare(model: object) -> Iterator[None]:
    """Take the meter off."""
    wrappers = {name: vars(model).pop(name) for name in WRAPPED}
    try:
        yield
    finally:
        vars(model).update(wrappers)


def _pairs(
    plain: Callable[[], Cost], instrumented: Callable[[], Cost], asked: argparse.Namespace
) -> tuple[list[Pair], list[Pair]]:
    """Return pairs of plain with plain, and of plain with instrumented."""
    noise, cost = list[Pair](), list[Pair]()
    gc.collect()
    gc.freeze()  # as the worker does: a generation begins with a collection
    last = time.monotonic() + asked.seconds
    for number in range(asked.pairs):
        if time.monotonic() > last:
            break
        for found, other in ((noise, plain), (cost, instrumented)):
            if number % 2:
                after, before = other(), plain()
            else:
                before, after = plain(), other()
            found.append((before, after))
    return noise, cost


def _here(plan: Plan, asked: argparse.Namespace, _: Path) -> tuple[list[Pair], list[Pair]]:
    """Measure in this process; reports go through a pipe to another, which throws them away."""
    reader = subprocess.Popen((sys.executable, "-c", _READ), stdin=subprocess.PIPE)
    assert reader.stdin
    into = reader.stdin.fileno()
    try:
        bench = Bench(plan, lambda event: _ignore(os.write(into, encode(event))))
        bench.warm_up()
        return _pairs(bench.plain, bench.instrumented, asked)
    finally:
        reader.stdin.close()
        reader.wait()


_READ = "import sys; all(iter(lambda: sys.stdin.buffer.read1(65536), b''))"


def _ignore(_: object) -> None:
    pass


def _child(result: Path, asked: argparse.Namespace) -> None:
    """Measure as the child of a real parent, and leave the costs in ``result``."""
    channel = Channel()
    plan = decode_plan(channel.request())

    def send(event: Event) -> None:
        channel.send(encode(event))

    trial = Trial(Subject.MERGED, plan.settings[0], Purpose.SPEED, plan.new_tokens)
    send(Started(Environment("", "", {}), (trial,)))
    bench = Bench(plan, send)
    bench.warm_up()

    def told(kind: Callable[[], Cost], phase: str) -> Cost:
        send(WarmingUp(phase, trial.cache))
        time.sleep(SETTLING)
        return kind()

    noise, cost = _pairs(
        partial(told, bench.plain, "plain"), partial(told, bench.instrumented, "page"), asked
    )
    found = [[_values(one) + _values(two) for one, two in part] for part in (noise, cost)]
    result.write_text(json.dumps(found))
    send(Finished())


def _values(cost: Cost) -> list[float | None]:
    return [cost.cpu, cost.wall, cost.steps, cost.own]


class _Pausing(Sampler):
    """Stands still while ``awake`` is not set."""

    awake = threading.Event()

    def _look(self, gpus: Gpus | None) -> Samples:
        self.awake.wait()
        return super()._look(gpus)


def _paged(plan: Plan, asked: argparse.Namespace, folder: Path) -> tuple[list[Pair], list[Pair]]:
    """Measure in a child of the dashboard's own job, with a viewer."""
    from slowlens.store import Store
    from slowlens_dashboard import routes
    from slowlens_dashboard.jobs import Jobs

    result = folder / "costs.json"
    command = (sys.executable, __file__, "--child", str(result))
    command += ("--pairs", str(asked.pairs), "--seconds", str(asked.seconds))
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
    noise, cost = ([_pair(row) for row in part] for part in json.loads(result.read_text()))
    return noise, cost


def _pair(row: Sequence[float | None]) -> Pair:
    return Cost(*row[:4]), Cost(*row[4:])  # type: ignore[arg-type]


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


def _print(plan: Plan, found: tuple[list[Pair], list[Pair]], page: bool) -> None:
    noise, cost = found
    step = median(first.wall for first, _ in noise) / plan.new_tokens
    print(
        f"{Path(plan.merged).name}: {len(noise)} pairs, {plan.new_tokens} tokens, cache "
        f"{plan.settings[0]}, {plan.device}, {step * 1e3:.3f} ms per token"
    )
    print(f"{'against plain generate()':<26}{'quartiles':>30}{'95 % of the median':>30}")
    name = "with the live page open" if page else "the whole instrument"
    for title, pairs in (("plain again: the noise", noise), (name, cost)):
        for figure in ("wall", "cpu"):
            ratios = [log(getattr(b, figure) / getattr(a, figure)) for a, b in pairs]
            print(f"{f'{title}, {figure}':<32}{_quartiles(ratios):>24}{_interval(ratios):>30}")
    shares = [100 * two.steps / two.wall for _, two in cost if two.steps is not None]
    low, middle, _ = quantiles(shares, n=4) if len(shares) > 1 else [shares[0]] * 3
    print(
        f"the steps add up to {middle:.2f} % of generate() "
        f"(lower quartile {low:.2f} %, least {min(shares):.2f} %)"
    )
    own = median(two.own for _, two in cost if two.own is not None)
    print(
        f"the meter's own code takes {own / plan.new_tokens * 1e6:.0f} microseconds a step, "
        f"{100 * own / plan.new_tokens / step:.2f} % of it"
    )


def _quartiles(logs: Sequence[float]) -> str:
    low, middle, high = quantiles(logs, n=4) if len(logs) > 1 else [logs[0]] * 3
    return f"{_percent(middle)} % ({_percent(low)} to {_percent(high)})"


def _interval(logs: Sequence[float]) -> str:
    """Return between which of the sorted values the median lies, with at least 95 %."""
    count = len(logs)
    below = accumulate(comb(count, k) / 2**count for k in range(count))
    outside = sum(share <= 0.025 for share in below)
    if not outside:
        return "n/a: 6 pairs at least"
    ordered = sorted(logs)
    return f"{_percent(ordered[outside - 1])} to {_percent(ordered[-outside])} %"


def _percent(ratio: float) -> str:
    return f"{100 * (exp(ratio) - 1):+.2f}"


if __name__ == "__main__":
    main()
