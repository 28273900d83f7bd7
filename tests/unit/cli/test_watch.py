import json
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from slowlens.cli.watch import Progress, print_event
from slowlens.facts.environment import Device, Environment
from slowlens.facts.live.device import DeviceSample, Profile
from slowlens.facts.live.equality import Agreement, Equality
from slowlens.facts.live.measurement import Failure, LoadedModel
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.events import (
    Compared,
    Event,
    Loaded,
    Loading,
    LoadProgress,
    Planned,
    Profiled,
    Sampled,
    Started,
    Stepped,
    TrialFailed,
    TrialFinished,
    TrialStarted,
    WarmingUp,
)
from slowlens.reports.tables import WIDTH

ENVIRONMENT = Environment("3.11", "Linux", {"torch": "2.6.0", "transformers": "5.0.0"})
MODEL = LoadedModel(
    Subject.MERGED,
    "/m",
    1.25,
    Device("cpu", "a processor", memory=16 * 10**9, threads=1),
    "bfloat16",
    "sdpa",
    135_000_000,
)
AGREED = Agreement(0, 0, 0, 0, 0)
STEPS = tuple(Step(i, 0.1, 10 + i, 7) for i in range(4))
EVENTS: tuple[Event, ...] = (
    Started(ENVIRONMENT, (Trial(Subject.MERGED, Cache.OFF, Purpose.SPEED, 4, 1),)),
    Loading(Subject.MERGED, "/m", 269_000_000),
    Loaded(MODEL),
    TrialStarted(0, 10, 0.0),
    Stepped(0, STEPS[:2], "a"),
    Stepped(0, STEPS[2:], "b"),
    TrialFinished(0, 0.5, Finish.LENGTH),
)
LAST = "[ 1/1] merged, cache off (round 2)      4/4 tokens    100 ms per token  tokens in 10, 11"


LOADED = (
    "loaded merged in 1.2 s: 135M parameters, bfloat16, sdpa attention, on cpu "
    "(a processor, 16 GB,\n    1 thread)"
).splitlines()


def test_in_a_pipe_each_trial_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show = Progress()
    for event in EVENTS:
        show(event)
    out, error = capsys.readouterr()
    assert out == ""
    assert error.splitlines() == [
        "torch 2.6.0, transformers 5.0.0",
        "loading merged: 269 MB from /m",
        *LOADED,
        "time:",
        f"{LAST} … 13",
    ]


def test_a_proof_has_no_time_per_token(capsys: pytest.CaptureFixture[str]) -> None:
    proof = Trial(Subject.MERGED, Cache.AS_SHIPPED, Purpose.PROOF, 4)
    show = Progress()
    for event in (Started(ENVIRONMENT, (proof,)), *EVENTS[3:]):
        show(event)
    line = capsys.readouterr().err.splitlines()[-1]
    assert line == "[ 1/1] merged as shipped (proof)        4/4 tokens  tokens in 10, 11 … 13"


def test_what_is_planned_anew_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    show = Progress()
    started, *_ = EVENTS
    assert isinstance(started, Started)
    for event in (started, Planned(started.trials * 3), TrialStarted(2, 10, 0.0)):
        show(event)
    show(TrialFinished(2, 0.5, Finish.LENGTH))
    assert "[ 3/3] merged, cache off" in capsys.readouterr().err


def test_trials_are_counted_in_their_stage(capsys: pytest.CaptureFixture[str]) -> None:
    timed = Trial(Subject.MERGED, Cache.ON, Purpose.SPEED, 4)
    trials = (replace(timed, purpose=Purpose.PROOF), timed, replace(timed, round=1))
    show = Progress()
    show(Started(ENVIRONMENT, trials))
    for number in range(3):
        show(TrialStarted(number, 10, 0.0))
        show(TrialFinished(number, 0.5, Finish.LENGTH))
    lines = capsys.readouterr().err.splitlines()[1:]
    assert [line[:6] if line.startswith("[") else line for line in lines] == [
        "look at the cache:",
        "[ 1/1]",
        "time:",
        "[ 1/2]",
        "[ 2/2]",
    ]


def test_on_a_terminal_the_line_moves(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(len(LAST) + 1))
    show = Progress()
    for event in EVENTS:
        show(event)
    drawn = capsys.readouterr().err.split("\r")
    assert "2/4 tokens" in drawn[-3]
    assert drawn[-2] == f"{LAST}\x1b[K", "wider than the terminal"
    assert drawn[-1] == f"\x1b[K{LAST} … 13\n"


PROFILE = Trial(Subject.MERGED, Cache.ON, Purpose.PROFILE, 8)
EQUALITY = Trial(Subject.MERGED, Cache.OFF, Purpose.EQUALITY, 32)
QUIET: tuple[Event, ...] = (
    Started(ENVIRONMENT, (EVENTS[0].trials[0], PROFILE, EQUALITY)),  # type: ignore[union-attr]
    TrialFailed(0, Failure(PROFILE, "out of memory while generating", "Ask for less.")),
    Profiled(Profile(Subject.MERGED, Cache.ON, 8, 1, 1, 1, 1)),
    Compared(Equality(Subject.MERGED, "llama", "bfloat16", 32, AGREED, AGREED, AGREED)),
)


def test_trials_without_steps_and_those_that_fail_have_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = Progress()
    for event in QUIET:
        show(event)
    assert capsys.readouterr().err.splitlines()[1:] == [
        "time:",
        "[ 1/1] merged, cache off (round 2)   could not be run",
        "  out of memory while generating",
        "record the GPU:",
        "[ 1/1] merged, cache on (profile)    kernels recorded",
        "compare results:",
        "[ 1/1] merged, cache off (equality)  compared with the cache on",
    ]


def test_what_ends_the_session_is_left_to_whoever_tells_that(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = Progress()
    for event in (*QUIET[:2], Sampled(())):
        show(event)
    assert "out of memory" not in capsys.readouterr().err


def test_a_checkpoint_without_weights_is_not_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    Progress()(Loading(Subject.MERGED, "/m", 0))
    assert capsys.readouterr().err == "loading merged: 0 B from /m\n"


def test_a_terminal_shows_what_takes_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    show = Progress()
    for event in (*QUIET, WarmingUp("merged", Cache.ON), LoadProgress("merged", 10**9, 4 * 10**9)):
        show(event)
    moving = [line for line in capsys.readouterr().err.split("\r") if line.endswith("\x1b[K")]
    assert [line.removesuffix("\x1b[K") for line in moving] == [
        "[ 1/1] merged, cache on (profile)    recording every kernel of the GPU…",
        "[ 1/1] merged, cache off (equality)  comparing with the cache on…",
        "warming up merged, cache on…",
        "loading merged: 1 GB of 4 GB",
    ]


def test_a_model_that_is_made_up_has_the_name_of_its_shape(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = Progress("gpt2", made_up=True)
    for event in (Loading(Subject.MERGED, "/x/gpt2", 0), Loaded(MODEL), *QUIET):
        show(event)
    made, loaded, _versions, *lines = capsys.readouterr().err.splitlines()
    trials = [line for line in lines if line.startswith("[")]
    assert made == "making up gpt2 with random weights"
    assert loaded.startswith("loaded gpt2 in ")
    assert [line[7:11] for line in trials] == ["gpt2"] * 3


def test_a_shape_with_a_long_name_keeps_lines_within_the_page(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = Progress("qwen2.5-0.5b (2 layers)", made_up=True)
    trial = Trial(Subject.MERGED, Cache.OFF, Purpose.SPEED, 64)
    why = f"out of memory while generating with merged, cache off: {'much ' * 12}was needed"
    for event in (
        Started(ENVIRONMENT, (trial, trial)),
        Loaded(MODEL),
        *EVENTS[3:],
        TrialFailed(1, Failure(trial, why)),
        WarmingUp(Subject.MERGED, Cache.OFF),
    ):
        show(event)
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[4:6] == [
        "[ 1/2] qwen2.5-0.5b (2 layers), cache off (round 1)",
        f"{'':35}     4/64 tokens    100 ms per token  tokens in 10, 11 … 13",
    ]
    assert lines[-2].startswith("  out of memory while generating with qwen2.5-0.5b (2 layers)")


def test_random_weights_and_notes_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    Progress()(Loaded(replace(MODEL, missing=3, notes=("it ships num_beams 4",))))
    error = capsys.readouterr().err
    assert "3 tensors are not in the files: they are random" in error
    assert "it ships num_beams 4" in error


GPU = DeviceSample(
    at=1.0,
    memory_used=16 * 10**9,
    memory_total=80 * 10**9,
    utilization=97,
    sm_clock=990,
    sm_clock_max=1980,
    power=300.4,
    power_limit=700.0,
    temperature=88,
    throttle=("sw_thermal_slowdown",),
    device="1-2",
)
COOL = replace(GPU, temperature=40, sm_clock=1980, throttle=())
TIMED = tuple(Trial(Subject.MERGED, Cache.OFF, Purpose.SPEED, 4, n) for n in range(5))


def watched(*trials: DeviceSample | None) -> Iterator[Event]:
    """One trial for each look, which is taken three times while it runs."""
    yield Started(ENVIRONMENT, TIMED)
    yield Loaded(MODEL)
    for number, look in enumerate(trials):
        yield TrialStarted(number, 10, 0.0)
        yield Stepped(number, STEPS, "a")
        yield Sampled((look,) * 3 if look else ())
        yield TrialFinished(number, 0.5, Finish.LENGTH)


def of_gpus(capsys: pytest.CaptureFixture[str], *trials: DeviceSample | None) -> list[str]:
    """Return what is said, a trial by its number."""
    show = Progress()
    for event in watched(*trials):
        show(event)
    lines = capsys.readouterr().err.splitlines()[3:]
    lines.remove("time:")
    assert all(len(line) <= WIDTH for line in lines)
    return [line[1:3].strip() if line.startswith("[") else line for line in lines]


def test_a_gpu_is_described_once(capsys: pytest.CaptureFixture[str]) -> None:
    described = "  GPU: 16 GB of 80 GB in use, 97 % busy, 1980 of 1980 MHz, 300 of 700 W, 40 °C"
    assert of_gpus(capsys, COOL, replace(COOL, temperature=50)) == [described, "1", "2"]


def test_what_matters_of_a_gpu_is_said_when_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    shared = replace(COOL, other_processes=2)
    full = replace(COOL, memory_used=77 * 10**9)
    said = of_gpus(capsys, COOL, GPU, replace(GPU, temperature=90), shared, full)
    assert said[1:] == [
        "1",
        "2",
        "  GPU: throttled (sw_thermal_slowdown)",
        "3",
        "4",
        "  GPU: 2 other programs",
        "5",
        "  GPU: less than 5 % of its memory is free",
    ]


def test_what_matters_again_is_said_again(capsys: pytest.CaptureFixture[str]) -> None:
    said = of_gpus(capsys, COOL, GPU, None, GPU, COOL)
    assert sum("throttled" in line for line in said) == 1, "nobody looked in between"
    said = of_gpus(capsys, COOL, GPU, COOL, GPU)
    assert sum("throttled" in line for line in said) == 2


def test_a_program_that_was_there_at_first_is_not_said_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shared = replace(COOL, other_processes=1)
    first, *others = of_gpus(capsys, shared, shared, shared)
    assert "300 of 700 W" in first
    assert not any("GPU" in line for line in others)


def test_figures_of_a_trial_with_a_long_name_stand_below_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "merged + tokenizer-truncation-padding-persisted"
    started = Started(ENVIRONMENT, (replace(TIMED[0], subject=name, cache=Cache.AS_SHIPPED),))
    events = (started, *EVENTS[3:])
    show = Progress()
    for event in events:
        show(event)
    assert capsys.readouterr().err.splitlines()[2:] == [
        f"[ 1/1] {name} (round 1)",
        f"{'':35}     4/4 tokens    100 ms per token  tokens in 10, 11 … 13",
    ]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "90")
    show = Progress()
    for event in events[:-1]:
        show(event)
    assert capsys.readouterr().err.count("\n") == 2, "a line that moves is never broken"


def test_an_overlay_is_told_by_what_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    show = Progress()
    fixed = replace(MODEL, subject="all fixes", notes=("no text", "it ships num_beams 4"))
    for model in (replace(MODEL, notes=("no text",)), fixed, replace(fixed, subject="other")):
        show(Loaded(model))
    assert capsys.readouterr().err.splitlines()[2:] == [
        "  no text",
        "all fixes: the weights in memory, with its own settings",
        "  it ships num_beams 4",
        "other: the weights in memory, with its own settings",
    ]


def test_an_overlay_that_is_read_from_disk_is_told_in_full(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = Progress()
    show(Loading("all fixes", "/o", 269_000_000))
    show(Loaded(replace(MODEL, subject="all fixes")))
    assert "\nloaded all fixes in 1.2 s: 135M parameters" in capsys.readouterr().err


def test_the_source_is_told_in_full_even_where_it_is_alike(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = Progress()
    for subject in Subject:
        show(Loaded(replace(MODEL, subject=subject, notes=("no text",))))
    assert capsys.readouterr().err.count("  no text\n") == 2


def test_a_machine_without_a_gpu_shows_none(capsys: pytest.CaptureFixture[str]) -> None:
    Progress()(Sampled((DeviceSample(1.0, process_memory=5, load=1.5, cores=2),)))
    assert capsys.readouterr().err == ""


def test_events_are_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_event(EVENTS[4])
    printed = json.loads(capsys.readouterr().out)
    assert printed["event"] == "Stepped"
    assert printed["steps"]["tokens_in"] == [10, 11]
