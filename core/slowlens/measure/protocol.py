"""The lines that cross the process boundary, one JSON object each."""

import json
from typing import Any

from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from slowlens.facts.live.columns import register_steps
from slowlens.facts.live.plan import Plan
from slowlens.measure.events import Event

_converter = make_converter()
register_steps(_converter)
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
