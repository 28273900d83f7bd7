"""Kept runs, one a line: which, when, of what, and what came of it."""

import json
from collections.abc import Iterator, Mapping

from slowlens.errors import RunFileError
from slowlens.facts.live.imported import Metric
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.importing import origin
from slowlens.reports.called import processes_of
from slowlens.reports.spread import latency
from slowlens.reports.tables import WIDTH, aligned
from slowlens.reports.units import minute, plain
from slowlens.run import Run

HEAD = ("id", "date, UTC", "checkpoint", "TPOT", "answer")
WORDS = (0, 1, 2, 4)
"""Columns that are no numbers."""
NAME = 24
"""Characters of a checkpoint's name that are shown, the last ones."""


def render(runs: Mapping[str, Run | RunFileError]) -> str:
    """Render runs by their ids for a terminal, an answer as far as there is room for it."""
    rows = [HEAD, *(_row(run_id, run) for run_id, run in runs.items())]
    head, *lines = aligned([tuple(map(plain, row)) for row in rows], WORDS)
    told = [_cut(head)]
    for (run_id, run), line in zip(runs.items(), lines, strict=True):
        told += [_cut(line), *_below(len(run_id), run)]
    return "".join(f"{line}\n" for line in told)


def render_json(runs: Mapping[str, Run | RunFileError]) -> str:
    """Render runs by their ids as a list of objects; null for what is not known."""
    rows = [{"id": run_id, **_told(run), "answer": became(run)} for run_id, run in runs.items()]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def became(run: Run | RunFileError) -> str:
    """Say what came of a run: its answer, or why it has none, on one line."""
    if isinstance(run, RunFileError):
        return f"cannot be read: {run}"
    measured = run.measurement
    if measured and measured.status is Status.FAILED:
        return f"failed: {measured.error}"
    if measured and measured.status is Status.STOPPED:
        return f"stopped early: {run.answer}"
    return run.answer


def tpot(run: Run) -> float | None:
    """Return the seconds per token of merged as shipped, or those that another tool tells."""
    if run.imported:
        figure = run.imported.figure(Metric.TPOT)
        return figure.typical if figure else None
    speed = speed_of(run.measurement, Subject.MERGED, Cache.AS_SHIPPED) if run.measurement else None
    return speed.tpot if speed else None


def _row(run_id: str, run: Run | RunFileError) -> tuple[str, ...]:
    if isinstance(run, RunFileError):
        return (run_id, "", "", "", became(run))
    title = run.merged.title
    shown = title if len(title) <= NAME else f"…{title[1 - NAME :]}"
    return (run_id, minute(run.created), shown, latency(tpot(run)), _of(run))


def _below(indent: int, run: Run | RunFileError) -> Iterator[str]:
    """Yield below an import what tells it from others of the same model."""
    if isinstance(run, Run) and run.imported:
        yield _cut(f"{'':{indent}}  {plain(origin(run.imported))}")


def _of(run: Run) -> str:
    """Say what came of it, and first how many processes it took where that is not one."""
    processes = processes_of(run.measurement)
    return f"{processes}: {became(run)}" if processes else became(run)


def _told(run: Run | RunFileError) -> Mapping[str, str | float | None]:
    if isinstance(run, RunFileError):
        return dict.fromkeys(("created", "checkpoint", "path", "tpot"))
    name = run.merged
    return {
        "created": run.created,
        "checkpoint": name.title,
        "path": name.argument,
        "tpot": tpot(run),
    }


def _cut(line: str) -> str:
    line = line.replace("\n", " ")
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
