"""The parent's side: start a worker, follow it, and never leave it behind."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

from slowlens.child import SILENCE, Child, python
from slowlens.errors import WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.measure.protocol import (
    Event,
    Failed,
    Finished,
    Loading,
    TrialStarted,
    decode,
    encode_plan,
)

WORKER = python("slowlens.measure.worker")
SLOWEST_DISK = 20_000_000
"""Bytes per second: a load that is slower than this counts as hung."""


class Session(Iterator[Event]):
    """The events of a worker as they happen; ``stop`` ends them and may come from any thread."""

    def __init__(self, child: Child, silence: float = SILENCE) -> None:
        self._child = child
        self._silence = self._limit = silence
        self._done = False

    def __next__(self) -> Event:
        """Return the next event; WorkerError when the worker failed, died or hangs."""
        line = None if self._done else self._child.line(self._limit)
        if line is None:
            raise self._end()
        event = _read(line)
        self._done = isinstance(event, Finished)
        match event:
            case Failed(error, hint):
                raise WorkerError(error, hint=hint)
            case Loading(size=size):
                self._limit = self._silence + size / SLOWEST_DISK
            case TrialStarted():
                self._limit = self._silence
            case _:
                pass
        return event

    def stop(self) -> None:
        """End the worker and free its memory."""
        self._child.stop()

    def _end(self) -> Exception:
        if self._done or self._child.stopped:
            return StopIteration()
        return WorkerError(
            "the measuring process ended before it was finished",
            hint="Measure again; if it happens twice, report it with the run file.",
        )


@contextmanager
def measure(
    plan: Plan, command: Sequence[str] = WORKER, *, silence: float = SILENCE
) -> Generator[Session]:
    """Run ``plan`` in a worker and yield its events; leaving the block ends the worker.

    ``silence``: seconds without an event after which the worker counts as hung.
    """
    with Child(command, encode_plan(plan)) as child:
        yield Session(child, silence)


def _read(line: bytes) -> Event:
    try:
        return decode(line)
    except Exception as error:
        start = line[:80].decode(errors="replace").strip()
        raise WorkerError(
            f"the measuring process sent a line that cannot be read: {start}",
            hint="Something else writes into its output. Check the installation of slowlens.",
        ) from error
