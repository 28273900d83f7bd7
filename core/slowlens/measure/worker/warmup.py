"""Generations before the timed ones: until their times are steady, and what the first one cost."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from statistics import fmean, stdev
from time import perf_counter

from slowlens.facts.live.measurement import WarmUp
from slowlens.facts.live.trial import Trial
from slowlens.measure.worker.calling import generate, inputs_of
from slowlens.measure.worker.device import synchronize
from slowlens.measure.worker.loading import Ready
from slowlens.measure.worker.ranks import agreed
from slowlens.measure.worker.sequence import Common

FEWEST, MOST = 3, 8
STEADY = 0.05
"""Coefficient of variation of the last three."""
PATIENCE = 20.0
"""Seconds after which timing begins anyway, the first generation not counted."""
TOKENS = 4


class _Enough(Exception):  # noqa: N818 - it ends a warm-up, nothing is wrong
    pass


class _Few:
    """Ends a generation after some tokens.

    To ask for fewer tokens instead would compile a static cache of another length.
    """

    def __init__(self, heard: Callable[[], None] = lambda: None) -> None:
        self._heard = heard
        self._calls = 0

    def put(self, _: object) -> None:
        self._heard()
        self._calls += 1
        if self._calls > TOKENS:
            raise _Enough

    def end(self) -> None:
        pass


def warm_up(
    ready: Ready, trial: Trial, common: Common, heard: Callable[[], None] = lambda: None
) -> WarmUp:
    """Generate a little, unreported, as ``trial`` will; ``heard`` is called for each token."""
    first = _timed(ready, trial, common, heard)
    began = perf_counter()
    last = deque([first], maxlen=FEWEST)
    runs = 1
    while agreed("warm-up", _wanting(last, runs, perf_counter() - began)):
        last.append(_timed(ready, trial, common, heard))
        runs += 1
    return WarmUp(trial.subject, trial.cache, first, runs, _steady(last), last[-1])


def _timed(ready: Ready, trial: Trial, common: Common, heard: Callable[[], None]) -> float:
    inputs = inputs_of(ready, trial, common)
    ready.meter.start()
    synchronize(ready.device)
    began = perf_counter()
    with suppress(_Enough):
        generate(ready, trial, inputs, _Few(heard))
    synchronize(ready.device)
    return perf_counter() - began


def _wanting(last: deque[float], runs: int, seconds: float) -> bool:
    """Whether to go on."""
    if runs < FEWEST:
        return True
    return runs < MOST and seconds <= PATIENCE and not _steady(last)


def _steady(times: deque[float]) -> bool:
    return len(times) == FEWEST and stdev(times) < STEADY * fmean(times)
