"""Runs in progress as they stand, on disk: all that is left of one whose server was killed."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from slowlens.durable import locked, unfinished_of
from slowlens.errors import RunFileError
from slowlens.facts.live.measurement import Status
from slowlens.frozen import replace
from slowlens.measure.events import Compared, Event, Loaded, Profiled, TrialFailed, TrialFinished
from slowlens.measure.recorder import Recorder
from slowlens.run import Run
from slowlens.store import Store

logger = logging.getLogger(__name__)

ENDED = "The dashboard's server ended in the middle of this run."
HINT = "What was timed until then is below. Measure again for the rest."
SHARE = 0.01
"""Of a run's time, what writing drafts may take at most."""
BETWEEN = (Loaded, TrialFinished, TrialFailed, Profiled, Compared)
"""Events after which no trial runs."""


class Draft:
    """One run in progress, for the thread that follows it; without a store it does nothing."""

    def __init__(self, run: Run, store: Store | None = None) -> None:
        self._run, self._store = run, store
        self._due = 0.0

    def note(self, event: Event, recorder: Recorder) -> None:
        """Write the run as far as ``recorder`` knows it, between two trials and not too often."""
        if isinstance(event, BETWEEN) and time.monotonic() >= self._due:
            self.write(recorder)

    def write(self, recorder: Recorder) -> None:
        """Write it now: as it is to be found if nothing more comes."""
        begun = time.monotonic()
        if self._store is not None:
            try:
                so_far = recorder.measurement(Status.STOPPED, ENDED, HINT)
                self._store.save(replace(self._run, measurement=so_far))
            except Exception:  # which is no reason to end the run
                logger.exception("run %s is not on the disk while it goes on", self._run.id)
        now = time.monotonic()
        self._due = now + (now - begun) / SHARE

    def drop(self) -> None:
        """Remove it: the run is kept whole elsewhere."""
        if self._store is not None:
            path = self._store.path(self._run.id)
            with suppress(OSError):  # the folder may be gone
                for leftover in (path, *unfinished_of(path), _lock(self._store, path.stem)):
                    leftover.unlink(missing_ok=True)


@contextmanager
def no_draft(run: Run) -> Iterator[Draft]:
    """Keep none."""
    yield Draft(run)


@contextmanager
def drafted(store: Store, run: Run) -> Iterator[Draft]:
    """Keep a draft of ``run`` in a folder of ``store``, and a lock that tells that we live.

    Without one where the disk refuses, which is no reason not to measure.
    """
    drafts = _drafts(store)
    with ExitStack() as stack:
        try:
            drafts.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(locked(_lock(drafts, run.id)))
        except OSError:
            logger.exception("run %s is not on the disk while it goes on", run.id)
            yield Draft(run)
        else:
            yield Draft(run, drafts)


def abandoned(store: Store) -> Iterator[tuple[Run, Draft]]:
    """Yield the runs whose server was killed, each with its draft; those in progress are not."""
    drafts = _drafts(store)
    for run_id in drafts.ids():
        with locked(_lock(drafts, run_id), wait=False) as free:
            # Its server may have kept it and left since the folder was read.
            if free and drafts.path(run_id).exists():
                try:
                    run = drafts.load(run_id)
                except RunFileError:
                    logger.exception("what is left of run %s stays where it is", run_id)
                else:
                    yield run, Draft(run, drafts)


def _drafts(store: Store) -> Store:
    return Store(store.folder / "unfinished")


def _lock(drafts: Store, run_id: str) -> Path:
    return drafts.folder / f"{run_id}.lock"
