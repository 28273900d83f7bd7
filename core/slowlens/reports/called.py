"""What a model is called that was made up: by its shape, for there is nothing that was merged."""

import re
from collections.abc import Callable
from pathlib import Path

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Subject
from slowlens.importing import origin
from slowlens.run import Run

_MERGED = re.compile(rf"(?<![\w/\\-]){Subject.MERGED}(?![\w/\\-])")
"""As a name: not in that of a file or folder."""


def called(name: str) -> Callable[[str], str]:
    """Return what writes ``name`` where a text says merged; as it is where there is no name."""
    if not name:
        return str
    return lambda text: _MERGED.sub(lambda _: name, text)


def shape_of(measurement: Measurement | None) -> str:
    """Return the name of the shape that was made up; empty for a checkpoint."""
    plan = measurement.plan if measurement else None
    return Path(plan.merged).name if plan and plan.random_weights else ""


def place(run: Run) -> str:
    """Name what was measured as a person would find it again."""
    shape = shape_of(run.measurement)
    if shape:
        return f"the shape {shape}, random weights"
    told = run.merged.argument or "a model that the file does not name"
    if run.imported:
        return f"{told}, {origin(run.imported)}"
    return f"{told}, {processes}" if (processes := processes_of(run.measurement)) else told


def processes_of(measurement: Measurement | None) -> str:
    """Say over how many processes it was divided: ``2 processes``; empty for a single one."""
    count = measurement.plan.tensor_parallel if measurement else 0
    return f"{count} processes" if count > 1 else ""
