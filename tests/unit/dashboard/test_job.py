"""A job against sessions made by hand: no process, no model."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

from runs import a_run
from sessions import EVENTS, Session
from slowlens.errors import PatchError, WorkerError
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.plan import Overlay, Plan
from slowlens.facts.live.trial import Finish
from slowlens.measure.events import Event, Finished
from slowlens.run import Run
from slowlens_dashboard.measuring import job as module
from slowlens_dashboard.measuring.job import Job

PLAN = Plan("/m", prompt="p", new_tokens=2)


@pytest.fixture(autouse=True)
def _no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "measured", lambda run, m: _with(run, m))


def _with(run: Run, measurement: object) -> Run:
    return replace(run, measurement=measurement)


def start(
    measure: Callable[[Plan], AbstractContextManager[Iterator[Event]]], saved: list[Run]
) -> Job:
    job = Job(a_run(), PLAN, measure, saved.append)
    job.start()
    return job


def wait(condition: Callable[[], object]) -> None:
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never happened")


def test_a_whole_session_is_logged_and_stored() -> None:
    saved: list[Run] = []
    session = Session(*EVENTS)
    job = start(session, saved)
    job.join()
    assert job.status is Status.DONE
    assert session.left.is_set()
    names = [type(event).__name__ for event in EVENTS]
    assert [entry["event"] for entry in job.log] == ["Planned", *names[1:]]
    (run,) = saved
    assert run.id == job.id
    assert run.measurement
    assert run.measurement.generations[0].text == "ab"


def test_fixes_are_measured_too_and_their_doubles_live_as_long_as_the_session() -> None:
    alive: list[bool] = []
    plans: list[Plan] = []

    @contextmanager
    def fixes() -> Iterator[tuple[Overlay, ...]]:
        alive.append(True)
        yield (Overlay("merged + a-rule", "/double", ("a-rule",)),)
        alive[0] = False

    @contextmanager
    def session(plan: Plan) -> Iterator[Iterator[Event]]:
        plans.append(plan)
        yield iter(EVENTS)
        assert alive == [True]

    saved: list[Run] = []
    job = Job(a_run(), PLAN, session, saved.append, fixes)
    job.start()
    job.join()
    assert job.status is Status.DONE
    assert alive == [False]
    assert plans[0].overlays[0].path == "/double"
    assert saved[0].measurement
    assert saved[0].measurement.plan.overlays == plans[0].overlays


def test_a_double_that_cannot_be_made_is_told_and_nothing_runs() -> None:
    @contextmanager
    def full() -> Iterator[tuple[Overlay, ...]]:
        raise PatchError("the disk is full", hint="Make room.")
        yield ()

    session = Session(*EVENTS)
    saved: list[Run] = []
    job = Job(a_run(), PLAN, session, saved.append, full)
    job.start()
    job.join()
    assert (job.status, job.error, job.hint) == (Status.FAILED, "the disk is full", "Make room.")
    assert not session.left.is_set()


def test_stop_leaves_the_session_at_once_and_keeps_what_was_measured() -> None:
    saved: list[Run] = []
    session = Session(*EVENTS[:3])
    job = start(session, saved)
    wait(lambda: len(job.log) == 3)
    assert job.running
    job.stop()
    assert session.left.wait(1)
    job.join()
    assert job.status is Status.STOPPED
    assert saved[0].measurement
    assert saved[0].measurement.status is Status.STOPPED
    assert saved[0].measurement.generations[0].finish is Finish.STOPPED


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (WorkerError("killed", hint="take less"), "killed", "take less"),
        (ValueError("odd"), "ValueError: odd", "terminal"),
    ],
)
def test_an_error_ends_the_run_with_its_message_and_what_was_measured(
    error: Exception, message: str, hint: str
) -> None:
    saved: list[Run] = []
    job = start(Session(*EVENTS[:3], error), saved)
    job.join()
    assert job.status is Status.FAILED
    measurement = saved[0].measurement
    assert measurement
    assert message in measurement.error
    assert hint in measurement.hint
    assert measurement.generations


@pytest.mark.parametrize("error", [WorkerError("no folder"), ValueError("a bug")])
def test_a_diagnosis_that_fails_at_the_end_loses_no_figures_and_ends_the_job(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(run: Run, measurement: object) -> Run:
        raise error

    monkeypatch.setattr(module, "measured", gone)
    saved: list[Run] = []
    job = start(Session(*EVENTS), saved)
    job.join()
    assert job.status is Status.DONE
    assert saved[0].measurement
    assert saved[0].measurement.generations


def test_a_full_disk_does_not_leave_the_job_running() -> None:
    def full(run: Run) -> None:
        raise OSError("no space")

    job = Job(a_run(), PLAN, Session(*EVENTS), full)
    job.start()
    job.join()
    assert job.status is Status.DONE


def test_nothing_that_fails_at_the_end_leaves_the_job_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(module.Recorder, "measurement", broken)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    job = start(Session(EVENTS[0], Finished()), [])
    job.join()
    assert not job.running
