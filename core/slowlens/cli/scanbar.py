"""How far the reading or copying of bytes has come: a bar on a terminal, one line in a log."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

from slowlens.facts.live.seconds import roughly
from slowlens.reports.units import plain, size

INTERVAL = 0.1
"""Seconds between two pictures of the bar."""
WIDTH = 24


class ScanBar:
    """Takes the bytes that were read and the bytes of all, as often as there are any."""

    def __init__(
        self,
        name: str,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        done: str = "read {} of weights",
    ) -> None:
        self._name, self._done = plain(name), done
        self._stream = stream or sys.stderr
        self._clock = clock
        self._start = self._shown = clock()

    def __call__(self, done: int, total: int) -> None:
        """Show it; the last call, with everything read, leaves a line that stays."""
        now = self._clock()
        moving = self._stream.isatty()
        if done >= total:
            clear = "\r\x1b[K" if moving else ""
            self._stream.write(f"{clear}{self._name}: {self._speed(done, now)}\n")
        elif moving and now - self._shown >= INTERVAL:
            self._shown = now
            bar = "█" * (WIDTH * done // total)
            left = (now - self._start) * (total - done) / max(done, 1)
            text = f"{self._name} {bar:░<{WIDTH}} {done * 100 // total} % of {size(total)}"
            room = _columns() - 1
            self._stream.write(f"\r\x1b[K{f'{text}, about {roughly(left)} left'[:room]}")
            self._stream.flush()

    def _speed(self, done: int, now: float) -> str:
        seconds = max(now - self._start, 1e-3)
        told = self._done.format(size(done))
        return f"{told} in {seconds:.1f} s ({size(int(done / seconds))}/s)"


def _columns() -> int:
    from shutil import get_terminal_size  # only a bar needs it, and a gate should start fast

    return get_terminal_size().columns
