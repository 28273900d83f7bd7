"""The chosen pair as it is now, with the measurement that speaks for these very files."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import streamlit as st

from slowlens.checking import check, read_weights
from slowlens.errors import RunFileError, SlowlensError
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.runtimes import Runtime
from slowlens.facts.weights.scan import Scan
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.ownsource import require_two
from slowlens.run import Run
from slowlens.silencefile import find_silences
from slowlens.standing import Silence
from slowlens.witness import witness_of_pair
from slowlens_dashboard.access.permission import require_permission
from slowlens_dashboard.judging import judged
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.measuring.scans import Reading, scans
from slowlens_dashboard.messages import complain
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.rereading import whole
from slowlens_dashboard.runs import kept
from slowlens_dashboard.wording.language import _

READ = (".json", ".jinja", ".safetensors", ".bin")
"""Endings of the files that a check reads."""
KEPT_RUNS = 40
AT_ONCE = 0.1
"""Seconds that a click waits for the weights: those of a small pair are read by then."""

FolderStamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """All that an answer depends on: two equal ones have the same."""

    pair: Pair
    runtimes: tuple[Runtime, ...]
    silences: tuple[Silence, ...]
    stamps: tuple[FolderStamp, ...]
    measured: str = ""
    """Id of the run whose measurement is taken along."""
    scanned: bool = False
    """Whether every weight was read."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The chosen pair as it is now."""

    run: Run
    origin: Run | None
    """The stored run that its measurement is from; None without one."""


def diagnose(pair: Pair) -> Diagnosis:
    """Check the pair; CheckpointError when a folder is none, UsageError when both are one."""
    require_two(pair.merged, pair.source)
    files = _files_of(pair)
    silences = find_silences(Path.cwd()).covering(str(pair.merged))
    asked = _Question(pair, judged(), silences, stamps=files[1])
    reading = scans().get(files)
    scan = reading.found if reading else None
    with st.spinner(_("Reading the checkpoint…")):
        origin = witness_of_pair(_check(asked, None, None), recent_runs())
        asked = replace(asked, measured=origin.id if origin else "", scanned=scan is not None)
        return Diagnosis(_check(asked, origin.measurement if origin else None, scan), origin)


def scan_weights(pair: Pair) -> None:
    """Begin to read every weight of the pair as it is now; a callback."""
    try:
        require_permission()
        read = partial(read_weights, pair.merged, pair.source)
        scans().start(_files_of(pair), pair.label, read).join(AT_ONCE)
    except SlowlensError as error:
        complain(error)


def scan_of(pair: Pair) -> Reading | None:
    """Return the reading of the pair's weights as they are now, in progress or over."""
    return scans().get(_files_of(pair))


def checkpoint(path: Path) -> Checkpoint:
    """Read one checkpoint's files."""
    return _checkpoint(path, _stamp(path))


def recent_runs() -> Sequence[Run]:
    """Return the stored runs that this server shows, the newest first, but for damaged files."""
    shown = (row.brief.id for row in kept.shelf().rows)
    found = (_stored(path) for path in map(jobs().store.path, shown))
    return tuple(islice((run for run in found if run is not None), KEPT_RUNS))


def _stored(path: Path) -> Run | None:
    try:
        return whole(path)
    except RunFileError:  # deleted meanwhile, or damaged
        return None


def _files_of(pair: Pair) -> tuple[Pair, tuple[FolderStamp, ...]]:
    return pair, (_stamp(pair.merged), _stamp(pair.source))


def _stamp(folder: Path | None) -> FolderStamp:
    """Tell whether the files of a folder have changed, so that what is cached stays true."""
    found = []
    with suppress(OSError):  # the engine says what is wrong with the folder
        for path in folder.iterdir() if folder else ():
            with suppress(OSError):
                stat = path.stat()
                found += [(path.name, stat.st_mtime_ns, stat.st_size)]
    return tuple(sorted(stamp for stamp in found if stamp[0].endswith(READ)))


@st.cache_resource(max_entries=32, show_spinner=False)
def _check(asked: _Question, _measurement: Measurement | None, _scan: Scan | None) -> Run:
    """Check; where nobody chose the runtimes, judge for what is installed, or for what ran."""
    return check(
        asked.pair.merged,
        asked.pair.source,
        _measurement,
        runtimes=asked.runtimes,
        silences=asked.silences,
        scan=_scan,
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _checkpoint(path: Path, stamp: FolderStamp) -> Checkpoint:
    assert isinstance(stamp, tuple)
    return read_checkpoint(path)
