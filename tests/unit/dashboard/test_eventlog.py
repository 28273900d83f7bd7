"""What a page that watches a run is told of its events."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sessions import EVENTS, TRIAL
from slowlens.facts.environment import Environment
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.speed import Work
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.events import (
    Comparing,
    Event,
    Loading,
    LoadProgress,
    Planned,
    Sampled,
    Started,
    Stepped,
    TrialFinished,
    TrialStarted,
)
from slowlens.measure.recorder import Recorder
from slowlens_dashboard.measuring import eventlog as module
from slowlens_dashboard.measuring.eventlog import EventLog

SCRIPT = Path(str(module.__file__)).parents[1] / "widgets" / "live_chart.js"
ENVIRONMENT = Environment("3", "x")


def told(*events: Event) -> list[dict[str, Any]]:
    recorder, log = Recorder(Plan("/m")), EventLog()
    for event in events:
        recorder.apply(event)
        log.tell(event, recorder)
    return list(log.entries)


def test_events_go_on_as_they_are_and_trials_as_they_are_drawn() -> None:
    planned, *others = told(*EVENTS)
    assert [entry["event"] for entry in others] == [type(e).__name__ for e in EVENTS[1:]]
    (trial,) = planned["trials"]
    assert (trial["label"], trial["tokens"], trial["ahead"]) == (TRIAL.label, 2, 0)
    assert trial["stage"] == "time"
    assert trial["times"]["line"] == trial["inputs"]["line"]


def test_a_plan_that_changes_is_told_anew_and_in_the_same_colours() -> None:
    later = (TRIAL, replace(TRIAL, cache=Cache.ON, purpose=Purpose.CURVE, ahead=7))
    first, second = told(EVENTS[0], Planned(later))
    assert (first["event"], second["event"]) == ("Planned", "Planned")
    assert second["trials"][:1] == first["trials"]
    assert (second["trials"][1]["purpose"], second["trials"][1]["ahead"]) == ("curve", 7)


@pytest.mark.parametrize(
    ("taken", "work"),
    [
        ((5, 6, 7), "all tokens again"),
        ((5, 1, 1), "the newest token"),
        ((0, 0, 0), "not counted"),
        ((5, 4, 0), "not counted"),
    ],
)
def test_what_a_proof_showed_follows_it(taken: tuple[int, ...], work: str) -> None:
    proof = Trial(Subject.MERGED, Cache.AS_SHIPPED, Purpose.PROOF, 3)
    steps = tuple(Step(i, 0.1, length, 1) for i, length in enumerate(taken))
    entries = told(
        Started(ENVIRONMENT, (proof,)),
        TrialStarted(0, 5, 0.0),
        Stepped(0, steps, "abc"),
        TrialFinished(0, 0.3, Finish.LENGTH),
    )
    assert entries[-1] == {"event": "Proved", "trial": 0, "work": work}


def test_what_has_a_bar_is_told_with_its_time() -> None:
    times = iter((1.0, 2.5, 7.25))
    recorder, log = Recorder(Plan("/m")), EventLog(lambda: next(times))
    for event in (
        Loading("merged", "/m", 10),
        LoadProgress("merged", 4, 10),
        Comparing("merged", 3, 8),
    ):
        log.tell(event, recorder)
    assert [(entry["event"], entry["at"]) for entry in log.entries] == [
        ("Loading", 1.0),
        ("LoadProgress", 2.5),
        ("Comparing", 7.25),
    ]


def test_only_a_proof_is_judged() -> None:
    assert all(entry["event"] != "Proved" for entry in told(*EVENTS))


def test_a_word_on_the_gpu_comes_once_a_second_and_every_look_is_kept() -> None:
    looks = [DeviceSample(at / 2, utilization=int(at), device="abc") for at in range(6)]
    recorder, log = Recorder(Plan("/m")), EventLog()
    for look in (DeviceSample(9.0), *looks):
        recorder.apply(Sampled((look,)))
        log.tell(Sampled((look,)), recorder)
    assert [entry["machine"] for entry in log.entries] == [
        ("0 % busy",),
        ("2 % busy",),
        ("4 % busy",),
    ]
    assert all(entry["event"] == "Sampled" for entry in log.entries)
    assert len(recorder.measurement(Status.DONE).samples) == 7


def test_without_a_gpu_the_machine_itself_is_told() -> None:
    entries = told(*(Sampled((DeviceSample(at, load=at, cores=2),)) for at in (1.0, 1.5, 2.0)))
    said = [entry["machine"] for entry in entries]
    assert said == [("load 1.0 on 2 cores",), ("load 2.0 on 2 cores",)]


def test_the_page_knows_every_verdict() -> None:
    verdicts = re.search(r"VERDICTS = \{(.*?)\}", SCRIPT.read_text())
    assert verdicts
    assert re.findall(r'"([^"]+)":', verdicts[1]) == [*Work]
