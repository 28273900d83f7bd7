"""When a GPU was done with each pass, told on the host's clock."""

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import torch

_EVENT = partial(torch.cuda.Event, enable_timing=True)

LOOKS = 3


class GpuClock:
    """One event ends each pass, and they are read when all is over.

    None begins it: ``generate()`` has waited for the GPU by then, so the host's clock tells as
    much, and an event costs as much as the launch of a kernel.
    """

    def __init__(
        self,
        stream: Any,  # noqa: ANN401
        passes: int,
        clock: Callable[[], float] = perf_counter,
        event: Callable[[], Any] = _EVENT,
    ) -> None:
        self._stream, self._clock, self._event = stream, clock, event
        self._ends = [event() for _ in range(passes)]
        self._marked = 0
        self._begin = self._now()

    def mark(self) -> None:
        """Take note that a pass has been launched: its end is what the GPU comes to now."""
        if self._marked < len(self._ends):
            self._ends[self._marked].record(self._stream)
        self._marked += 1

    def ends(self) -> list[float]:
        """Return when each pass was over; nothing where there were more than announced."""
        if self._marked > len(self._ends):
            return []
        (first, begun), (last, ended) = self._begin, self._now()
        pace = (ended - begun) / first.elapsed_time(last)  # the two clocks drift apart
        return [begun + pace * first.elapsed_time(end) for end in self._ends[: self._marked]]

    def _now(self) -> tuple[Any, float]:
        """Return an event and its moment, by the look that was held up least."""
        looks = [self._look() for _ in range(LOOKS)]
        _, event, moment = min(looks, key=lambda look: look[0])
        return event, moment

    def _look(self) -> tuple[float, Any, float]:
        event, asked = self._event(), self._clock()
        event.record(self._stream)
        event.synchronize()
        moment = self._clock()
        return moment - asked, event, moment
