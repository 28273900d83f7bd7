"""A record of looks at the machine that stays small however long a run takes."""

from collections.abc import Iterable, Iterator
from typing import Self

from slowlens.facts.live.device import DeviceSample

LIMIT = 3000
"""Five minutes of ten looks a second at one GPU."""


class Thinned:
    """Keeps at most ``limit`` samples, evenly over the time that they cover.

    When full it drops every other look, and from then on takes in half as many: an hour at one GPU
    is kept at one look in 1.6 seconds. What looked at several GPUs at once stays together.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._looks: list[list[DeviceSample]] = []
        self._stride = 1
        self._seen = self._count = 0
        self._at: float | None = None

    def __iadd__(self, samples: Iterable[DeviceSample]) -> Self:
        for sample in samples:
            self._add(sample)
        return self

    def __iter__(self) -> Iterator[DeviceSample]:
        return (sample for look in self._looks for sample in look)

    def _add(self, sample: DeviceSample) -> None:
        if sample.at != self._at:
            self._at = sample.at
            self._seen += 1
            if self._wanted():
                self._looks.append([])
        if self._wanted():
            self._looks[-1].append(sample)
            self._count += 1
        if self._count > self._limit:
            self._looks = self._looks[::2]
            self._count = sum(map(len, self._looks))
            self._stride *= 2

    def _wanted(self) -> bool:
        return (self._seen - 1) % self._stride == 0
