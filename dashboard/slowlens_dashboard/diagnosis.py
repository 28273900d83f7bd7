"""The chosen pair as it is now, with the measurement that speaks for these very files."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from slowlens.checking import check
from slowlens.errors import SlowlensError
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.runtimes import Runtime
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.run import Run
from slowlens.silencefile import find_silences
from slowlens.standing import Silence
from slowlens.witness import witness_of_pair
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


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The chosen pair as it is now."""

    run: Run
    origin: Run | None
    """The stored run that its measurement is from; None without one."""


def diagnose(pair: Pair) -> Diagnosis:
    """Check the pair; CheckpointError when a folder is none."""
    stamps = _stamp(pair.merged), _stamp(pair.source)
    silences = find_silences(Path.cwd()).covering(str(pair.merged))
    asked = _Question(pair, judged(), silences, stamps)
    origin = witness_of_pair(_check(asked, None), recent_runs())
    asked = replace(asked, measured=origin.id if origin else "")
    measurement = origin.measurement if origin else None
    if st.session_state.get(SCANNED) == (pair, stamps):
        try:
            return Diagnosis(_check(replace(asked, scan=True), measurement), origin)
        except SlowlensError as error:
            st.session_state[SCANNED] = None
            explain(error)
    return Diagnosis(_check(asked, measurement), origin)


def scan_weights(pair: Pair) -> None:
    """Read every weight of the pair as it is now, in the next check; a callback."""
    st.session_state[SCANNED] = (pair, (_stamp(pair.merged), _stamp(pair.source)))


def checkpoint(path: Path) -> Checkpoint:
    """Read one checkpoint's files."""
    return _checkpoint(path, _stamp(path))


def recent_runs() -> Sequence[Run]:
    """Return the stored runs, the newest first."""
    return _recent(_stamp(jobs().store.folder))


def _silent(_read: int, _total: int) -> None:
    """Take the progress of a scan: the page shows a spinner."""


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
