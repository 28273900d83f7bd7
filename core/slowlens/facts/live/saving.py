"""What a fix saves of an answer, and which part of the gap that is: two judgements.

The first holds merged against merged with the fix; only the second needs the other end of the gap.
"""

from collections.abc import Sequence
from enum import StrEnum

from slowlens.facts.live.answer_time import AnswerTime
from slowlens.facts.live.shares import difference, share_of_gap
from slowlens.facts.live.statistics import Interval
from slowlens.facts.live.verdict import LEAST_RUNS, Outcome, judge, longer
from slowlens.frozen import dataclass

STATIC = "static-cache"
"""Stands among the rules of an overlay for the fix that no rule offers before a run."""


class Effect(StrEnum):
    """What a fix does to the time of an answer."""

    FASTER = "faster"
    SLOWER = "slower"
    NONE = "no difference of 10 %"
    UNCLEAR = "not clear"


@dataclass(frozen=True, slots=True)
class Saving:
    """What the fixes of an overlay save of an answer."""

    time: AnswerTime
    rules: tuple[str, ...]
    saved: float
    """Seconds; negative where it takes longer."""
    effect: Effect
    share: float | None
    """Of the gap; None where that is not clear."""
    interval: Interval | None
    """Of the share, 90 %; None where the runs do not allow one, or the share is 1 by definition."""
    between: Interval | None = None
    """Of ``saved``, 90 %; None where the runs do not allow one."""

    @property
    def told(self) -> bool:
        """Whether the runs tell what is saved: beyond noise, or less than a verdict minds."""
        if self.effect is Effect.NONE and self.between is not None:
            return not self.between.low <= 0 <= self.between.high
        return self.effect in (Effect.FASTER, Effect.SLOWER)


def saving(
    rules: tuple[str, ...],
    time: AnswerTime,
    merged: AnswerTime,
    target: AnswerTime | None,
    apart: float,
) -> Saving:
    """Return what ``rules`` save; ``target`` is None where there is no gap to have a share of.

    ``apart``: how many times apart equal work was timed.
    """
    saved = merged.seconds - time.seconds
    share, interval = None, None
    if target is not None:
        share = saved / (merged.seconds - target.seconds)
        own = time is not target
        interval = share_of_gap(merged.runs, time.runs, target.runs) if own else None
    few = min(len(merged.runs), len(time.runs)) < LEAST_RUNS
    between = None if few else difference(merged.runs, time.runs)
    effect = effect_of(merged.runs, time.runs, apart, between)
    return Saving(time, rules, saved, effect, share, interval, between)


def effect_of(
    merged: Sequence[float], fixed: Sequence[float], apart: float, between: Interval | None = None
) -> Effect:
    """Judge seconds of runs, and take what is certain though by how much is not.

    ``apart`` as in ``saving``; ``between``: of the seconds saved, where whole answers are judged.
    """
    if longer(merged, fixed, apart) and (between is None or between.low > 0):
        return Effect.FASTER
    if longer(fixed, merged, apart) and (between is None or between.high < 0):
        return Effect.SLOWER
    outcomes = {judge(*sides, noise=apart).outcome for sides in ((merged, fixed), (fixed, merged))}
    return Effect.NONE if outcomes == {Outcome.PASS} else Effect.UNCLEAR
