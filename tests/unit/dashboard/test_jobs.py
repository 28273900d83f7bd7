import gc
import weakref
from pathlib import Path

import pytest

from builders import CONFIG, GENERATION_CONFIG, checkpoint
from sessions import EVENTS, Session
from slowlens.checking import check
from slowlens.errors import CheckpointError
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.plan import Plan
from slowlens.repair import fixes
from slowlens.store import Store
from slowlens_dashboard.measuring.jobs import KEPT, BusyError, Jobs


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(str(checkpoint(tmp_path / "m")), prompt="p", new_tokens=2)


def test_one_at_a_time_and_the_second_is_shown_the_first(plan: Plan, tmp_path: Path) -> None:
    jobs = Jobs(Store(tmp_path / "runs"), Session(*EVENTS[:2]))
    job = jobs.start(plan)
    assert jobs.active is job
    assert jobs.get(job.id) is job
    with pytest.raises(BusyError) as busy:
        jobs.start(plan)
    assert busy.value.job is job
    jobs.close()
    assert job.status is Status.STOPPED
    assert jobs.active is None


def test_a_finished_run_is_found_by_the_next_server(plan: Plan, tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    job = Jobs(store, Session(*EVENTS)).start(plan)
    job.join()
    later = Jobs(store, Session())
    assert later.get(job.id) is None
    found = later.find(job.id)
    assert found
    assert found.measurement
    assert [run.id for run in later.store.recent()] == [job.id]


def test_unknown_and_malicious_ids_find_nothing(tmp_path: Path) -> None:
    jobs = Jobs(Store(tmp_path), Session())
    assert jobs.find("20260101-000000-abcd") is None
    assert jobs.find("../../etc/passwd") is None
    jobs.stop("nothing")


def test_a_folder_that_is_no_checkpoint_starts_nothing(tmp_path: Path) -> None:
    jobs = Jobs(Store(tmp_path / "runs"), Session())
    with pytest.raises(CheckpointError):
        jobs.start(Plan(str(tmp_path)))
    assert jobs.active is None


def test_a_run_that_could_not_be_stored_is_shown_all_the_same(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    jobs = Jobs(Store(tmp_path / "file" / "runs"), Session(*EVENTS))
    job = jobs.start(plan)
    job.join()
    found = jobs.find(job.id)
    assert found
    assert found.measurement


def test_fixes_that_are_tried_are_doubles_which_go_with_the_session(tmp_path: Path) -> None:
    slow = {"_from_model_config": True, **GENERATION_CONFIG, "use_cache": False}
    merged = checkpoint(tmp_path / "m", {**CONFIG, "use_cache": False}, slow)
    jobs = Jobs(Store(tmp_path / "runs"), Session(*EVENTS[:2]))
    job = jobs.start(Plan(str(merged), prompt="p", new_tokens=2, device="cpu"), fixes=True)
    while len(job.log) < 2:
        assert job.running
    (first, *_) = job.plan.overlays
    double = Path(first.path)
    assert b'"use_cache": true' in (double / "config.json").read_bytes()
    assert b'"use_cache": false' in (merged / "config.json").read_bytes()
    jobs.close()
    assert not double.exists()


def test_what_a_job_was_asked_to_try_goes_with_it(tmp_path: Path) -> None:
    slow = {"_from_model_config": True, **GENERATION_CONFIG, "use_cache": False}
    merged = checkpoint(tmp_path / "m", {**CONFIG, "use_cache": False}, slow)
    chosen = fixes(check(merged, None), unsafe=False)
    jobs = Jobs(Store(tmp_path / "runs"), Session(*EVENTS * (KEPT + 1)))
    plan = Plan(str(merged), prompt="p", new_tokens=2, device="cpu")
    first = jobs.start(plan, fixes=chosen)
    first.join(10)
    assert chosen.titles
    assert first.named == chosen.titles
    gone = weakref.ref(first)
    del first
    for _ in range(KEPT):
        last = jobs.start(plan, fixes=True)
        last.join(10)
        assert last.named == ()
    gc.collect()
    assert gone() is None


def test_no_fix_is_tried_unasked(plan: Plan, tmp_path: Path) -> None:
    job = Jobs(Store(tmp_path / "runs"), Session(*EVENTS)).start(plan)
    job.join()
    assert job.plan == plan
