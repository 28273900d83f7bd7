"""A run in brief: what a list of runs says of each, without the steps that it rests on."""

from enum import StrEnum

from slowlens.facts.live.measurement import Status
from slowlens.facts.live.verdict import Outcome
from slowlens.frozen import dataclass


class Kind(StrEnum):
    """What a run file holds."""

    MEASURED = "measured"
    CHECKED = "checked"
    IMPORTED = "imported"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Place:
    """A checkpoint as it is named; of an imported run nothing but a name, and no path."""

    path: str
    title: str
    argument: str
    """What to pass to a command to get the same."""


@dataclass(frozen=True, slots=True)
class Factor:
    """How merged as shipped compares per token with another side of the same run."""

    label: str
    """Of the other side: ``source as shipped``, ``merged, cache on``."""
    outcome: Outcome
    """Whether merged is slower."""
    back: Outcome
    """Whether the other side is."""
    ratio: float
    """Merged over the other side."""
    low: float | None
    """Of the 90 % interval of the ratio; None where there are too few rounds for one."""
    high: float | None


@dataclass(frozen=True, slots=True)
class Timed:
    """What a measurement came to."""

    status: Status
    rounds: int
    """Of merged as shipped; 0 where it was not timed."""
    new_tokens: int
    """In each of them."""
    prompt_tokens: int
    """Before them; 0 where it was not timed."""
    estimated: bool
    """Whether its time was foretold by probes."""
    factors: tuple[Factor, ...]
    device: str
    """Empty where no model was loaded."""
    processes: int
    """Over how many merged was divided; 0 for a single one."""
    made_up: bool
    """Whether the weights were random, of the shape that merged names."""


@dataclass(frozen=True, slots=True)
class Brief:
    """One run."""

    id: str
    kind: Kind
    answer: str
    """What came of it: its answer, or why it has none, on one line."""
    created: str = ""
    """UTC, ISO 8601; empty where the file is damaged."""
    merged: Place | None = None
    """None where the file is damaged."""
    source: Place | None = None
    tpot: float | None = None
    """Seconds per token of merged as shipped, or those that another tool tells."""
    timed: Timed | None = None
    origin: str = ""
    """Of an imported one: its tool, its file, and when it ran."""
    comparable: bool = True
    """Whether ``tpot`` is what Slowlens calls so."""
