"""A plan for a tiny model, measured in this process: only some questions need a child."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.measure.events import Event
from slowlens.measure.recorder import Recorder
from slowlens.measure.worker.__main__ import work

PROMPT = "Which one is red?"


def plan(merged: Path, source: Path | None = None, **changes: Any) -> Plan:
    settings: dict[str, Any] = {"new_tokens": 6, "rounds": 1, "answer_tokens": 12, "threads": 1}
    settings |= {"equality_tokens": 0}
    settings |= {"prompt": PROMPT, "device": "cpu"} | changes
    return Plan(str(merged), None if source is None else str(source), **settings)


def events_of(asked: Plan) -> list[Event]:
    events: list[Event] = []
    work(asked, events.append)
    return events


def recorded(asked: Plan, events: Iterable[Event]) -> Measurement:
    recorder = Recorder(asked)
    for event in events:
        recorder.apply(event)
    return recorder.measurement(Status.DONE)


def measured(asked: Plan) -> Measurement:
    return recorded(asked, events_of(asked))


def find(
    found: Measurement,
    cache: Cache,
    purpose: Purpose = Purpose.SPEED,
    subject: Subject = Subject.MERGED,
) -> Generation:
    (generation,) = found.find(subject, cache, purpose)
    return generation


def cached(prompt: int, steps: int) -> tuple[int, ...]:
    return (prompt, *[1] * (steps - 1))


def uncached(prompt: int, steps: int) -> tuple[int, ...]:
    return tuple(range(prompt, prompt + steps))
