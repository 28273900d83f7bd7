"""The figures of sides that are compared by their speed, for the tables of all its reports."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from slowlens.facts.live.seconds import ranged
from slowlens.facts.live.side import Side
from slowlens.facts.live.speed import Work
from slowlens.facts.live.statistics import Interval, geometric_ratio, ratio_interval
from slowlens.facts.live.verdict import LEAST_RUNS, times
from slowlens.frozen import dataclass
from slowlens.reports.spread import UNKNOWN, grown
from slowlens.reports.units import counted, size
from slowlens.speedverdict import Judged, SpeedVerdict

Row: TypeAlias = tuple[str, str, str, str]
"""A figure, its value on both sides, and the second over the first."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of each side, in words."""

    name: str
    told: tuple[str, ...]
    ratios: tuple[str, ...]
    """Each side over the first; empty where there is nothing to divide."""

    @property
    def known(self) -> bool:
        """Whether a side has it."""
        return not all(told.startswith(UNKNOWN) for told in self.told)


def head(verdict: SpeedVerdict) -> Row:
    """Name the columns."""
    before, after = verdict.titles
    return "figure", before, after, f"{after} / {before} (means)"


def rows(judged: Judged) -> Iterator[Row]:
    """Yield the figures that at least one side has."""
    for figure in figures((judged.before, judged.after)):
        if figure.known:
            before, after = figure.told
            yield figure.name, before, after, figure.ratios[1]


def figures(sides: Sequence[Side]) -> Iterator[Figure]:
    """Yield every figure of the sides, known or not."""
    yield _timed("TTFT", [side.ttfts for side in sides])
    yield _timed("TPOT", [side.tpots for side in sides])
    yield _said("growth per 1,000 tokens", sides, lambda side: grown(side.growth, side.tpots))
    yield _said("a step processes", sides, lambda side: _work(side.work))
    yield _counted("weights read a step", [side.weights_read for side in sides])
    yield _counted("memory peak", [side.memory_peak for side in sides])
    yield Figure("answer, free to stop", tuple(map(answer, sides)), _longer(sides))


def _timed(name: str, sides: Sequence[Sequence[float]]) -> Figure:
    named = f"{name}, median" if max(map(len, sides)) > 1 else name
    told = tuple(ranged(seconds) if seconds else UNKNOWN for seconds in sides)
    return Figure(named, told, tuple(_ratio(sides[0], after) for after in sides))


def _said(name: str, sides: Sequence[Side], tell: Callable[[Side], str]) -> Figure:
    return Figure(name, tuple(map(tell, sides)), ("",) * len(sides))


def _counted(name: str, values: Sequence[int | None]) -> Figure:
    told = tuple(UNKNOWN if value is None else size(value) for value in values)
    return Figure(name, told, tuple(_quotient(values[0], after) for after in values))


def _ratio(before: Sequence[float], after: Sequence[float]) -> str:
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


def _quotient(before: int | None, after: int | None) -> str:
    return times(after / before) if before and after else ""


def _work(work: Work) -> str:
    return UNKNOWN if work is Work.UNKNOWN else work


def _longer(sides: Sequence[Side]) -> tuple[str, ...]:
    """Divide answers that ended, both: of one that was cut off nobody knows its length."""
    first = sides[0]
    return tuple(
        _quotient(first.answer, side.answer) if first.ended and side.ended else "" for side in sides
    )


def answer(side: Side) -> str:
    """Write how many tokens the answer has that was free to stop, and whether it did."""
    if side.answer is None:
        return UNKNOWN
    return counted(side.answer, "token") + ("" if side.ended else ", then cut off")
