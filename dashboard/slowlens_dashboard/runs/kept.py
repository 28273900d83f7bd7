"""The runs that are kept, with their names and the baselines that are copies of them."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from slowlens.baselines import default_baselines
from slowlens.brief import Brief
from slowlens.errors import SlowlensError
from slowlens.labels import NONE, Label, Labels, labels_of
from slowlens.store import RUN_ID, Store
from slowlens_dashboard.access.visible import shown
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.rereading import Files
from slowlens_dashboard.runs.briefs import PATIENCE, briefs_of


@dataclass(frozen=True, slots=True)
class Row:
    """One run as a list shows it."""

    brief: Brief
    label: Label = NONE
    baselines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """Runs, the newest first."""

    rows: tuple[Row, ...]
    unread: int = 0
    """Older ones that are yet to be read."""
    hidden: int = 0
    """Those of folders that this server may not show."""


def shelf(patience: float = PATIENCE) -> Shelf:
    """Return the runs of the store that this server shows."""
    return _shelf(jobs().store, patience)


def trash(patience: float = PATIENCE) -> Shelf:
    """Return those that were deleted."""
    return _shelf(jobs().store.trash, patience)


def _shelf(store: Store, patience: float) -> Shelf:
    found, may_show = briefs_of(store.folder).look(patience), shown()
    labels = _labels(labels_of(jobs().store))
    baselines = _baselines(default_baselines().folder)
    briefs = {i: brief for i, (_, brief) in found.known.items() if RUN_ID.fullmatch(i)}
    rows = tuple(
        Row(brief, labels.get(run_id, NONE), baselines.get(run_id, ()))
        for run_id, brief in briefs.items()
        if may_show(brief)
    )
    return Shelf(rows, found.unread, len(briefs) - len(rows))


def _labels(labels: Labels) -> Mapping[str, Label]:
    return {run_id: label for run_id, (_, label) in _label_files(labels).look().known.items()}


def _baselines(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the names of baselines, in alphabetical order, by the ids of their runs."""
    found = defaultdict[str, tuple[str, ...]](tuple)
    for name, (_, run_id) in sorted(_baseline_files(folder).look().known.items()):
        found[run_id] += (name,)
    return found


@cache
def _label_files(labels: Labels) -> Files[Label]:
    def read(path: Path) -> Label:
        return labels.get(path.stem) if RUN_ID.fullmatch(path.stem) else NONE

    return Files(labels.folder, read, {})


@cache
def _baseline_files(folder: Path) -> Files[str]:
    def read(path: Path) -> str:
        with suppress(SlowlensError):
            return default_baselines().load(path.stem).id
        return ""

    return Files(folder, read, {})
