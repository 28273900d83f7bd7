"""The lines that cross the process boundary, one JSON object each."""

import json
from typing import Any, TypeAlias

from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from slowlens.facts.environment import Environment
from slowlens.facts.live.measurement import LoadedModel, Plan
from slowlens.facts.live.timing import Finish, Step, Subject, Trial
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """The worker has imported torch and read the plan."""

    environment: Environment
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class Loading:
    """A checkpoint is about to be loaded; ``size`` in bytes."""

    subject: Subject
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checkpoint is in memory."""

    model: LoadedModel


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """The trial with this index of ``Started.trials`` begins."""

    trial: int
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class Stepped:
    """Steps that ended since the last line, and the text that they added."""

    trial: int
    steps: tuple[Step, ...]
    text: str


@dataclass(frozen=True, slots=True)
class TrialFinished:
    """The trial is over."""

    trial: int
    total_seconds: float
    finish: Finish


@dataclass(frozen=True, slots=True)
class Finished:
    """All trials are over."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker gives up: what happened, and what to do."""

    error: str
    hint: str = ""


Event: TypeAlias = (
    Started | Loading | Loaded | TrialStarted | Stepped | TrialFinished | Finished | Failed
)

_converter = make_converter()
configure_tagged_union(Event, _converter, tag_name="event")


def encode(event: Event) -> bytes:
    """Write one event as one line."""
    return json.dumps(to_json(event)).encode() + b"\n"


def to_json(event: Event) -> dict[str, object]:
    """Return an event as a JSON object whose ``event`` names its type."""
    fields: dict[str, object] = _converter.unstructure(event, unstructure_as=Event)
    return fields


def decode(line: bytes) -> Event:
    """Read back a line written by ``encode``."""
    union: Any = Event  # to mypy a union is no type
    event: Event = _converter.structure(json.loads(line), union)
    return event


def encode_plan(plan: Plan) -> bytes:
    """Write the request as one line."""
    return json.dumps(_converter.unstructure(plan)).encode() + b"\n"


def decode_plan(line: bytes) -> Plan:
    """Read back a request."""
    return _converter.structure(json.loads(line), Plan)
