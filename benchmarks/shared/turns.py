"""Blocks of steps within one generation, plain and with the instrument in turns: A B B A."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import log
from typing import Any
from unittest.mock import patch

from shared.generating import SEAMS, Generating, bare

LEAD = 4
"""Steps at the beginning that count for nothing: the prefill is one of them."""
TURNS = (False, True, True, False)
NOISE = 4
"""Of so many generations one is plain throughout."""


class Turns:
    """Puts the meter on and off while ``generate()`` runs, at its own seams."""

    def __init__(
        self, bench: Generating, block: int, settling: int, told: Callable[[bool], None]
    ) -> None:
        """Take turns of ``block`` steps, the first ``settling`` of which count for nothing.

        ``told`` learns at the beginning of a block whether the instrument is on.
        """
        self._bench, self._block, self._settling, self._told = bench, block, settling, told
        self._marks: list[float] = []
        self._passes = 0
        self._instrument = self._on = False

    def ratios(self, generations: int, seconds: float) -> Iterator[tuple[bool, float]]:
        """Yield of each generation whether the instrument took turns in it, and its ratio.

        One in ``NOISE`` shows the noise. The first of each kind comes whatever time it takes.
        """
        gc.collect()
        gc.freeze()  # as the worker does: a generation begins with a collection
        last = time.monotonic() + seconds
        for number in range(generations):
            if number >= NOISE and time.monotonic() > last:
                return
            instrument = number % NOISE > 0
            yield instrument, self.ratio(instrument=instrument)

    def ratio(self, *, instrument: bool) -> float:
        """Generate once; return the logarithm of the ratio of what both kinds of blocks took.

        Of their sums: a report comes in one block of many, and is to count.
        """
        self._marks, self._passes, self._instrument = [], 0, instrument
        with self._between():
            self._bench.instrumented()
        ended = len(self._marks) // 2 * 2
        begun, ends = self._marks[:ended:2], self._marks[1:ended:2]
        blocks = [end - start for start, end in zip(begun, ends, strict=True)]
        fours = len(blocks) // len(TURNS)
        if not fours:
            raise SystemExit(
                f"Four blocks of {self._block} steps do not fit: ask for more --tokens."
            )
        sums = {False: 0.0, True: 0.0}
        for block, turn in zip(blocks, TURNS * fours, strict=False):
            sums[turn] += block
        return log(sums[True] / sums[False])

    @contextmanager
    def _between(self) -> Iterator[None]:
        model = self._bench.model
        metered = {name: vars(model)[name] for name in SEAMS}
        with bare(model):
            plain = {name: getattr(model, name) for name in SEAMS}

        def either(name: str) -> Callable[..., Any]:
            return lambda *a, **k: (metered if self._on else plain)[name](*a, **k)

        def prepare(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            self._turn()
            return (metered if self._on else plain)[SEAMS[0]](*args, **kwargs)

        prepare.__wrapped__ = plain[SEAMS[0]]  # type: ignore[attr-defined]
        chosen = self._bench.meter.chosen
        seams = {SEAMS[0]: prepare, SEAMS[1]: either(SEAMS[1]), SEAMS[2]: metered[SEAMS[2]]}
        with (
            patch.dict(vars(model), seams),
            patch.object(self._bench.meter, "chosen", lambda s: self._on and chosen(s)),
        ):
            yield

    def _turn(self) -> None:
        """At the beginning of a step: the end of the one before."""
        now = time.perf_counter()
        block, step = divmod(self._passes - LEAD, self._block)
        self._passes += 1
        if block < 0:
            return
        if step == 0:
            if block:
                self._marks.append(now)
            self._on = self._instrument and TURNS[block % len(TURNS)]
            self._told(self._on)
        if step == self._settling:
            self._marks.append(now if self._settling else time.perf_counter())
