"""What a server that is killed leaves of a run, and what becomes of it."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import checkpoint
from runs import a_run
from sessions import EVENTS, Session
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Finish
from slowlens.frozen import replace
from slowlens.measure.events import Event, Working
from slowlens.measure.recorder import Recorder
from slowlens.store import Store
from slowlens_dashboard.measuring import drafts as module
from slowlens_dashboard.measuring.drafts import ENDED, HINT, Draft, abandoned, drafted
from slowlens_dashboard.measuring.job import Job
from slowlens_dashboard.measuring.jobs import Jobs

PLAN = Plan("/m", prompt="p", new_tokens=2)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(str(checkpoint(tmp_path / "m")), prompt="p", new_tokens=2)


def left(store: Store) -> list[str]:
    return sorted(path.name for path in (store.folder / "unfinished").glob("*"))


def wait(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never happened")


def killed(store: Store, plan: Plan, *events: Event) -> str:
    """Start a run in a server that is killed once these events were taken note of."""
    here, there = multiprocessing.Pipe()

    def serve() -> None:
        job = Jobs(store, Session(*events, Working())).start(plan)
        wait(lambda: len(job.log) == len(events) + 1)
        there.send(job.id)
        signal.pause()

    server = multiprocessing.get_context("fork").Process(target=serve)
    server.start()
    run_id: str = here.recv()
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    server.join()
    return run_id


def recorded(*events: Event) -> Recorder:
    recorder = Recorder(PLAN)
    for event in events:
        recorder.apply(event)
    return recorder


def test_what_a_killed_server_had_measured_is_kept_by_the_next(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHARE", 1e9)
    run_id = killed(store, plan, *EVENTS[:5])
    later = Jobs(store, Session())
    assert later.find(run_id) is None
    later.adopt()
    found = later.find(run_id)
    assert found
    assert found.measurement
    assert found.measurement.status is Status.STOPPED
    assert (found.measurement.error, found.measurement.hint) == (ENDED, HINT)
    assert found.measurement.generations[0].finish is Finish.LENGTH
    assert left(store) == []
    later.adopt()
    assert [run.id for run in later.store.recent()] == [run_id]


def test_a_run_that_had_not_measured_yet_is_known_too(store: Store, plan: Plan) -> None:
    run_id = killed(store, plan, EVENTS[0])
    later = Jobs(store, Session())
    later.adopt()
    found = later.find(run_id)
    assert found
    assert found.measurement
    assert not found.measurement.generations


def test_a_run_that_goes_on_is_left_to_its_server(store: Store, plan: Plan) -> None:
    session = Session(*EVENTS[:2])
    jobs = Jobs(store, session)
    job = jobs.start(plan)
    wait(lambda: len(job.log) == 2)
    assert left(store) == [f"{job.id}.json", f"{job.id}.lock"]
    Jobs(store, Session()).adopt()
    assert store.ids() == ()
    for event in EVENTS[2:]:
        session.feed.put(event)
    job.join()
    assert job.status is Status.DONE
    assert left(store) == []
    assert store.ids() == (job.id,)


def test_a_run_that_was_kept_whole_is_not_replaced_by_its_draft(store: Store) -> None:
    run = a_run()
    store.save(replace(run, answer="whole"))
    with drafted(store, run) as draft:
        draft.write(recorded(*EVENTS[:3]))
    Jobs(store, Session()).adopt()
    assert store.load(run.id).answer == "whole"
    assert left(store) == []


def test_a_run_that_could_not_be_kept_is_kept_later(store: Store, plan: Plan) -> None:
    def full(_: object) -> None:
        raise OSError("no space")

    def drafting(run: object) -> object:
        return drafted(store, a_run())

    job = Job(a_run(), plan, Session(*EVENTS), full, drafts=drafting)  # type: ignore[arg-type]
    job.start()
    job.join()
    assert job.status is Status.DONE
    Jobs(store, Session()).adopt()
    assert store.ids() == (job.id,)


def test_drafts_are_written_between_trials_and_take_a_hundredth_of_the_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, written = [100.0], list[int]()

    class Slow(Draft):
        def write(self, recorder: Recorder) -> None:
            written.append(len(recorder.measurement(Status.RUNNING).generations))
            super().write(recorder)

    def save(_store: Store, _run: object) -> None:
        now[0] += 0.5

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(Store, "save", save)
    draft, recorder = Slow(a_run(), store), Recorder(PLAN)
    for event in EVENTS[:5]:
        recorder.apply(event)
        draft.note(event, recorder)
    assert written == [1], "not while a trial runs"
    now[0] += 49
    draft.note(EVENTS[4], recorder)
    assert written == [1], "half a second may be spent in 50"
    now[0] += 2
    draft.note(EVENTS[4], recorder)
    assert written == [1, 1]


def test_a_draft_that_cannot_be_written_ends_no_run(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(module, "replace", fail)
    job = Jobs(store, Session(*EVENTS)).start(plan)
    job.join()
    assert job.status is Status.DONE
    assert store.ids() == (job.id,)


def test_no_room_for_drafts_is_no_reason_not_to_measure(store: Store, plan: Plan) -> None:
    store.folder.mkdir()
    (store.folder / "unfinished").write_text("in the way")
    job = Jobs(store, Session(*EVENTS)).start(plan)
    job.join()
    assert job.status is Status.DONE
    assert store.ids() == (job.id,)


def test_a_draft_of_another_version_stays_and_the_others_are_kept(store: Store, plan: Plan) -> None:
    run_id = killed(store, plan, *EVENTS[:5])
    odd = store.folder / "unfinished" / "20990101-000000-abcd.json"
    odd.write_text('{"schema_version": 99}')
    Jobs(store, Session()).adopt()
    assert store.ids() == (run_id,)
    assert odd.exists()


def test_where_nothing_was_left_nothing_is_made(store: Store) -> None:
    assert [*abandoned(store)] == []
    assert not store.folder.exists()
