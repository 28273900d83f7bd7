"""The chosen pair as it is now, with the newest measurement of these very files."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import streamlit as st

from slowlens.checking import check
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.measurement import Status
from slowlens.facts.runtimes import Runtime
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.run import Run
from slowlens.silencefile import find_silences
from slowlens.standing import Silence
from slowlens_dashboard.jobs import jobs
from slowlens_dashboard.judging import judged
from slowlens_dashboard.pair import Pair

READ = (".json", ".jinja", ".safetensors", ".bin")
"""Endings of the files that a check reads."""
KEPT_RUNS = 40

Stamp = tuple[tuple[str, int, int], ...]


def diagnose(pair: Pair) -> Run:
    """Check the pair; CheckpointError when a folder is none."""
    stamps = _stamp(pair.merged), _stamp(pair.source)
    silences = find_silences(Path.cwd()).covering(str(pair.merged))
    run = _check(pair.merged, pair.source, judged(), silences, stamps)
    last = _newest(run, [r for r in measured_runs(run) if _same_source(r, run)])
    return run if last is None else _measured(run, last, (pair, judged(), run.id, last.id))


def checkpoint(path: Path) -> Checkpoint:
    """Read one checkpoint's files."""
    return _checkpoint(path, _stamp(path))


def recent_runs() -> Sequence[Run]:
    """Return the stored runs, the newest first."""
    return _recent(_stamp(jobs().store.folder))


def measured_runs(run: Run) -> tuple[Run, ...]:
    """Return the stored, measured runs of the same checkpoint, the newest first."""
    return tuple(
        r for r in recent_runs() if r.merged.path == run.merged.path and r.measurement is not None
    )


def before_and_after(run: Run) -> tuple[Run, Run] | None:
    """Return the newest run of these very files, after the newest one of what they were."""
    runs = measured_runs(run)
    after = _newest(run, runs)
    if after is None:
        return None
    before = (r for r in runs if r.id < after.id and not _same_files(r, run) and _finished(r))
    found = next((r for r in before if r.merged.weights == run.merged.weights), None)
    return None if found is None else (found, after)


def _newest(run: Run, runs: Sequence[Run]) -> Run | None:
    return next((r for r in runs if _same_files(r, run) and _finished(r)), None)


def _same_files(one: Run, other: Run) -> bool:
    return one.merged.same_files(other.merged)


def _same_source(one: Run, other: Run) -> bool:
    if one.source is None or other.source is None:
        return one.source is other.source
    return one.source.path == other.source.path and one.source.same_files(other.source)


def _finished(run: Run) -> bool:
    return run.measurement is not None and run.measurement.status is Status.DONE


def _stamp(folder: Path | None) -> Stamp:
    """Tell whether the files of a folder have changed, so that what is cached stays true."""
    found = []
    with suppress(OSError):  # the engine says what is wrong with the folder
        for path in folder.iterdir() if folder else ():
            with suppress(OSError):
                stat = path.stat()
                found += [(path.name, stat.st_mtime_ns, stat.st_size)]
    return tuple(sorted(stamp for stamp in found if stamp[0].endswith(READ)))


@st.cache_resource(max_entries=16, show_spinner="Reading the checkpoint…")
def _check(
    merged: Path,
    source: Path | None,
    runtimes: tuple[Runtime, ...],
    silences: tuple[Silence, ...],
    stamps: tuple[Stamp, ...],
) -> Run:
    assert isinstance(stamps, tuple)  # a key of the cache
    return check(merged, source, runtimes=runtimes, silences=silences)


@st.cache_resource(max_entries=16, show_spinner=False)
def _measured(_run: Run, _last: Run, key: object) -> Run:
    """Check once more, now with what was measured; where nobody chose, judge for what ran."""
    assert key
    source = None if _run.source is None else Path(_run.source.path)
    return check(
        Path(_run.merged.path),
        source,
        _last.measurement,
        runtimes=judged(),
        silences=_run.silences,
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _checkpoint(path: Path, stamp: Stamp) -> Checkpoint:
    assert isinstance(stamp, tuple)
    return read_checkpoint(path)


@st.cache_resource(max_entries=2, show_spinner=False)
def _recent(stamp: Stamp) -> Sequence[Run]:
    return jobs().recent(KEPT_RUNS) if stamp else ()
