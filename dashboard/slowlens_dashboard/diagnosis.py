"""The chosen pair as it is now, with the measurement that speaks for these very files."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from slowlens.checking import check
from slowlens.errors import SlowlensError
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.runtimes import Runtime
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.run import Run
from slowlens.silencefile import find_silences
from slowlens.standing import Silence
from slowlens.store import most_telling
from slowlens_dashboard.errors import explain
from slowlens_dashboard.jobs import jobs
from slowlens_dashboard.judging import judged
from slowlens_dashboard.pair import Pair

READ = (".json", ".jinja", ".safetensors", ".bin")
"""Endings of the files that a check reads."""
KEPT_RUNS = 40
SCANNED = "scanned"
"""Key of the pair, and the stamps of its files, whose weights are all to be read."""

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """All that an answer depends on: two equal ones have the same."""

    pair: Pair
    runtimes: tuple[Runtime, ...]
    silences: tuple[Silence, ...]
    stamps: tuple[Stamp, ...]
    measured: str = ""
    """Id of the run whose measurement is taken along."""
    scan: bool = False
    """Whether every weight is read."""


def diagnose(pair: Pair) -> Run:
    """Check the pair; CheckpointError when a folder is none."""
    stamps = _stamp(pair.merged), _stamp(pair.source)
    silences = find_silences(Path.cwd()).covering(str(pair.merged))
    asked = _Question(pair, judged(), silences, stamps)
    run = _check(asked, None)
    last = rests_on(run)
    asked = replace(asked, measured=last.id if last else "")
    measurement = last.measurement if last else None
    if st.session_state.get(SCANNED) == (pair, stamps):
        try:
            return _check(replace(asked, scan=True), measurement)
        except SlowlensError as error:
            st.session_state[SCANNED] = None
            explain(error)
    return _check(asked, measurement)


def rests_on(run: Run) -> Run | None:
    """Return the stored run whose figures speak for the files of ``run``; None without one."""
    return _best(run, [r for r in measured_runs(run) if _same_source(r, run)])


def scan_weights(pair: Pair) -> None:
    """Read every weight of the pair as it is now, in the next check; a callback."""
    st.session_state[SCANNED] = (pair, (_stamp(pair.merged), _stamp(pair.source)))


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
    """Return the run that speaks for these very files, after the newest of what they were."""
    runs = measured_runs(run)
    after = _best(run, runs)
    if after is None:
        return None
    before = (r for r in runs if r.id < after.id and not _same_files(r, run) and _finished(r))
    found = next((r for r in before if r.merged.weights == run.merged.weights), None)
    return None if found is None else (found, after)


def _best(run: Run, runs: Sequence[Run]) -> Run | None:
    return most_telling(r for r in runs if _same_files(r, run) and _finished(r))


def _same_files(one: Run, other: Run) -> bool:
    return one.merged.same_files(other.merged)


def _same_source(one: Run, other: Run) -> bool:
    if one.source is None or other.source is None:
        return one.source is other.source
    return one.source.path == other.source.path and one.source.same_files(other.source)


def _silent(_read: int, _total: int) -> None:
    """Take the progress of a scan: the page shows a spinner."""


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


@st.cache_resource(max_entries=32, show_spinner="Reading the checkpoint…")
def _check(asked: _Question, _measurement: Measurement | None) -> Run:
    """Check; where nobody chose the runtimes, judge for what is installed, or for what ran."""
    return check(
        asked.pair.merged,
        asked.pair.source,
        _measurement,
        runtimes=asked.runtimes,
        silences=asked.silences,
        progress=_silent if asked.scan else None,
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _checkpoint(path: Path, stamp: Stamp) -> Checkpoint:
    assert isinstance(stamp, tuple)
    return read_checkpoint(path)


@st.cache_resource(max_entries=2, show_spinner=False)
def _recent(stamp: Stamp) -> Sequence[Run]:
    return jobs().recent(KEPT_RUNS) if stamp else ()
