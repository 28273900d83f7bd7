import pytest

from literals import equality
from slowlens.facts.environment import Device, Environment
from slowlens.facts.live.device import DeviceSample, Peaks, Profile
from slowlens.facts.live.measurement import Failure, LoadedModel, Status, WarmUp
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.events import (
    Compared,
    Failed,
    Finished,
    Loaded,
    Loading,
    LoadProgress,
    Planned,
    Probed,
    Profiled,
    Sampled,
    Started,
    Stepped,
    TrialFailed,
    TrialFinished,
    TrialStarted,
    WarmedUp,
    WarmingUp,
)
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens.measure.recorder import Recorder

TRIALS = (
    Trial(Subject.MERGED, Cache.AS_SHIPPED, Purpose.PROOF, 3),
    Trial(Subject.MERGED, Cache.ON, Purpose.SPEED, 4),
)
ENVIRONMENT = Environment("3.11", "Linux")


def model(subject: Subject, seconds: float) -> LoadedModel:
    return LoadedModel(subject, "/m", seconds, Device("cpu", "x"), "bfloat16", "sdpa", 7)


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder(Plan("/m"))
    for event in (
        Started(ENVIRONMENT, TRIALS),
        Loading(Subject.MERGED, "/m", 5),
        Loaded(model(Subject.MERGED, 1.0)),
        TrialStarted(0, 10, 0.0),
        Stepped(0, (Step(0, 0.3, 10, 5), Step(1, 0.2, 11, 6)), "He"),
        Stepped(0, (Step(2, 0.1, 12, 7),), "llo"),
        TrialFinished(0, 0.7, Finish.LENGTH),
        TrialStarted(1, 10, 0.0),
    ):
        recorder.apply(event)
    return recorder


def test_a_finished_trial_becomes_a_generation(recorder: Recorder) -> None:
    measurement = recorder.measurement(Status.RUNNING)
    (generation,) = measurement.generations
    assert generation.trial == TRIALS[0]
    assert generation.text == "Hello"
    assert generation.input_lengths == (10, 11, 12)
    assert generation.recomputes
    assert generation.total_seconds == 0.7
    assert measurement.environment == ENVIRONMENT
    assert measurement.models == (model(Subject.MERGED, 1.0),)


def test_a_trial_without_a_step_is_left_out(recorder: Recorder) -> None:
    assert len(recorder.measurement(Status.STOPPED).generations) == 1


def test_a_trial_cut_off_is_kept_as_stopped(recorder: Recorder) -> None:
    recorder.apply(Stepped(1, (Step(0, 0.3, 10, 5), Step(1, 0.2, 1, 6)), "x"))
    partial = recorder.measurement(Status.STOPPED).generations[-1]
    assert partial.finish is Finish.STOPPED
    assert partial.total_seconds == pytest.approx(0.5)
    assert partial.cached


def test_looking_does_not_end_the_trial(recorder: Recorder) -> None:
    recorder.apply(Stepped(1, (Step(0, 0.3, 10, 5),), "x"))
    recorder.measurement(Status.RUNNING)
    recorder.apply(Stepped(1, (Step(1, 0.2, 1, 6),), "y"))
    recorder.apply(TrialFinished(1, 0.6, Finish.LENGTH))
    recorder.apply(Finished())
    last = recorder.measurement(Status.DONE).generations[-1]
    assert (last.text, len(last.steps), last.finish) == ("xy", 2, Finish.LENGTH)


def test_the_first_load_of_each_checkpoint_is_kept(recorder: Recorder) -> None:
    recorder.apply(Loaded(model(Subject.SOURCE, 2.0)))
    recorder.apply(Loaded(model(Subject.MERGED, 3.0)))
    models = recorder.measurement(Status.DONE).models
    assert [(m.subject, m.seconds) for m in models] == [
        (Subject.MERGED, 1.0),
        (Subject.SOURCE, 2.0),
    ]


def test_the_prompt_that_was_used_is_recorded() -> None:
    assert Recorder(Plan("/m")).measurement(Status.DONE).plan.prompt == DEFAULT_PROMPT
    assert Recorder(Plan("/m", prompt="p")).measurement(Status.DONE).plan.prompt == "p"


def test_an_error_is_part_of_the_measurement() -> None:
    recorder = Recorder(Plan("/m"))
    recorder.apply(Failed("broke", "mend"))
    measurement = recorder.measurement(Status.FAILED, "broke", "mend")
    assert (measurement.status, measurement.error, measurement.hint) == (
        Status.FAILED,
        "broke",
        "mend",
    )


def test_what_is_planned_later_is_named_by_its_own_trial(recorder: Recorder) -> None:
    recorder.apply(TrialFinished(1, 0.6, Finish.LENGTH))
    further = Trial("a fix", Cache.AS_SHIPPED, Purpose.SPEED, 4)
    recorder.apply(Planned((*TRIALS, further)))
    recorder.apply(TrialStarted(2, 10, 0.0))
    recorder.apply(TrialFinished(2, 0.6, Finish.LENGTH))
    assert [g.trial for g in recorder.measurement(Status.DONE).generations] == [*TRIALS, further]


def test_a_trial_that_fails_is_kept_apart_and_the_next_goes_on(recorder: Recorder) -> None:
    failure = Failure(TRIALS[1], "out of memory", "shorter", 5, 3)
    recorder.apply(Stepped(1, (Step(0, 0.3, 10, 5),), "x"))
    recorder.apply(TrialFailed(1, failure))
    recorder.apply(Stepped(1, (Step(1, 0.3, 1, 5),), "belongs to nothing"))
    recorder.apply(TrialFinished(1, 0.6, Finish.LENGTH))
    measurement = recorder.measurement(Status.DONE)
    assert measurement.failures == (failure,)
    assert [g.trial for g in measurement.generations] == [TRIALS[0]]


def test_what_the_end_of_a_trial_tells_is_kept(recorder: Recorder) -> None:
    recorder.apply(TrialStarted(1, 10, 2.5, 6))
    recorder.apply(Stepped(1, (Step(0, 0.3, 10, 5), Step(1, 0.2, 1, 6)), "x"))
    recorder.apply(TrialFinished(1, 0.6, Finish.EOS, 7, 2, 9, (0.25, 0.125), 2))
    last = recorder.measurement(Status.DONE).generations[-1]
    assert (last.started, last.image_tokens) == (2.5, 6)
    assert (last.memory_peak, last.rows, last.cache_size, last.passes) == (7, 2, 9, 2)
    assert [step.gpu for step in last.steps] == [0.25, 0.125]


def test_times_of_the_gpu_that_do_not_fit_the_steps_are_left_out(recorder: Recorder) -> None:
    recorder.apply(Stepped(1, (Step(0, 0.3, 10, 5), Step(1, 0.2, 1, 6)), "x"))
    recorder.apply(TrialFinished(1, 0.6, Finish.EOS, gpu=(0.25,)))
    assert [s.gpu for s in recorder.measurement(Status.DONE).generations[-1].steps] == [None, None]


def test_what_is_learned_beside_the_generations_is_kept(recorder: Recorder) -> None:
    peaks = Peaks(3e12, 8e14, "bfloat16")
    warm = WarmUp(Subject.MERGED, Cache.ON, 3.0, 3, True)
    samples = tuple(DeviceSample(float(at), power=300.0) for at in range(4))
    profile = Profile(Subject.MERGED, Cache.ON, 7, 0.03, 0.01, 341.5, 0.0)
    for event in (
        LoadProgress(Subject.MERGED, 3, 5),
        Probed(peaks),
        WarmingUp(Subject.MERGED, Cache.ON),
        WarmedUp(warm),
        Sampled(samples[:2]),
        Sampled(samples[2:]),
        Profiled(profile),
        Compared(equality(1e-3)),
    ):
        recorder.apply(event)
    found = recorder.measurement(Status.RUNNING)
    assert (found.peaks, found.warm_ups, found.samples) == (peaks, (warm,), samples)
    assert (found.profiles, found.equalities) == ((profile,), (equality(1e-3),))
    assert len(found.generations) == 1
