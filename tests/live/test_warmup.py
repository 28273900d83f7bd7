"""Warming up, by a clock of our own."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from slowlens.facts.live.measurement import WarmUp  # noqa: E402
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial  # noqa: E402
from slowlens.measure.worker import warmup  # noqa: E402
from slowlens.measure.worker.sequence import Common  # noqa: E402

TRIAL = Trial(Subject.MERGED, Cache.STATIC, Purpose.SPEED, 64)


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Warm up with generations that take these seconds, the last of them for ever."""
    now = 1000.0
    left: Iterator[float]

    def generate(_ready: object, _trial: object, _inputs: object, streamer: Any) -> None:
        nonlocal now
        now += next(left)
        for _ in range(TRIAL.new_tokens + 1):
            streamer.put(None)

    def run(*seconds: float) -> WarmUp:
        nonlocal left
        left = iter([*seconds, *[seconds[-1]] * 100])
        ready: Any = SimpleNamespace(
            device=torch.device("cpu"), meter=SimpleNamespace(start=lambda: None)
        )
        return warmup.warm_up(ready, TRIAL, Common((1, 2, 3)))

    monkeypatch.setattr(warmup, "generate", generate)
    monkeypatch.setattr(warmup, "inputs_of", lambda *_: {})
    monkeypatch.setattr(warmup, "perf_counter", lambda: now)
    return run


def test_three_alike_are_steady(warm: Any) -> None:
    assert warm(2.0) == WarmUp(Subject.MERGED, Cache.STATIC, 2.0, 3, True, 2.0)


def test_what_the_first_one_cost_is_kept_and_delays_no_more_than_it_must(warm: Any) -> None:
    assert warm(30.0, 0.25) == WarmUp(Subject.MERGED, Cache.STATIC, 30.0, 4, True, 0.25)


def test_it_goes_on_until_the_last_three_are_alike(warm: Any) -> None:
    assert warm(1.0, 2.0, 1.0, 2.0, 1.0, 1.0, 1.0).runs == 7
    assert warm(1.0, 1.0, 1.0 + 3 * warmup.STEADY, 1.0).runs == 6
    assert warm(1.0, 1.0, 1.0 + warmup.STEADY, 1.0).runs == 3


def test_it_gives_up_at_the_most(warm: Any) -> None:
    found = warm(*[1.0, 2.0] * 8)
    assert (found.runs, found.steady, found.last) == (warmup.MOST, False, 2.0)


def test_patience_ends_and_the_first_one_does_not_count(warm: Any) -> None:
    found = warm(10 * warmup.PATIENCE, *[warmup.PATIENCE * 0.3, warmup.PATIENCE * 0.6] * 4)
    assert (found.runs, found.steady) == (4, False)
    impatient = warm(1.0, 2 * warmup.PATIENCE)
    assert (impatient.runs, impatient.steady) == (warmup.FEWEST, False)


def test_of_several_processes_the_first_decides(warm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told = iter([True, True, True, False])
    monkeypatch.setattr(warmup, "agreed", lambda _what, _mine: next(told))
    assert warm(1.0).runs == 4


def test_a_generation_is_cut_off_after_a_few_tokens() -> None:
    few = warmup._Few()
    for _ in range(1 + warmup.TOKENS - 1):
        few.put(None)
    with pytest.raises(warmup._Enough):
        few.put(None)
