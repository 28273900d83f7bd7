"""A sign of life from generations that report no steps: where each takes long, it is no hang."""

from collections.abc import Callable
from time import monotonic

from slowlens.measure.events import Comparing, Event, Working

INTERVAL = 5.0
"""Seconds between two signs; a parent waits for minutes."""
OFTEN = 0.25
"""Seconds between two words on how far it is in what is not timed."""


class Pulse:
    """A streamer that tells now and then that tokens still come."""

    def __init__(
        self, send: Callable[[Event], None], clock: Callable[[], float] = monotonic
    ) -> None:
        self._send, self._clock = send, clock
        self._sent = clock()

    def put(self, _: object = None) -> None:
        """Take note of a token."""
        if (now := self._clock()) - self._sent >= INTERVAL:
            self._sent = now
            self._send(Working())

    def end(self) -> None:
        """Nothing to do."""


class Progress:
    """A streamer that tells how far the two generations of a comparison are."""

    def __init__(
        self,
        send: Callable[[Event], None],
        subject: str,
        tokens: int,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._send, self._clock = send, clock
        self._subject, self._total = subject, 2 * (1 + tokens)
        """Each generation tells of its prompt first, and then of every token."""
        self._done = 0
        self._sent = clock()

    def put(self, _: object = None) -> None:
        """Take note of a token."""
        self._done = min(self._done + 1, self._total)
        if (now := self._clock()) - self._sent >= OFTEN:
            self._sent = now
            self._send(Comparing(self._subject, self._done, self._total))

    def end(self) -> None:
        """Nothing to do."""
