"""The parent's side: start a worker, follow it, and never leave it behind."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

from slowlens.child import SILENCE, Child, python
from slowlens.errors import WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.measure.events import Event, Failed, Finished, Loaded, Loading, Sampled, TrialStarted
from slowlens.measure.protocol import decode, encode, encode_plan
from slowlens.measure.sampler import Sampler, Samples

WORKER = python("slowlens.measure.worker")
SLOWEST_DISK = 20_000_000
"""Bytes per second: a load that is slower than this counts as hung."""


class Session(Iterator[Event]):
    """The events of a worker as they happen; ``stop`` ends them and may come from any thread.

    The looks of ``sampler`` come between them, a few at a time.
    """

    def __init__(
        self, child: Child, silence: float = SILENCE, sampler: Sampler | None = None
    ) -> None:
        self._child = child
        self._sampler = sampler
        self._silence = self._limit = silence
        self._last: Event | None = None
        self._done = False

    def __next__(self) -> Event:
        """Return the next event; WorkerError when the worker failed, died or hangs."""
        if self._last is not None:
            last, self._last = self._last, None
            return last
        line = None if self._done else self._child.line(self._limit)
        if line is None:
            raise self._end()
        return self._follow(_read(line))

    def _follow(self, event: Event) -> Event:
        match event:
            case Failed(error, hint):
                raise WorkerError(error, hint=hint)
            case Loading(size=size):
                self._limit = self._silence + size / SLOWEST_DISK
                if self._sampler:
                    self._sampler.begin()
            case Loaded(model) if self._sampler:
                self._sampler.watch(model)
            case TrialStarted():
                self._limit = self._silence
            case Finished():
                self._done = True
                return self._before(event)
            case _:
                pass
        return event

    def _before(self, last: Event) -> Event:
        """Return the looks that were not handed over yet, and keep ``last`` for the next turn."""
        samples = self._sampler.stop() if self._sampler else ()
        if not samples:
            return last
        self._last = last
        return Sampled(samples)

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

    def give(samples: Samples) -> None:
        child.interject(encode(Sampled(samples)))

    with Child(command, encode_plan(plan)) as child, Sampler(child.pid, give) as sampler:
        yield Session(child, silence, sampler)


def _read(line: bytes) -> Event:
    try:
        return decode(line)
    except Exception as error:
        start = line[:80].decode(errors="replace").strip()
        raise WorkerError(
            f"the measuring process sent a line that cannot be read: {start}",
            hint="Something else writes into its output. Check the installation of slowlens.",
        ) from error
