"""The parent against real processes that play the worker."""

import sys
import textwrap
import threading
from collections.abc import Iterable
from pathlib import Path

import psutil
import pytest

from slowlens.child import Child
from slowlens.errors import WorkerError
from slowlens.facts.environment import Environment
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Subject
from slowlens.measure import sampler
from slowlens.measure.events import (
    Event,
    Finished,
    Loading,
    Sampled,
    Started,
    Stepped,
    TrialStarted,
)
from slowlens.measure.protocol import encode
from slowlens.measure.session import WORKER, Session, measure

HEAD = """
import os, signal, subprocess, sys, time
from slowlens.channel import Channel
from slowlens.facts.environment import Environment
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Subject
from slowlens.measure.events import *
from slowlens.measure.protocol import *
channel = Channel()
plan = decode_plan(channel.request())
send = lambda event: channel.send(encode(event))
"""
PLAN = Plan("/m", prompt="p")
STEPPED = Stepped(0, (Step(0, 0.1, 5, 6),), "x")
SEND_STEPPED = 'send(Stepped(0, (Step(0, 0.1, 5, 6),), "x"));'


def worker(body: str) -> tuple[str, ...]:
    return (sys.executable, "-c", HEAD + textwrap.dedent(body))


def test_events_arrive_in_order_and_noise_does_not() -> None:
    body = f"""
    print("noise", flush=True)
    send(Started(Environment("3", plan.merged), ()))
    os.system("echo noise of a library")
    {SEND_STEPPED} send(Finished()); time.sleep(600)
    """
    with measure(PLAN, worker(body)) as events:
        assert list(events) == [Started(Environment("3", "/m"), ()), STEPPED, Finished()]


def test_events_arrive_when_they_happen(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    body = f"""
    {SEND_STEPPED}
    while not os.path.exists({str(seen)!r}): time.sleep(0.01)
    {SEND_STEPPED} send(Finished())
    """
    with measure(PLAN, worker(body)) as events:
        assert next(events) == STEPPED
        seen.touch()
        assert list(events) == [STEPPED, Finished()]


def test_a_failure_is_an_error_with_its_hint() -> None:
    body = 'send(Failed("out of memory", "use --device cpu"))'
    with (
        measure(PLAN, worker(body)) as events,
        pytest.raises(WorkerError, match=r"^out of memory$") as caught,
    ):
        next(events)
    assert caught.value.hint == "use --device cpu"


def test_a_killed_worker_says_memory() -> None:
    body = f"{SEND_STEPPED} os.kill(os.getpid(), signal.SIGKILL)"
    with measure(PLAN, worker(body)) as events:
        assert next(events) == STEPPED
        with pytest.raises(WorkerError, match=r"killed \(signal 9\).*out of memory"):
            next(events)


def test_a_worker_that_cannot_import_says_what() -> None:
    with (
        measure(PLAN, worker("import no_such_library")) as events,
        pytest.raises(WorkerError, match=r"exit code 1: .*No module named 'no_such_library'"),
    ):
        next(events)


def test_a_worker_that_leaves_early_is_an_error() -> None:
    with (
        measure(PLAN, worker(SEND_STEPPED)) as events,
        pytest.raises(WorkerError, match="before it was finished"),
    ):
        list(events)


@pytest.mark.parametrize(
    "line", ['b"garbage\\n"', 'b"[]\\n"', 'b\'{"event": "Unheard"}\\n\'', 'b"\\xff\\n"']
)
def test_a_garbage_line_is_an_error(line: str) -> None:
    with (
        measure(PLAN, worker(f"channel.send({line})")) as events,
        pytest.raises(WorkerError, match="cannot be read"),
    ):
        next(events)


def test_a_hang_is_an_error() -> None:
    with (
        measure(PLAN, worker("time.sleep(600)"), silence=0.5) as events,
        pytest.raises(WorkerError, match="said nothing"),
    ):
        next(events)


def test_a_large_checkpoint_may_take_long_to_load() -> None:
    events = (Loading(Subject.MERGED, "/m", 10**9), STEPPED, TrialStarted(0, 5, 0.0), STEPPED)
    lines = iter(map(encode, events))
    limits: list[float] = []

    class Scripted(Child):
        def line(self, silence: float = 0) -> bytes | None:
            limits.append(silence)
            return next(lines)

    session = Session(Scripted((), b""), silence=7)
    assert [next(session) for _ in events] == [*events]
    assert limits == [7, 57, 57, 7]


LOADING = 'send(Loading(Subject.MERGED, "/m", 0));'


def looked(events: Iterable[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, Sampled)]


def collect(events: Iterable[Event], into: list[Event]) -> None:
    for event in events:
        into.append(event)  # noqa: PERF402 - what came before an error is wanted


def test_looks_at_the_machine_come_between_the_events_of_a_worker_that_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    body = f"""
    {SEND_STEPPED} time.sleep(0.7)
    {LOADING} started = time.perf_counter()
    while not os.path.exists({str(seen)!r}): time.sleep(0.01)
    time.sleep(0.25)
    send(Stepped(0, (Step(0, started, 5, 6), Step(1, time.perf_counter(), 1, 1)), ""))
    send(Finished()); time.sleep(600)
    """
    with measure(PLAN, worker(body)) as events:
        first = [next(events) for _ in range(3)]
        monkeypatch.setattr(sampler, "BATCH", 1000.0)  # all that follow are left at the end
        seen.touch()
        rest = [*events]
    assert first[:2] == [STEPPED, Loading(Subject.MERGED, "/m", 0)], "looked before the load"
    (sampled,) = looked(first)
    assert isinstance(sampled, Sampled)
    assert sampled.samples[0].process_memory
    *between, stepped, late, finished = rest
    assert finished == Finished()
    assert isinstance(stepped, Stepped)
    assert isinstance(late, Sampled), "the last looks come before the end"
    assert looked(between) == between
    begun, ended = (step.seconds for step in stepped.steps)
    times = [sample.at for event in (sampled, *between, late) for sample in event.samples]
    assert times == sorted(set(times))
    assert begun - 0.5 < times[0] < ended, "the clock of the worker"
    assert len(first + between) - 2 <= 2.5 * (ended - begun) + 1, "the parent stays idle"


def test_a_worker_that_hangs_is_not_saved_by_looks() -> None:
    events: list[Event] = []
    with measure(PLAN, worker(f"{LOADING} time.sleep(600)")) as session:
        session._silence = 1.5  # which begins with the load: before, Python starts
        with pytest.raises(WorkerError, match=r"said nothing for 1\.5 seconds"):
            collect(session, events)
    assert looked(events)


def test_a_worker_that_is_killed_while_it_is_looked_at_says_memory() -> None:
    body = f"{LOADING} time.sleep(0.8); os.kill(os.getpid(), signal.SIGKILL)"
    events: list[Event] = []
    with (
        measure(PLAN, worker(body)) as session,
        pytest.raises(WorkerError, match=r"killed \(signal 9\)"),
    ):
        collect(session, events)
    assert looked(events)


def test_no_look_is_taken_after_the_session() -> None:
    with measure(PLAN, worker(f"{LOADING} time.sleep(600)")) as events:
        next(events)
        assert any(thread.name == "sampler" for thread in threading.enumerate())
    assert all(thread.name != "sampler" for thread in threading.enumerate())


def test_leaving_early_ends_the_worker() -> None:
    body = f'{SEND_STEPPED} send(Loading(Subject.MERGED, "/m", os.getpid())); time.sleep(600)'
    with measure(PLAN, worker(body)) as events:
        next(events)
        loading = next(events)
    assert isinstance(loading, Loading)
    assert not psutil.pid_exists(loading.size)


def test_stop_ends_the_events_of_a_silent_worker() -> None:
    with measure(PLAN, worker(f"{SEND_STEPPED} time.sleep(600)")) as events:
        next(events)
        threading.Timer(0.3, events.stop).start()
        assert list(events) == []


def test_a_python_without_torch_is_told_what_to_install() -> None:
    code = "import sys; sys.modules['torch'] = None; import runpy; "
    code += f"runpy.run_module({WORKER[-1]!r}, run_name='__main__')"
    with (
        measure(PLAN, (sys.executable, "-c", code)) as events,
        pytest.raises(WorkerError, match="cannot be imported") as caught,
    ):
        list(events)
    assert "slowlens[live]" in caught.value.hint
