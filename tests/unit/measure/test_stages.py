"""How far a run is, told to whoever watches."""

import pytest

from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.measure.plan import Known, first, rest
from slowlens.measure.stages import Place, Stage, place_of, stage_of, sure

PLAN = Plan("m", "s", rounds=2)
SAMPLED = Plan("m", "s", rounds=2, new_tokens=128)


def places(trials: tuple[Trial, ...], *, upto: int | None = None) -> list[Place]:
    return [place_of(index, trials) for index in range(upto or len(trials))]


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_belongs_to_a_stage(purpose: Purpose) -> None:
    assert stage_of(Trial(Subject.MERGED, Cache.ON, purpose, 1)) in Stage


def test_trials_are_counted_in_their_stage() -> None:
    trials = (*first(PLAN, gpu=True), *rest(PLAN, Known(), gpu=True))
    counted = [(Stage.PROVE, 2), (Stage.RECORD, 3), (Stage.TIME, 8), (Stage.ANSWER, 2)]
    assert places(trials) == [
        Place(stage, number + 1, total)
        for stage, total in (*counted, (Stage.COMPARE, 2))
        for number in range(total)
    ]


def test_whole_runs_and_samples_are_one_stage() -> None:
    trials = rest(SAMPLED, Known(), gpu=False)
    assert {t.purpose for t in trials} > {Purpose.SPEED, Purpose.CURVE}
    timed = [p for p in places(trials) if p.stage is Stage.TIME]
    assert timed == [Place(Stage.TIME, n + 1, 16) for n in range(16)], "5 samples take one's place"


@pytest.mark.parametrize("plan", [PLAN, SAMPLED])
@pytest.mark.parametrize("gpu", [True, False])
@pytest.mark.parametrize(
    "known", [Known(), Known(recomputing={"merged"}), Known(encoding={"merged", "source"})]
)
def test_no_count_changes_while_a_stage_goes_on(plan: Plan, known: Known, gpu: bool) -> None:
    began = first(plan, gpu=gpu)
    trials = (*began, *rest(plan, known, gpu=gpu))
    assert places(began) == places(trials, upto=len(began))


def test_a_recording_after_the_timing_is_counted_on() -> None:
    trials = (*first(PLAN, gpu=True), *rest(PLAN, Known(launch_bound={"merged"}), gpu=True))
    last = max(n for n, trial in enumerate(trials) if trial.purpose is Purpose.PROFILE)
    assert place_of(last, trials) == Place(Stage.RECORD, 4, 4)


@pytest.mark.parametrize(
    ("plan", "left_out"),
    [
        (PLAN, set[Stage]()),
        (Plan("m", answer_tokens=0), {Stage.ANSWER}),
        (Plan("m", equality_tokens=0), {Stage.COMPARE}),
    ],
)
def test_what_is_sure_to_come_is_known_from_the_start(plan: Plan, left_out: set[Stage]) -> None:
    assert sure(plan) == tuple(s for s in Stage if s not in {Stage.RECORD, *left_out})
