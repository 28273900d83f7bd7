"""Reading every weight: at most one pair at a time in this server, owned by no browser tab.

A module singleton for the same reasons as the measuring session in ``jobs.py``.
"""

import logging
from collections.abc import Callable, Hashable
from functools import cache
from threading import Event, Lock, Thread
from time import monotonic

from slowlens.errors import SlowlensError
from slowlens.facts.live.measurement import Status
from slowlens.facts.weights.scan import Scan
from slowlens.gather.scan import Progress

logger = logging.getLogger(__name__)

KEPT = 8
"""Readings that are over whose findings stay at hand."""
CLOSING = 10.0
"""Seconds that the server's end waits for the blocks that are being read."""
SOON = 2.0
"""Seconds after which it can be told how long the rest takes."""

Read = Callable[[Progress], Scan]


class ScanBusyError(SlowlensError):
    """Another pair is being read."""


class _Stopped(Exception):  # noqa: N818 - the way out of a reading, no error
    """Somebody asked for the end."""


class Reading:
    """Follows one reading in its own thread; any thread may look at how far it has come."""

    def __init__(self, key: Hashable, label: str, read: Read) -> None:
        self.key = key
        self.label = label
        self.status = Status.RUNNING
        self.done = self.total = 0
        """Bytes."""
        self.found: Scan | None = None
        self.error: SlowlensError | None = None
        self._read = read
        self._began = monotonic()
        self._stopping = Event()
        self._thread = Thread(target=self._follow, name="reading-weights", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.status is Status.RUNNING

    @property
    def left(self) -> float | None:
        """Seconds that it goes on as far as can be told; None where it cannot."""
        return seconds_left(self.done, self.total, monotonic() - self._began)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for the end, which comes with the next block."""
        self._stopping.set()

    def join(self, seconds: float | None = None) -> None:
        """Wait for the end, for ever or for at most ``seconds``."""
        self._thread.join(seconds)

    def _follow(self) -> None:
        status = Status.FAILED
        try:
            self.found = self._read(self._take)
            status = Status.DONE
        except _Stopped:
            status = Status.STOPPED
        except SlowlensError as error:
            self.error = error
        except Exception as error:
            logger.exception("the weights could not be read")
            hint = "The server's terminal shows the whole traceback."
            what = f"The weights could not be read: {type(error).__name__}: {error}."
            self.error = SlowlensError(what, hint=hint)
        finally:
            self.status = status

    def _take(self, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise _Stopped
        self.total = total
        self.done = max(self.done, done)


class Scans:
    """Starts, finds and ends readings."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._readings: dict[Hashable, Reading] = {}

    @property
    def active(self) -> Reading | None:
        """The one in progress."""
        return next((each for each in [*self._readings.values()] if each.running), None)

    def get(self, key: Hashable) -> Reading | None:
        """Return the reading of these files as they are, in progress or over."""
        return self._readings.get(key)

    def start(self, key: Hashable, label: str, read: Read) -> Reading:
        """Begin to read what ``key`` stands for, or find it begun; else raise ScanBusyError."""
        with self._lock:
            if (active := self.active) is not None:
                if active.key == key:
                    return active
                raise ScanBusyError(
                    f"The weights of {active.label} are being read, and the disk serves one.",
                    hint="Wait until they are read, or stop that first on their page.",
                )
            reading = Reading(key, label, read)
            others = {k: each for k, each in self._readings.items() if k != key}
            self._readings = dict([*others.items(), (key, reading)][-KEPT:])
            reading.start()
            return reading

    def close(self) -> None:
        """End whatever runs, and wait until it is gone."""
        for reading in [*self._readings.values()]:
            reading.stop()
            reading.join(CLOSING)


def seconds_left(done: int, total: int, elapsed: float) -> float | None:
    """Return how long the rest takes at the pace so far; None until that can be told."""
    return (total - done) * elapsed / done if done and elapsed >= SOON else None


@cache
def scans() -> Scans:
    """Return this server's readings."""
    return Scans()
