from typing import get_args

import pytest

from literals import equality
from slowlens.facts.environment import Device, Environment
from slowlens.facts.live.device import DeviceSample, Peaks, Profile
from slowlens.facts.live.measurement import Failure, LoadedModel, WarmUp
from slowlens.facts.live.plan import Overlay, Plan
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.events import (
    Compared,
    Comparing,
    Event,
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
    Working,
)
from slowlens.measure.protocol import decode, decode_plan, encode, encode_plan, to_json

TRIAL = Trial("merged + fix", Cache.STATIC, Purpose.CURVE, 4, 1, 384)
EVENTS: list[Event] = [
    Started(
        Environment("3.11", "Linux", {"torch": "2.6"}),
        (Trial(Subject.SOURCE, Cache.AS_SHIPPED, Purpose.SPEED, 64, 1),),
    ),
    Planned((TRIAL,)),
    Loading(Subject.MERGED, "/m\n", 5),
    LoadProgress(Subject.MERGED, 3, 5),
    Loaded(
        LoadedModel(
            Subject.MERGED, "/m", 0.5, Device("cpu", "x"), "bfloat16", "sdpa", 7, 2, ("note",)
        )
    ),
    Probed(Peaks(3e12, 8e14, "bfloat16", 5e10)),
    WarmingUp("merged + fix", Cache.STATIC),
    WarmedUp(WarmUp(Subject.MERGED, Cache.STATIC, 31.5, 4, True, 0.2)),
    TrialStarted(0, 181, 0.0, 64),
    Stepped(0, (Step(0, 0.1, 181, 5), Step(1, 0.2, 1, 6)), "line\nend \ufffd 灯"),
    Stepped(0, (Step(2, 0.25, 1, 6, 183, 0.01, 0.02), Step(3, 0.5, 1, 7, 184)), ""),
    Stepped(0, (), "the rest"),
    TrialFinished(0, 1.5, Finish.EOS, 7, 2, 9, (0.25, 0.5)),
    TrialFailed(1, Failure(TRIAL, "out of memory", "shorter", 5, None)),
    Profiled(Profile(Subject.MERGED, Cache.ON, 7, 0.03, 0.01, 341.5, 0.0)),
    Compared(equality(1e-3, 1e-4)),
    Sampled((DeviceSample(1.5, power=300.5, throttle=()), DeviceSample(1.6, throttle=("a",)))),
    Working(),
    Comparing(Subject.MERGED, 3, 8),
    Finished(),
    Failed("out of memory", "free some"),
]


def test_every_kind_of_event_is_here() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_survives_as_one_line(event: Event) -> None:
    line = encode(event)
    assert line.count(b"\n") == 1
    assert decode(line) == event
    assert to_json(event)["event"] == type(event).__name__


def test_a_plan_survives() -> None:
    plan = Plan("/m", "/s", "two\nlines", 8, 3, 9, "cuda:1", 4)
    assert decode_plan(encode_plan(plan)) == plan
    plan = Plan(
        "/m",
        overlays=(Overlay("a + b", "/o", ("a", "b")),),
        settings=(Cache.STATIC, Cache.OFF),
        device_map="auto",
        random_weights=True,
        equality_tokens=0,
    )
    assert decode_plan(encode_plan(plan)) == plan
    assert decode_plan(encode_plan(Plan("/m"))) == Plan("/m")
