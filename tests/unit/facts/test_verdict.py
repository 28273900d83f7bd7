import sys
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slowlens.facts.live.growth import growth
from slowlens.facts.live.verdict import Outcome, judge, percent, times

STEADY = [0.099, 0.1, 0.101, 0.1, 0.1]


def scaled(factor: float) -> list[float]:
    return [factor * s for s in STEADY]


def test_slower() -> None:
    verdict = judge(scaled(1.43), STEADY)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reason == (
        "1.43 times as long per token (90 % interval 1.42 to 1.44, 5 against 5 runs): "
        "slower by more than 10 %"
    )
    assert (verdict.candidate_runs, verdict.reference_runs, verdict.threshold) == (5, 5, 0.1)
    assert verdict.candidate_cv == pytest.approx(verdict.reference_cv)


def test_not_slower() -> None:
    verdict = judge(scaled(1.02), STEADY)
    assert verdict.outcome is Outcome.PASS
    assert verdict.reason.endswith("5 against 5 runs): not slower by more than 10 %")
    assert judge(scaled(0.5), STEADY).outcome is Outcome.PASS


def test_open() -> None:
    verdict = judge([0.105, 0.11, 0.115], STEADY[:4])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason.endswith(
        "3 against 4 runs): whether it is slower by more than 10 % is open"
    )


def test_the_threshold_is_for_the_asking() -> None:
    assert judge(scaled(1.43), STEADY, threshold=0.5).outcome is Outcome.PASS
    assert judge(scaled(1.07), STEADY, threshold=0.05).outcome is Outcome.FAIL


@pytest.mark.parametrize(("ours", "theirs"), [(2, 5), (5, 2), (1, 1)])
def test_too_few_runs(ours: int, theirs: int) -> None:
    verdict = judge(scaled(4)[:ours], STEADY[:theirs])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert (verdict.low, verdict.high) == (None, None)
    assert verdict.reason == (
        f"{times(verdict.ratio or 0)} times as long per token ({ours} against {theirs} runs): "
        "too few runs for a verdict, which takes 3 a side"
    )


def test_nothing_to_judge() -> None:
    for ours, theirs, why in (
        ([], STEADY, "a side was not measured"),
        (STEADY, [], "a side was not measured"),
        ([0.1, 0.1, 0.0], STEADY, "a time is not positive"),
        (STEADY, [0.1, 0.1, nan], "a time is not positive"),
    ):
        verdict = judge(ours, theirs)
        assert (verdict.outcome, verdict.ratio) == (Outcome.INCONCLUSIVE, None)
        assert verdict.reason == f"no verdict: {why}"


def test_runs_that_vary() -> None:
    wild = [0.5, 0.8, 1.1]
    for ours, theirs in ((wild, STEADY), ([9.0, 9.1, 9.2], wild)):
        verdict = judge(ours, theirs)
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "too unstable for a verdict: runs varied by " in verdict.reason
        assert "37.5 %" in verdict.reason


def test_what_nobody_can_feel_never_fails() -> None:
    tiny = [0.001, 0.00101, 0.00099]
    verdict = judge([1.45 * s for s in tiny], tiny)
    assert verdict.outcome is Outcome.PASS
    assert verdict.reason.endswith("not slower by more than 0.5 ms, the least that counts (50 %)")
    assert judge([1.55 * s for s in tiny], tiny).outcome is Outcome.FAIL
    assert judge([1.45 * s for s in tiny], tiny, least_seconds=0).outcome is Outcome.FAIL


def test_equal_work_that_was_timed_apart() -> None:
    assert judge(scaled(1.5), STEADY, noise=1.4).outcome is Outcome.FAIL
    verdict = judge(scaled(1.5), STEADY, noise=1.6)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason.endswith("equal work beside it was timed 1.60 times apart")
    assert judge(STEADY, STEADY, noise=1.09).outcome is Outcome.PASS
    assert judge(STEADY, STEADY, noise=1.2).outcome is Outcome.INCONCLUSIVE
    assert judge(scaled(0.3), STEADY, noise=1.2).outcome is Outcome.PASS  # noise cannot hide that


def test_without_scipy_there_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    verdict = judge(scaled(4), STEADY)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == (
        "4.00 times as long per token (5 against 5 runs): "
        "no verdict: scipy is not installed (pip install 'slowlens[live]')"
    )
    found = growth([[0.1] * 16])
    assert found is not None
    assert (found.low, found.high, found.runs) == (None, None, 1)


runs = st.lists(st.floats(0.01, 1), min_size=3, max_size=8)


@given(runs, runs)
def test_both_sides_are_never_slower(one: list[float], two: list[float]) -> None:
    there, back = judge(one, two), judge(two, one)
    assert {there.outcome, back.outcome} != {Outcome.FAIL}
    if there.outcome is Outcome.FAIL:
        assert back.outcome is Outcome.PASS
    assert there.ratio == pytest.approx(1 / (back.ratio or 1))


@given(runs, runs, st.sampled_from([2.0**-6, 2.0, 2.0**9]))
def test_the_unit_does_not_matter(one: list[float], two: list[float], unit: float) -> None:
    here = judge(one, two, least_seconds=0.0005)
    there = judge([unit * x for x in one], [unit * x for x in two], least_seconds=unit * 0.0005)
    assert here.outcome is there.outcome
    assert here.ratio == pytest.approx(there.ratio)


def test_figures() -> None:
    assert [times(x) for x in (0.5, 1.434, 24.31, 480.2)] == ["0.50", "1.43", "24.3", "480"]
    assert [percent(x) for x in (0.1, 0.125, 0.0074, 5.0)] == ["10 %", "12.5 %", "0.7 %", "500 %"]
