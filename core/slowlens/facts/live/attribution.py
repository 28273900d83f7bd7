"""Which fix gives back how much of the time that merged has lost.

Each fix is tried alone, so the shares of two that cure the same thing overlap and do not add up to
that of both together: by how much is told, and so is what no fix gives back.
"""

from collections.abc import Sequence

from slowlens.facts.live.answer_time import AnswerTime, answer_time
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.saving import STATIC, Effect, Saving, saving
from slowlens.facts.live.shares import beyond_sum
from slowlens.facts.live.speed import noise
from slowlens.facts.live.statistics import Interval
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import NO_SCIPY, Outcome, Verdict, judge
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Attribution:
    """The gap between an answer of merged and one of ``target``, and who closes it."""

    merged: AnswerTime
    target: AnswerTime
    """The source, or merged with all fixes where there is none."""
    verdict: Verdict
    """Whether merged is slower than its target, by whole answers."""
    parts: tuple[Saving, ...]
    """The fixes of each rule alone."""
    together: Saving | None
    """All of them: where there is one part, that one. None where it was not timed."""
    further: tuple[Saving, ...]
    """What no rule offers, on top of the fixes."""
    interaction: Interval | None
    """Seconds that all save beyond the sum of each alone: negative where shares overlap. None
    with one part, or too few runs."""
    noise: float = 1.0
    """How many times apart equal work was timed in this measurement."""

    @property
    def clear(self) -> bool:
        """Whether there is a gap beyond noise."""
        return self.verdict.outcome is Outcome.FAIL

    @property
    def tried(self) -> tuple[Saving, ...]:
        """Every overlay."""
        return tuple(filter(None, (*self.parts, self.together, *self.further)))

    @property
    def beyond(self) -> bool:
        """Whether an answer is longer than what was timed of it."""
        return any(t.beyond for t in (self.merged, self.target, *(one.time for one in self.tried)))

    @property
    def open(self) -> bool:
        """Whether something is not clear that more runs may tell."""
        unclear = any(one.effect is Effect.UNCLEAR for one in self.tried)
        asked = unclear or self.verdict.outcome is Outcome.INCONCLUSIVE
        return asked and self.verdict.why != NO_SCIPY

    @property
    def gap(self) -> float:
        """Seconds that merged takes longer than its target."""
        return self.merged.seconds - self.target.seconds

    @property
    def remainder(self) -> float | None:
        """Seconds of the gap that are left with all fixes; None without a source."""
        if self.target.subject != Subject.SOURCE or self.together is None:
            return None
        return self.together.time.seconds - self.target.seconds


_Tried = tuple[tuple[str, ...], AnswerTime]
"""The rules of an overlay, and how long an answer took."""


def attribution(measurement: Measurement) -> Attribution | None:
    """Return who closes the gap; None unless merged and an overlay were timed as shipped.

    Where merged ran an answer to its end, who did not is left out, and the other way round: the
    plan's number of tokens says nothing beside that of an answer.
    """
    merged = answer_time(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    if merged is None:
        return None
    tried = [
        (o.rules, time)
        for o in measurement.plan.overlays
        if (time := _beside(measurement, o.name, merged)) is not None
    ]
    whole = _whole(measurement, tried)
    target = _beside(measurement, Subject.SOURCE, merged) or (whole[1] if whole else None)
    if target is None or not tried:
        return None
    return _attributed(merged, target, tried, whole, noise(measurement))


def _attributed(
    merged: AnswerTime,
    target: AnswerTime,
    tried: Sequence[_Tried],
    whole: _Tried | None,
    apart: float,
) -> Attribution:
    verdict = judge(merged.runs, target.runs, noise=apart)
    reached = target if verdict.outcome is Outcome.FAIL else None
    shares = [saving(rules, time, merged, reached, apart) for rules, time in tried]
    known = [one for one in shares if STATIC not in one.rules]
    together = next((one for one in known if whole and one.time is whole[1]), None)
    alone = known if len(known) == 1 else [one for one in known if one is not together]
    interaction = None
    if together is not None:
        runs = [one.time.runs for one in alone]
        interaction = beyond_sum(merged.runs, runs, together.time.runs)
    return Attribution(
        merged=merged,
        target=target,
        verdict=verdict,
        parts=tuple(alone),
        together=together,
        further=tuple(one for one in shares if STATIC in one.rules),
        interaction=interaction,
        noise=apart,
    )


def _beside(measurement: Measurement, subject: str, merged: AnswerTime) -> AnswerTime | None:
    """Return the time of an answer that may be held against that of merged."""
    found = answer_time(measurement, subject, Cache.AS_SHIPPED)
    return found if found and found.answered is merged.answered else None


def _whole(measurement: Measurement, tried: Sequence[_Tried]) -> _Tried | None:
    """Return the one that has the fixes of all others, if it was timed."""
    rules = {rule for overlay in measurement.plan.overlays for rule in overlay.rules} - {STATIC}
    return next((one for one in tried if rules and set(one[0]) == rules), None)
