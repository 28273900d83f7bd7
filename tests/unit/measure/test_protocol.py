import pytest

from slowlens.facts.environment import Device, Environment
from slowlens.facts.live.measurement import LoadedModel
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.protocol import (
    Event,
    Failed,
    Finished,
    Loaded,
    Loading,
    Started,
    Stepped,
    TrialFinished,
    TrialStarted,
    decode,
    decode_plan,
    encode,
    encode_plan,
    to_json,
)

EVENTS: list[Event] = [
    Started(
        Environment("3.11", "Linux", {"torch": "2.6"}),
        (Trial(Subject.SOURCE, Cache.AS_SHIPPED, Purpose.SPEED, 64, 1),),
    ),
    Loading(Subject.MERGED, "/m\n", 5),
    Loaded(
        LoadedModel(
            Subject.MERGED, "/m", 0.5, Device("cpu", "x"), "bfloat16", "sdpa", 7, 2, ("note",)
        )
    ),
    TrialStarted(0, 181, 0.0),
    Stepped(0, (Step(0, 0.1, 181, 5), Step(1, 0.2, 1, 6)), "line\nend \ufffd 灯"),
    TrialFinished(0, 1.5, Finish.EOS),
    Finished(),
    Failed("out of memory", "free some"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_survives_as_one_line(event: Event) -> None:
    line = encode(event)
    assert line.count(b"\n") == 1
    assert decode(line) == event
    assert to_json(event)["event"] == type(event).__name__


def test_a_plan_survives() -> None:
    plan = Plan("/m", "/s", "two\nlines", 8, 3, 9, "cuda:1", 4)
    assert decode_plan(encode_plan(plan)) == plan
    assert decode_plan(encode_plan(Plan("/m"))) == Plan("/m")
