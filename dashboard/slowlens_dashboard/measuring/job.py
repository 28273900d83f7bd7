"""One measuring session: followed to its end, told to whoever watches, and kept as a run."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from threading import Thread

from slowlens.checking import measured
from slowlens.errors import SlowlensError
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.plan import Overlay, Plan
from slowlens.measure.events import Event, Failed
from slowlens.measure.recorder import Recorder
from slowlens.run import Run
from slowlens_dashboard.measuring.drafts import Draft, no_draft
from slowlens_dashboard.measuring.eventlog import Entry, EventLog
from slowlens_dashboard.measuring.inbox import Inbox, Signal

logger = logging.getLogger(__name__)

Fixes = Callable[[], AbstractContextManager[tuple[Overlay, ...]]]
"""Makes doubles of the checkpoint with its fixes tried, which are gone at the end of the block."""
Drafts = Callable[[Run], AbstractContextManager[Draft]]
"""Makes room for a run in progress on the disk."""


def no_fixes() -> AbstractContextManager[tuple[Overlay, ...]]:
    """Try none."""
    return nullcontext(())


class Job:
    """Follows one session from its own thread; any thread may read ``log`` and ``status``."""

    def __init__(
        self,
        run: Run,
        plan: Plan,
        measure: Callable[[Plan], AbstractContextManager[Iterator[Event]]],
        save: Callable[[Run], object],
        fixes: Fixes = no_fixes,
        drafts: Drafts = no_draft,
        named: tuple[str, ...] = (),
    ) -> None:
        self.run = run
        self.plan = plan
        self.named = named
        """Titles of the fixes that it was asked for by name."""
        self.status = Status.RUNNING
        self.error = ""
        self.hint = ""
        self._measure = measure
        self._save = save
        self._fixes = fixes
        self._drafts = drafts
        self._recorder = Recorder(plan)
        self._told = EventLog()
        self._inbox = Inbox()
        self._thread = Thread(target=self._follow, name=f"job-{run.id}", daemon=True)

    @property
    def id(self) -> str:
        """The id of the run that this job becomes."""
        return self.run.id

    @property
    def log(self) -> Sequence[Entry]:
        """What a page that watches is told."""
        return self._told.entries

    @property
    def running(self) -> bool:
        """Whether the session goes on."""
        return self.status is Status.RUNNING

    def start(self) -> None:
        """Begin to measure."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for the end; the measuring process is killed."""
        self._inbox.stop()

    def join(self, seconds: float | None = None) -> None:
        """Wait for the end, for ever or for at most ``seconds``."""
        self._thread.join(seconds)

    def _follow(self) -> None:
        status = Status.FAILED
        try:
            with self._drafts(self.run) as draft:
                status = self._measured(draft)
                if self._keep(status):
                    draft.drop()
        finally:
            self.status = status

    def _measured(self, draft: Draft) -> Status:
        """Follow the session to its end, and say how it ended."""
        try:
            with self._fixes() as overlays:
                self._try(overlays)
                draft.write(self._recorder)
                with self._measure(self.plan) as events:
                    self._inbox.follow(events)
                    return self._read(draft)
        except SlowlensError as error:
            self.error, self.hint = str(error), error.hint
        except Exception as error:
            logger.exception("run %s failed", self.id)
            self.error = f"The measurement failed: {type(error).__name__}: {error}."
            self.hint = "The server's terminal shows the whole traceback."
        return Status.FAILED

    def _try(self, overlays: tuple[Overlay, ...]) -> None:
        """Measure them too; the doubles live as long as the session."""
        if overlays:
            self.plan = replace(self.plan, overlays=overlays)
            self._recorder = Recorder(self.plan)

    def _read(self, draft: Draft) -> Status:
        """Take messages until the session ends."""
        while True:
            match self._inbox.take():
                case Signal.STOP:
                    return Status.STOPPED
                case Signal.END:
                    return Status.DONE
                case Failed(error, hint):
                    raise SlowlensError(error, hint=hint)
                case event:
                    self._recorder.apply(event)
                    self._told.tell(event, self._recorder)
                    draft.note(event, self._recorder)

    def _keep(self, status: Status) -> bool:
        """Store the run, with what was measured before a stop or a failure; whether that went."""
        measurement = self._recorder.measurement(status, self.error, self.hint)
        self.run = diagnosed(self.run, measurement)
        try:
            self._save(self.run)
        except Exception:
            logger.exception("run %s could not be stored", self.id)
            return False
        return True


def diagnosed(run: Run, measurement: Measurement) -> Run:
    """Diagnose ``run`` again with what was measured."""
    try:
        return measured(run, measurement)
    except Exception:  # its folder is gone by now, say: keep what was read at the start
        logger.exception("run %s could not be diagnosed again", run.id)
        return replace(run, measurement=measurement)
