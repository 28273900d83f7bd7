"""A fix beside the checkpoint as shipped: what was timed of both, and what it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass

from slowlens.facts.live.answer_split import reach, shown
from slowlens.facts.live.answer_time import AnswerTime
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.saving import Effect, Saving, effect_of
from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.statistics import Interval
from slowlens.facts.live.trial import Cache, Subject
from slowlens.reports.units import counted


@dataclass(frozen=True, slots=True)
class Sides:
    """What was timed without the fix and with it: seconds of each run."""

    slow: Sequence[float]
    fixed: Sequence[float]
    noise: float
    """How many times apart equal work was timed."""
    told: tuple[str, ...]
    """The same in seconds, for a person."""

    @property
    def effect(self) -> Effect:
        """What the fix does."""
        return effect_of(self.slow, self.fixed, self.noise)


def sides_of(measurement: Measurement, merged: AnswerTime, saved: Saving, noise: float) -> Sides:
    """Compare tokens where answers are as long, and whole answers where the fix ends them."""
    after = saved.time
    slow, fixed = (
        speed_of(measurement, subject, Cache.AS_SHIPPED)
        for subject in (Subject.MERGED, after.subject)
    )
    answers = (_seconds(merged, saved),)
    if merged.tokens != after.tokens or slow is None or fixed is None:
        return Sides(merged.runs, after.runs, noise, answers)
    tokens = f"a token takes {milliseconds(slow.tpot)} → {milliseconds(fixed.tpot)}"
    rounds = counted(min(slow.rounds, fixed.rounds), "round")
    told = f"{tokens} (medians of {rounds}, {slow.new_tokens} tokens each)"
    more = answers if merged.answered and merged.tokens > 1 else ()
    return Sides(slow.runs, fixed.runs, max(slow.noise, fixed.noise), (told, *more))


def _seconds(merged: AnswerTime, tried: Saving) -> str:
    """Write what it saves, its interval, both answers and the rounds."""
    after = tried.time
    rounds = counted(min(len(merged.runs), len(after.runs)), "round")
    figures = f"{_one(merged)} → {_one(after)}, {rounds}"
    if tried.told:
        word = "less" if tried.saved > 0 else "more"
        amount = shown(abs(tried.saved))
        return f"an answer takes {amount} {word}{_interval(tried, amount)}: {figures}"
    if tried.effect is Effect.NONE:
        return f"an answer takes as long, within 10 %: {figures}"
    return f"whether an answer takes less time is not clear: {figures}"


def _one(time: AnswerTime) -> str:
    about = "about " if time.estimated else ""
    return f"{about}{shown(time.seconds)} for {counted(time.tokens, 'token')}"


def _interval(tried: Saving, amount: str) -> str:
    """Write the interval in the unit of ``amount``: ``(90 % interval 6.9 to 7.1 s)``."""
    between = tried.between
    if between is not None and tried.saved < 0:
        between = Interval(-between.estimate, -between.high, -between.low)
    ends = reach(tried.saved, between)
    return f" (90 % interval {ends} {amount.rpartition(' ')[2]})" if ends else ""
