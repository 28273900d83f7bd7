"""A comparison in the address: what a link to it asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slowlens.facts.live.trial import Kind, Purpose, Trial
from slowlens.lineup import MOST

RUN, KIND, ANYWAY = "run", "kind", "anyway"


@dataclass(frozen=True, slots=True)
class LineupQuery:
    """Runs by their ids, the first to judge the others by."""

    runs: tuple[str, ...]
    kind: str = ""
    """Label of the kind of trial; empty for the usual one."""
    anyway: bool = False


def wanted(runs: Iterable[str], kind: str, anyway: str) -> LineupQuery:
    """Read the address: each run once, and no more than have a letter."""
    ids = dict.fromkeys(run.strip() for run in runs)
    return LineupQuery(tuple(run for run in ids if run)[:MOST], kind, anyway == "1")


def label(kind: Kind) -> str:
    """Name a kind of trial: ``merged, cache on``."""
    return Trial(*kind, Purpose.SPEED, 0).label


def kind_named(name: str, kinds: Iterable[Kind]) -> Kind | None:
    """Return the kind of that name; None where there is none of it."""
    return next((kind for kind in kinds if label(kind) == name), None)


def timed_by(kind: Kind, kinds: Mapping[Kind, tuple[int, ...]], names: str, measured: int) -> str:
    """Name a kind, and the runs that timed it where these are not all of them."""
    places = kinds[kind]
    who = "" if len(places) == measured else f" ({', '.join(names[place] for place in places)})"
    return f"{label(kind)}{who}"
