from dataclasses import replace
from typing import Any

import pytest

from literals import generation, measurement
from runs import a_run
from slowlens.comparing import compare_runs, compare_subjects
from slowlens.facts.environment import Device
from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.facts.live.likeness import Unlike
from slowlens.facts.live.measurement import LoadedModel, Measurement
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import Outcome
from slowlens.gate import ExitCode
from slowlens.run import Run
from slowlens.speedverdict import Answer

NOISE = (0.99, 1.0, 1.01)
DEVICE = Device("cpu", "another")


def timed(seconds: float, cache: Cache = Cache.AS_SHIPPED, **kind: Any) -> tuple[Any, ...]:
    """Three runs about ``seconds`` a token."""
    return tuple(
        generation(1, seconds * share, seconds * share, cache=cache, **kind) for share in NOISE
    )


def a_timed_run(seconds: float, on: float = 0.1) -> Run:
    """Merged recomputes as shipped: with its cache on it does other work."""
    return a_run(measurement(*timed(seconds, cached=False), *timed(on, Cache.ON)))


def unlike(run: Run) -> Run:
    assert run.measurement
    return replace(run, measurement=replace(run.measurement, plan=_other(run.measurement)))


def _other(measured: Measurement) -> Any:
    return replace(measured.plan, new_tokens=64)


@pytest.mark.parametrize(
    ("before", "after", "answer", "code"),
    [
        (0.1, 0.1, Answer.PASS, ExitCode.CLEAN),
        (0.1, 0.05, Answer.PASS, ExitCode.CLEAN),
        (0.1, 0.2, Answer.FAIL, ExitCode.FOUND),
        (0.1, 0.11, Answer.INCONCLUSIVE, ExitCode.UNCHECKED),
    ],
)
def test_answers(before: float, after: float, answer: Answer, code: ExitCode) -> None:
    verdict = compare_runs(a_timed_run(before), a_timed_run(after))
    assert (verdict.answer, verdict.exit_code) == (answer, code)
    assert [judged.label for judged in verdict.judged] == ["merged as shipped", "merged, cache on"]


def test_the_threshold_counts() -> None:
    runs = a_timed_run(0.1), a_timed_run(0.13)
    assert compare_runs(*runs).answer is Answer.FAIL
    assert compare_runs(*runs, threshold=0.5).answer is Answer.PASS


def test_what_ships_decides_where_both_timed_it() -> None:
    verdict = compare_runs(a_timed_run(0.1), a_timed_run(0.1, on=0.3))
    assert [judged.slower.outcome for judged in verdict.judged] == [Outcome.PASS, Outcome.FAIL]
    assert verdict.answer is Answer.PASS


def test_else_the_worst_decides() -> None:
    def run(off: float) -> Run:
        return a_run(measurement(*timed(0.1, Cache.ON), *timed(off, Cache.OFF, cached=False)))

    assert compare_runs(run(0.3), run(0.3)).answer is Answer.PASS
    assert compare_runs(run(0.3), run(0.9)).answer is Answer.FAIL


def test_one_that_fails_goes_before_one_that_is_open() -> None:
    def run(on: float, off: float) -> Run:
        made = (*timed(on, Cache.ON), *timed(off, Cache.OFF, cached=False))
        return a_run(measurement(*made))

    verdict = compare_runs(run(0.1, 0.3), run(0.11, 0.9))
    outcomes = [judged.slower.outcome for judged in verdict.judged]
    assert outcomes == [Outcome.INCONCLUSIVE, Outcome.FAIL]
    assert verdict.answer is Answer.FAIL


def test_the_source_as_shipped_does_not_decide_for_merged() -> None:
    def run(source: float) -> Run:
        return a_run(measurement(*timed(0.1), *timed(source, subject=Subject.SOURCE)))

    verdict = compare_runs(run(0.1), run(0.5))
    assert verdict.answer is Answer.PASS
    assert verdict.judged[1].slower.outcome is Outcome.FAIL


def test_unlike_runs_are_refused_unless_told_otherwise() -> None:
    before, after = a_timed_run(0.1), unlike(a_timed_run(0.2))
    refused = compare_runs(before, after)
    assert refused.unlike == (Unlike("new tokens", "4", "64"),)
    assert (refused.answer, refused.exit_code) == (Answer.INCOMPARABLE, ExitCode.UNCHECKED)
    assert compare_runs(before, after, anyway=True).answer is Answer.FAIL


def test_how_it_was_loaded_counts_too() -> None:
    before, after = a_timed_run(0.1), a_timed_run(0.1)
    assert after.measurement
    models = (replace(after.measurement.models[0], dtype="float32"),)
    after = replace(after, measurement=replace(after.measurement, models=models))
    assert compare_runs(before, after).answer is Answer.INCOMPARABLE


def test_nothing_in_common_is_never_a_pass() -> None:
    on, off = (a_run(measurement(*timed(0.1, cache))) for cache in (Cache.ON, Cache.OFF))
    assert compare_runs(on, off, anyway=True).answer is Answer.INCOMPARABLE


def test_noise_of_equal_work_keeps_a_verdict_open() -> None:
    def run(shipped: float, on: float) -> Run:
        return a_run(measurement(*timed(shipped), *timed(on, Cache.ON)))

    noisy = run(0.2, 0.1)
    assert compare_runs(run(0.1, 0.1), run(0.2, 0.2)).answer is Answer.FAIL
    assert compare_runs(run(0.1, 0.1), noisy).answer is Answer.INCONCLUSIVE
    assert compare_runs(noisy, noisy).answer is Answer.INCONCLUSIVE


def test_merged_against_source_of_one_run() -> None:
    pair = measurement(*timed(0.2), *timed(0.1, subject=Subject.SOURCE))
    verdict = compare_subjects(a_run(pair))
    assert verdict.answer is Answer.FAIL
    assert verdict.titles == ("source", "merged")
    (judged,) = verdict.judged
    assert judged.slower.ratio == pytest.approx(2)
    dtypes = replace(
        pair, models=(*pair.models, LoadedModel("source", "/s", 1.0, DEVICE, "x", "y", 1))
    )
    assert compare_subjects(a_run(dtypes)).answer is Answer.FAIL


def test_a_side_that_could_not_be_run_is_open() -> None:
    alone = a_run(measurement(*timed(0.2)))
    assert compare_subjects(alone).answer is Answer.INCONCLUSIVE
    assert compare_subjects(alone, threshold=9).answer is Answer.INCONCLUSIVE


def imported(seconds: float, tool: str = "vLLM bench") -> Run:
    figures = (ImportedFigure(Metric.TPOT, "s", mean=seconds),)
    return replace(a_run(), imported=Imported(tool, "", "org/m", "", "mean", True, figures))


def test_imports_have_one_run_each_and_no_verdict() -> None:
    verdict = compare_runs(imported(0.01), imported(0.02))
    assert verdict.answer is Answer.INCONCLUSIVE
    (judged,) = verdict.judged
    assert judged.slower.ratio == pytest.approx(2)
    for each in (judged.slower, judged.faster):
        assert each.reason.endswith(
            "no verdict: an imported result counts as a single run, so it gives figures only"
        )


def test_an_import_without_its_time_per_token_is_not_measured() -> None:
    bare = imported(0.01)
    assert bare.imported
    bare = replace(bare, imported=replace(bare.imported, figures=()))
    (judged,) = compare_runs(imported(0.01), bare).judged
    assert judged.slower.reason == "no verdict: a side was not measured"


def test_imports_of_two_tools_or_beside_a_run_are_not_alike() -> None:
    assert compare_runs(imported(0.01), imported(0.01, "SGLang")).answer is Answer.INCOMPARABLE
    mixed = compare_runs(imported(0.01), a_timed_run(0.1), anyway=True)
    assert mixed.unlike == (Unlike("instrument", "vLLM bench", "slowlens measure"),)
    assert mixed.answer is Answer.INCOMPARABLE
    assert compare_runs(a_timed_run(0.1), imported(0.1)).answer is Answer.INCOMPARABLE
