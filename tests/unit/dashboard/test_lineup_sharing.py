from dataclasses import replace

from runs import a_measurement, a_run
from slowlens.comparing import compare_runs
from slowlens.facts.identity import Identity
from slowlens.facts.live.trial import Cache, Subject
from slowlens.reports import speed_json, speed_md
from slowlens.run import Run
from slowlens.speedverdict import Answer
from slowlens_dashboard.runs.lineup_sharing import without_private

ON = (Subject.MERGED, Cache.ON)


def of(prompt: str, path: str, slow: float = 0.4) -> Run:
    run = a_run(a_measurement(slow))
    assert run.measurement
    plan = replace(run.measurement.plan, prompt=prompt, merged=path)
    merged = replace(run.merged, path=path)
    return replace(run, merged=merged, measurement=replace(run.measurement, plan=plan))


def test_paths_and_prompts_are_left_out_and_the_verdict_stays() -> None:
    one, two = of("my secret", "/home/ada/models/one"), of("your secret", "/home/ada/models/two")
    verdict = compare_runs(one, two)
    shared = without_private(verdict, Identity(("ada",), ()))
    assert shared.answer is verdict.answer is Answer.INCOMPARABLE
    assert [each.what for each in shared.unlike] == ["prompt"]
    for render in (speed_md.render, speed_json.render):
        told = render(shared)
        assert "ada" not in told
        assert "secret" not in told
        assert "prompt" in told, "what differs is named all the same"
        assert "two" in told


def test_kinds_of_trial_that_only_one_run_timed_are_named() -> None:
    one, two = of("a", "/home/ada/one"), of("a", "/home/ada/two")
    assert two.measurement
    kept = [g for g in two.measurement.generations if g.trial.cache is not Cache.ON]
    two = replace(two, measurement=replace(two.measurement, generations=tuple(kept)))
    verdict = compare_runs(one, two, kind=ON)
    assert [each.what for each in verdict.unlike] == ["what was timed"]
    assert without_private(verdict, kind=ON).unlike == verdict.unlike


def test_figures_and_other_circumstances_stay() -> None:
    one, two = of("a", "/home/ada/one"), of("a", "/home/ada/two", 0.8)
    assert two.measurement
    plan = replace(two.measurement.plan, new_tokens=9)
    two = replace(two, measurement=replace(two.measurement, plan=plan))
    verdict = compare_runs(one, two, anyway=True)
    shared = without_private(verdict)
    assert shared.unlike == verdict.unlike
    assert shared.judged == verdict.judged
    assert shared.answer is Answer.FAIL
