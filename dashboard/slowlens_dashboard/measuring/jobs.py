"""The measuring session of this server: at most one, owned by no browser tab.

A module singleton on purpose: the routes and every tab's script share it, a refresh finds it
again, and "Clear cache" in Streamlit's menu cannot drop it.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache, partial
from pathlib import Path
from threading import Lock

from slowlens.checking import check
from slowlens.errors import SlowlensError
from slowlens.facts.live.plan import Plan
from slowlens.measure.events import Event
from slowlens.measure.session import measure
from slowlens.overlay import overlays, static_version
from slowlens.repair import Repair
from slowlens.run import Run
from slowlens.silencefile import find_silences
from slowlens.store import Store, default_store
from slowlens_dashboard.access.visible import may_show
from slowlens_dashboard.measuring.drafts import abandoned, drafted
from slowlens_dashboard.measuring.job import Fixes, Job, diagnosed, no_fixes
from slowlens_dashboard.rereading import whole

logger = logging.getLogger(__name__)

KEPT = 8
"""Finished jobs whose event logs stay at hand for late viewers."""
CLOSING = 10.0
"""Seconds that the server's end waits for a process that does not go."""

Measure = Callable[[Plan], AbstractContextManager[Iterator[Event]]]


class BusyError(SlowlensError):
    """A session is already running; ``job`` is the one."""

    def __init__(self, job: Job) -> None:
        super().__init__("A run is already in progress.", hint="Watch it, or stop it first.")
        self.job = job


class Jobs:
    """Starts, finds and ends measuring sessions."""

    def __init__(self, store: Store, measure: Measure) -> None:
        self.store = store
        self._measure = measure
        self._lock = Lock()
        self._jobs: dict[str, Job] = {}

    @property
    def active(self) -> Job | None:
        """The job in progress."""
        return next((job for job in self._all() if job.running), None)

    def get(self, run_id: str) -> Job | None:
        """Return a job of this server."""
        return self._jobs.get(run_id)

    def find(self, run_id: str) -> Run | None:
        """Return a finished run that this server shows, of this server or an earlier one."""
        job = self.get(run_id)
        if job is not None and not job.running and run_id not in self.store.trash.ids():
            return job.run
        try:
            run = whole(self.store.path(run_id))
        except SlowlensError:
            return None
        return run if may_show(run) else None

    def start(self, plan: Plan, *, fixes: bool | Repair = False) -> Job:
        """Check the pair as it is now and begin to measure it; raises ``BusyError``.

        With ``fixes``, those that the check offers, or just these, are tried too, on doubles.
        """
        with self._lock:
            if active := self.active:
                raise BusyError(active)
            source = Path(plan.source) if plan.source else None
            silences = find_silences(Path.cwd()).covering(plan.merged)
            run = check(Path(plan.merged), source, silences=silences)
            tried = _fixes_of(run, plan, fixes) if fixes else no_fixes
            drafts = partial(drafted, self.store)
            named = fixes.titles if isinstance(fixes, Repair) else ()
            job = Job(run, plan, self._measure, self.store.save, tried, drafts, named)
            self._jobs = {j.id: j for j in [*self._all(), job][-KEPT:]}
            job.start()
            return job

    def adopt(self) -> None:
        """Keep what servers that were killed had measured of their runs."""
        try:
            for run, draft in abandoned(self.store):
                if run.measurement and not self.store.path(run.id).exists():
                    self.store.save(diagnosed(run, run.measurement))
                draft.drop()
        except (SlowlensError, OSError):
            logger.exception("a run that was interrupted could not be kept")

    def stop(self, run_id: str) -> None:
        """End a job's process; what it measured is kept."""
        if job := self.get(run_id):
            job.stop()

    def close(self) -> None:
        """End whatever runs, and wait until it is gone."""
        for job in self._all():
            job.stop()
            job.join(CLOSING)

    def _all(self) -> list[Job]:
        return list(self._jobs.values())


def _fixes_of(run: Run, plan: Plan, fixes: bool | Repair) -> Fixes:
    if isinstance(fixes, Repair):
        return partial(overlays, run, only=fixes)
    return partial(overlays, run, static=static_version(run, plan.device))


@cache
def jobs() -> Jobs:
    """Return this server's jobs."""
    return Jobs(default_store(), measure)
