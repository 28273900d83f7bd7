"""A sign of life from generations that report no steps: where each takes long, it is no hang."""

from collections.abc import Callable
from time import monotonic

from slowlens.measure.events import Event, Working

INTERVAL = 5.0
"""Seconds between two signs; a parent waits for minutes."""


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
