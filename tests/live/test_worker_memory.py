"""The worker where memory is short, or a model does not fit."""

import weakref
from pathlib import Path
from typing import Any

import pytest

from slowlens.errors import WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.measure.events import Loaded, Loading, TrialFailed

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from live.measuring import events_of, find, measured, plan, recorded  # noqa: E402
from slowlens.measure.worker import models  # noqa: E402
from slowlens.measure.worker import work as work_module  # noqa: E402
from slowlens.measure.worker.loading import load  # noqa: E402


def test_a_model_that_does_not_fit_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    real = models.load

    def full(asked: Plan, subject: str, *rest: Any) -> Any:
        if subject == Subject.SOURCE:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.50 GiB")
        return real(asked, subject, *rest)

    monkeypatch.setattr(models, "load", full)
    found = measured(plan(merged, source))
    assert {f.trial.subject for f in found.failures} == {Subject.SOURCE}
    assert found.failures[0].needed == int(2.5 * 2**30)
    assert found.failures[0].free
    assert find(found, Cache.ON).cached


def test_what_cannot_be_loaded_is_not_tried_for_each_trial(tmp_path: Path) -> None:
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    (source / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    events = events_of(plan(merged, source))
    loading = [event.subject for event in events if isinstance(event, Loading)]
    assert loading == [Subject.MERGED, Subject.SOURCE]
    failed = [event.failure for event in events if isinstance(event, TrialFailed)]
    assert len(failed) == 3
    assert len({failure.message for failure in failed}) == 1


def test_a_model_that_needs_more_than_its_files_gets_the_room_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    loaded: list[weakref.ref[Any]] = []

    def full(asked: Plan, subject: str, *rest: Any) -> Any:
        if any(model() is not None for model in loaded):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        ready = load(asked, subject, *rest)
        loaded.append(weakref.ref(ready.model))
        return ready

    monkeypatch.setattr(models, "load", full)
    found = measured(plan(merged, source))
    assert found.failures == ()
    assert "loaded again" in found.models[1].notes[0]


def out_of_memory_when(monkeypatch: pytest.MonkeyPatch, fails: Any) -> "list[weakref.ref[Any]]":
    """Let some trials fail in the middle; returns what they held."""
    held: list[weakref.ref[Any]] = []
    real = work_module.run

    def run_or_fail(ready: Any, trial: Trial, *rest: Any) -> None:
        if not fails(trial):
            assert all(what() is None for what in held), "the next trial needs the room"
            real(ready, trial, *rest)
            return
        logits = torch.zeros(1)
        ready.meter.cache = cache = torch.zeros(1)
        held.extend((weakref.ref(logits), weakref.ref(cache)))
        del cache
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(work_module, "run", run_or_fail)
    return held


def test_what_a_trial_held_that_failed_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = out_of_memory_when(monkeypatch, lambda trial: trial.cache is Cache.OFF)
    found = measured(plan(tiny.llama(tmp_path, {}), rounds=2))
    assert len(held) == 2
    assert len(found.failures) == 2, "the second round is not tried"
    assert len(found.find(Subject.MERGED, Cache.ON, Purpose.SPEED)) == 2


def test_a_long_prompt_that_does_not_fit_says_nothing_about_the_own_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out_of_memory_when(
        monkeypatch, lambda trial: (trial.purpose, trial.cache) == (Purpose.SPEED, Cache.ON)
    )
    found = measured(plan(tiny.llama(tmp_path, {}), prompt_tokens=300))
    assert len(found.failures) == 1
    assert find(found, Cache.ON, Purpose.LENGTH).steps


def test_a_model_that_made_room_does_not_end_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "free_memory", lambda _: 1)
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    out_of_memory_when(
        monkeypatch,
        lambda trial: trial.subject == Subject.MERGED and trial.purpose is Purpose.SPEED,
    )
    asked = plan(merged, source, rounds=2, settings=(Cache.AS_SHIPPED,))
    found = measured(asked)
    assert len(found.find(Subject.SOURCE, Cache.AS_SHIPPED, Purpose.SPEED)) == 2
    assert find(found, Cache.ON, Purpose.LENGTH).steps


def test_out_of_memory_says_where_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(models, "load", full)
    with pytest.raises(
        WorkerError, match=r"out of memory while loading merged .*are free"
    ) as caught:
        events_of(plan(tiny.llama(tmp_path, {})))
    assert "--device cpu" in caught.value.hint


def test_models_take_turns_where_memory_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "free_memory", lambda _: 1)
    merged = tiny.llama(tmp_path / "m", {"use_cache": False})
    source = tiny.llama(tmp_path / "s", {})
    events = events_of(plan(merged, source))
    subjects = [event.subject for event in events if isinstance(event, Loading)]
    assert subjects == [Subject.MERGED, Subject.SOURCE] * 3
    notes = [event.model.notes for event in events if isinstance(event, Loaded)]
    assert "loaded again" in notes[1][0]
    found = recorded(plan(merged, source), events)
    assert find(found, Cache.AS_SHIPPED).recomputes
    assert find(found, Cache.AS_SHIPPED, subject=Subject.SOURCE).cached


def test_both_stay_where_they_fit(tmp_path: Path) -> None:
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    events = events_of(plan(merged, source))
    assert len([event for event in events if isinstance(event, Loading)]) == 2
