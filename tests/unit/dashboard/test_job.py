"""A job against sessions made by hand: no process, no model."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runs import a_run
from sessions import EVENTS, TRIAL, Session
from slowlens.errors import PatchError, WorkerError
from slowlens.facts.environment import Environment
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.plan import Overlay, Plan
from slowlens.facts.live.speed import Work
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.events import (
    Event,
    Finished,
    Planned,
    Sampled,
    Started,
    Stepped,
    TrialFinished,
    TrialStarted,
)
from slowlens.run import Run
from slowlens_dashboard import job as module
from slowlens_dashboard.job import Job

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


def trials(job: Job, entry: int) -> Any:
    """The trials that an entry of the log announces."""
    return job.log[entry]["trials"]


def test_a_whole_session_is_logged_and_stored() -> None:
    saved: list[Run] = []
    session = Session(*EVENTS)
    job = start(session, saved)
    job.join()
    assert job.status is Status.DONE
    assert session.left.is_set()
    names = [type(event).__name__ for event in EVENTS]
    assert [entry["event"] for entry in job.log] == ["Planned", *names[1:]]
    (planned,) = trials(job, 0)
    assert (planned["label"], planned["tokens"], planned["ahead"]) == (TRIAL.label, 2, 0)
    assert planned["times"]["line"] == planned["inputs"]["line"], "how the page draws it"
    (run,) = saved
    assert run.id == job.id
    assert run.measurement
    assert run.measurement.generations[0].text == "ab"


def test_a_plan_that_changes_is_told_anew_and_in_the_same_colours() -> None:
    later = (TRIAL, replace(TRIAL, cache=Cache.ON, purpose=Purpose.CURVE, ahead=7))
    job = start(Session(EVENTS[0], Planned(later), Finished()), [])
    job.join()
    assert [entry["event"] for entry in job.log] == ["Planned", "Planned", "Finished"]
    assert trials(job, 1)[:1] == trials(job, 0)
    assert (trials(job, 1)[1]["purpose"], trials(job, 1)[1]["ahead"]) == ("curve", 7)


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


@pytest.mark.parametrize(
    ("taken", "work"),
    [
        ((5, 6, 7), "all tokens again"),
        ((5, 1, 1), "the newest token"),
        ((0, 0, 0), "not counted"),
        ((5, 4, 0), "not counted"),
    ],
)
def test_the_page_is_told_what_a_proof_showed(taken: tuple[int, ...], work: str) -> None:
    proof = Trial(Subject.MERGED, Cache.AS_SHIPPED, Purpose.PROOF, 3)
    steps = tuple(Step(i, 0.1, length, 1) for i, length in enumerate(taken))
    job = start(
        Session(
            Started(Environment("3", "x"), (proof,)),
            TrialStarted(0, 5, 0.0),
            Stepped(0, steps, "abc"),
            TrialFinished(0, 0.3, Finish.LENGTH),
            Finished(),
        ),
        [],
    )
    job.join()
    assert {"event": "Proved", "trial": 0, "work": work} in job.log


def test_the_page_knows_every_verdict() -> None:
    script = (Path(str(module.__file__)).parent / "widgets" / "live_chart.js").read_text()
    assert all(f'"{work}": [' in script for work in Work)


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


def test_a_word_on_the_gpu_is_logged_once_a_second_and_every_look_is_kept() -> None:
    looks = [DeviceSample(at / 2, utilization=int(at), device="abc") for at in range(6)]
    of_the_machine = Sampled((DeviceSample(9.0),))
    saved: list[Run] = []
    job = start(Session(of_the_machine, *(Sampled((look,)) for look in looks), Finished()), saved)
    job.join()
    assert [entry["machine"] for entry in job.log[:-1]] == [
        ("0 % busy",),
        ("2 % busy",),
        ("4 % busy",),
    ]
    assert all(entry["event"] == "Sampled" for entry in job.log[:-1])
    assert saved[0].measurement
    assert len(saved[0].measurement.samples) == 7


def test_without_a_gpu_the_machine_itself_is_told() -> None:
    looks = (DeviceSample(at, load=at, cores=2) for at in (1.0, 1.5, 2.0))
    job = start(Session(*(Sampled((look,)) for look in looks), Finished()), [])
    job.join()
    said = [entry["machine"] for entry in job.log[:-1]]
    assert said == [("load 1.0 on 2 cores",), ("load 2.0 on 2 cores",)]


def test_the_page_knows_what_every_purpose_is_for() -> None:
    script = (Path(str(module.__file__)).parent / "widgets" / "live_chart.js").read_text()
    stages = script.partition("const STAGES = {")[2].partition("}")[0]
    assert all(f"{purpose}:" in stages for purpose in Purpose)
