"""Baselines, one a line: of which run, and what it says of a token."""

import json
from collections.abc import Mapping

from slowlens.errors import RunFileError
from slowlens.facts.live.speed import Speed, speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.reports.called import place
from slowlens.reports.spread import UNKNOWN, latency, variation
from slowlens.reports.tables import fitted
from slowlens.reports.units import moment, plain
from slowlens.run import Run

HEAD = ("name", "run", "measured", "TPOT", "rounds", "CV", "device", "checkpoint")
WORDS = (0, 1, 2, 5, 6, 7)
"""Columns that are no numbers."""


def render(baselines: Mapping[str, Run | RunFileError]) -> str:
    """Render baselines by their names for a terminal."""
    rows = [HEAD, *(_row(name, run) for name, run in baselines.items())]
    return plain("".join(f"{line}\n" for line in fitted(rows, WORDS)))


def render_json(baselines: Mapping[str, Run | RunFileError]) -> str:
    """Render baselines as a list of objects, times in seconds; null for what is not known."""
    rows = [{"name": name, **_told(run)} for name, run in baselines.items()]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def speed(run: Run) -> Speed | None:
    """Return how fast merged was as shipped, which is what a baseline is for."""
    return speed_of(run.measurement, Subject.MERGED, Cache.AS_SHIPPED) if run.measurement else None


def device(run: Run) -> str | None:
    """Return the name of the device that it was measured on."""
    models = run.measurement.models if run.measurement else ()
    return next((model.device.name for model in models), None)


def _row(name: str, run: Run | RunFileError) -> tuple[str, ...]:
    if isinstance(run, RunFileError):
        return (name, "cannot be read", "", "", "", "", "", str(run))
    found, measured = speed(run), moment(run.created)
    figures = (
        latency(found.tpot if found else None),
        str(found.rounds if found else 0),
        variation(found.cv if found else None),
    )
    return (name, run.id, measured, *figures, device(run) or UNKNOWN, place(run))


def _told(run: Run | RunFileError) -> Mapping[str, str | float | None]:
    if isinstance(run, RunFileError):
        names = ("run", "measured", "tpot", "rounds", "cv", "device", "checkpoint")
        return {**dict.fromkeys(names), "error": str(run)}
    found = speed(run)
    return {
        "run": run.id,
        "measured": run.created,
        "tpot": found.tpot if found else None,
        "rounds": found.rounds if found else None,
        "cv": found.cv if found else None,
        "device": device(run),
        "checkpoint": run.merged.argument,
        "error": None,
    }
