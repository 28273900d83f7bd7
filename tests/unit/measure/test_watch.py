import json
import sys
from dataclasses import replace

import pytest

from slowlens.cli.watch import Progress, print_event
from slowlens.facts.environment import Device, DeviceLoad, Environment
from slowlens.facts.live.measurement import LoadedModel
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.protocol import (
    Event,
    Loaded,
    Loading,
    Started,
    Stepped,
    TrialFinished,
    TrialStarted,
)

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
LAST = (
    "[ 1/1] merged, cache off (round 2)      4/4 tokens    100 ms per token  tokens in 10, 11, 12"
)


LOADED = (
    "loaded merged in 1.2 s: 135M parameters, bfloat16, sdpa attention, on cpu "
    "(a processor, 16 GB, 1 thread)"
)


def no_gpu(_: str) -> None:
    return None


def test_in_a_pipe_each_trial_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show = Progress(no_gpu)
    for event in EVENTS:
        show(event)
    out, error = capsys.readouterr()
    assert out == ""
    assert error.splitlines() == [
        "torch 2.6.0, transformers 5.0.0",
        "loading merged: 269 MB from /m",
        LOADED,
        f"{LAST} … 13",
    ]


def test_on_a_terminal_the_line_moves(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(len(LAST) + 1))
    show = Progress(no_gpu)
    for event in EVENTS:
        show(event)
    drawn = capsys.readouterr().err.split("\r")
    assert "2/4 tokens" in drawn[-3]
    assert drawn[-2] == f"{LAST}\x1b[K", "wider than the terminal"
    assert drawn[-1] == f"\x1b[K{LAST} … 13\n"


def test_random_weights_and_notes_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(no_gpu)(Loaded(replace(MODEL, missing=3, notes=("it ships num_beams 4",))))
    error = capsys.readouterr().err
    assert "3 tensors are not in the files: they are random" in error
    assert "it ships num_beams 4" in error


def test_a_gpu_shows_its_load(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def look(uuid: str) -> DeviceLoad:
        asked.append(uuid)
        return DeviceLoad(16 * 10**9, 80 * 10**9, 97, 300.0, 55)

    show = Progress(look)
    device = Device("cuda", "NVIDIA H100", "1-2", 80 * 10**9, 8)
    for event in EVENTS:
        show(Loaded(replace(MODEL, device=device)) if isinstance(event, Loaded) else event)
    error = capsys.readouterr().err
    assert "on cuda (NVIDIA H100, 80 GB, 8 threads)" in error
    assert error.count("GPU: 16 GB of 80 GB in use, 97 % busy, 300 W, 55 °C") == 2
    assert asked == ["1-2"], "asked for each step"


def test_events_are_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_event(EVENTS[4])
    printed = json.loads(capsys.readouterr().out)
    assert printed["event"] == "Stepped"
    assert printed["steps"][1] == {"index": 1, "seconds": 0.1, "tokens_in": 11, "token": 7}
