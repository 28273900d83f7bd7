"""The lines that cross to the building process and back, one JSON object each."""

import json
from typing import Any, TypeAlias

from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from slowlens.demo.recipe import Weights
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """Build all variants with these weights into this existing, empty folder."""

    folder: str
    weights: Weights


@dataclass(frozen=True, slots=True)
class Step:
    """The builder begins with ``number`` of ``total``."""

    number: int
    total: int
    doing: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The builder gives up: what happened, and what to do."""

    error: str
    hint: str = ""


Event: TypeAlias = Step | Failed

_converter = make_converter()
configure_tagged_union(Event, _converter, tag_name="event")


def encode(event: Event) -> bytes:
    """Write one event as one line."""
    return json.dumps(_converter.unstructure(event, unstructure_as=Event)).encode() + b"\n"


def decode(line: bytes) -> Event:
    """Read back a line written by ``encode``."""
    union: Any = Event  # to mypy a union is no type
    event: Event = _converter.structure(json.loads(line), union)
    return event


def encode_order(order: Order) -> bytes:
    """Write the request as one line."""
    return json.dumps(_converter.unstructure(order)).encode() + b"\n"


def decode_order(line: bytes) -> Order:
    """Read back a request."""
    return _converter.structure(json.loads(line), Order)
