"""The figures of both sides of a verdict on speed, for the tables of all its reports."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from slowlens.facts.live.seconds import ranged
from slowlens.facts.live.side import Side
from slowlens.facts.live.speed import Work
from slowlens.facts.live.statistics import Interval, geometric_ratio, ratio_interval
from slowlens.facts.live.verdict import LEAST_RUNS, times
from slowlens.reports.spread import UNKNOWN, grown
from slowlens.reports.units import counted, size
from slowlens.speedverdict import Judged, SpeedVerdict

Row: TypeAlias = tuple[str, str, str, str]
"""A figure, its value on both sides, and the second over the first."""


def head(verdict: SpeedVerdict) -> Row:
    """Name the columns."""
    before, after = verdict.titles
    return "figure", before, after, f"{after} / {before} (means)"


def rows(judged: Judged) -> Iterator[Row]:
    """Yield the figures that at least one side has."""
    sides = (judged.before, judged.after)
    told: Sequence[tuple[str, Callable[[Side], str], str]] = (
        (
            _named("TTFT", [side.ttfts for side in sides]),
            lambda side: _times(side.ttfts),
            _ratio([side.ttfts for side in sides]),
        ),
        (
            _named("TPOT", [side.tpots for side in sides]),
            lambda side: _times(side.tpots),
            _ratio([side.tpots for side in sides]),
        ),
        ("growth per 1,000 tokens", lambda side: grown(side.growth, side.tpots), ""),
        ("a step processes", lambda side: _work(side.work), ""),
        ("weights read a step", lambda side: _bytes(side.weights_read), ""),
        ("memory peak", lambda side: _bytes(side.memory_peak), ""),
        ("answer, free to stop", _answer, ""),
    )
    quotients = {
        "weights read a step": [side.weights_read for side in sides],
        "memory peak": [side.memory_peak for side in sides],
        "answer, free to stop": [side.answer for side in sides],
    }
    for name, tell, ratio in told:
        before, after = (tell(side) for side in sides)
        if not (before.startswith(UNKNOWN) and after.startswith(UNKNOWN)):
            yield name, before, after, ratio or _quotient(quotients.get(name, ()))


def _named(name: str, sides: Sequence[Sequence[float]]) -> str:
    return f"{name}, median" if max(map(len, sides)) > 1 else name


def _times(seconds: Sequence[float]) -> str:
    return ranged(seconds) if seconds else UNKNOWN


def _ratio(sides: Sequence[Sequence[float]]) -> str:
    before, after = sides
    if not before or not after:
        return ""
    found = _interval(after, before)
    if found is None:
        return times(geometric_ratio(after, before))
    return f"{times(found.estimate)} ({times(found.low)} to {times(found.high)})"


def _interval(candidate: Sequence[float], reference: Sequence[float]) -> Interval | None:
    if min(len(candidate), len(reference)) < LEAST_RUNS:
        return None
    try:
        return ratio_interval(candidate, reference)
    except ImportError:
        return None


def _quotient(values: Sequence[int | None]) -> str:
    before, after = values or (None, None)
    return times(after / before) if before and after else ""


def _bytes(count: int | None) -> str:
    return UNKNOWN if count is None else size(count)


def _work(work: Work) -> str:
    return UNKNOWN if work is Work.UNKNOWN else work


def _answer(side: Side) -> str:
    if side.answer is None:
        return UNKNOWN
    return counted(side.answer, "token") + ("" if side.ended else ", then cut off")
