from dataclasses import replace

import pytest

from literals import generation, measurement
from runs import a_measurement, a_run
from samples import results
from slowlens.brief import Kind, Place
from slowlens.briefing import brief_of
from slowlens.errors import RunFileError
from slowlens.facts.environment import Environment
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import Outcome
from slowlens.importing import imported_run

SOURCE = [generation(1, 0.1, 0.1, 0.1, subject=Subject.SOURCE)] * 3


def test_a_measured_run() -> None:
    run = a_run(a_measurement(0.4))
    brief = brief_of(run.id, run)
    assert (brief.kind, brief.created, brief.answer) == (Kind.MEASURED, run.created, run.answer)
    assert brief.merged == brief.source == Place("/m", "m", "/m")
    assert brief.tpot == pytest.approx(0.4)
    assert brief.timed is not None
    assert (brief.timed.rounds, brief.timed.new_tokens) == (3, 4)
    assert (brief.timed.device, brief.timed.status) == ("a processor", Status.DONE)
    (cached,) = brief.timed.factors
    assert (cached.label, cached.outcome, cached.back) == (
        "merged, cache on",
        Outcome.FAIL,
        Outcome.PASS,
    )
    assert cached.ratio == pytest.approx(4)
    assert cached.low is not None


def test_equal_work_is_no_factor_and_the_source_comes_first() -> None:
    quick = replace(a_measurement(0.1), generations=(*a_measurement(0.1).generations, *SOURCE))
    timed = brief_of("1", a_run(quick)).timed
    assert timed is not None
    assert [factor.label for factor in timed.factors] == ["source as shipped", "merged, cache on"]
    cached = [generation(1, 0.1, 0.1, 0.1, cache=cache) for cache in (Cache.AS_SHIPPED, Cache.ON)]
    timed = brief_of("1", a_run(measurement(*cached * 3, *SOURCE))).timed
    assert timed is not None
    assert [factor.label for factor in timed.factors] == ["source as shipped"]
    assert timed.factors[0].outcome is Outcome.PASS


def test_of_one_round_there_is_a_ratio_and_no_interval() -> None:
    both = (generation(1, 0.3, 0.3), generation(1, 0.1, 0.1, subject=Subject.SOURCE))
    timed = brief_of("1", a_run(measurement(*both))).timed
    assert timed is not None
    (factor,) = timed.factors
    assert factor.outcome is Outcome.INCONCLUSIVE
    assert (factor.ratio, factor.low, factor.high) == (pytest.approx(3), None, None)


def test_a_run_that_timed_nothing() -> None:
    failed = replace(measurement(status=Status.FAILED), error="out of memory", models=())
    brief = brief_of("1", a_run(failed))
    assert (brief.kind, brief.answer, brief.tpot) == (Kind.MEASURED, "failed: out of memory", None)
    assert brief.timed is not None
    assert (brief.timed.rounds, brief.timed.factors, brief.timed.device) == (0, (), "")


def test_other_kinds() -> None:
    checked = brief_of("1", replace(a_run(), source=None))
    assert (checked.kind, checked.source, checked.timed) == (Kind.CHECKED, None, None)
    damaged = brief_of("2", RunFileError("no JSON"))
    assert (damaged.kind, damaged.merged) == (Kind.DAMAGED, None)
    assert damaged.answer == "cannot be read: no JSON"
    run = imported_run(results("vllm-serve.json")[0], Environment("", "", {}))
    imported = brief_of("3", run)
    assert (imported.kind, imported.timed) == (Kind.IMPORTED, None)
    assert imported.tpot == pytest.approx(0.0115, rel=0.05)
    assert imported.origin == "vLLM, ran at 2026-03-14 09:15"


def test_processes_and_made_up_weights_are_told() -> None:
    measured = a_measurement()
    plan = replace(measured.plan, tensor_parallel=2, random_weights=True)
    timed = brief_of("1", a_run(replace(measured, plan=plan))).timed
    assert timed is not None
    assert (timed.processes, timed.made_up) == (2, True)
