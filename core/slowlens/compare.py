"""Two runs of the same checkpoint: before and after a fix."""

from slowlens.facts.live.comparison import factor, sample, shown, verdict_of
from slowlens.facts.live.likeness import unlike_conditions
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import Speed, Work, answer_of, speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import Outcome, percent
from slowlens.frozen import dataclass
from slowlens.run import Run


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one measured run to another; None where it was not measured."""

    before: Speed | None
    after: Speed | None
    answer_before: int | None
    """Tokens of the answer that was free to stop."""
    answer_after: int | None
    differs: tuple[str, ...]
    """What was not alike, so that the figures may not be compared."""

    @property
    def sentence(self) -> str:
        """Say what became of it, or why that cannot be said."""
        if self.differs:
            return f"The two runs cannot be compared: {', '.join(self.differs)}."
        if self.before is None or self.after is None:
            return "One of the two runs was not measured to its end."
        parts = (*_cache(self.before, self.after), _speed(self.before, self.after), *_length(self))
        return " ".join(parts)


def compare(before: Run, after: Run) -> Comparison:
    """Compare what merged did as shipped."""
    one, two = before.measurement, after.measurement
    if one is None or two is None:
        return Comparison(None, None, None, None, ())
    return Comparison(
        before=speed_of(one, Subject.MERGED, Cache.AS_SHIPPED),
        after=speed_of(two, Subject.MERGED, Cache.AS_SHIPPED),
        answer_before=_tokens(one),
        answer_after=_tokens(two),
        differs=tuple(_differences(one, two)),
    )


def _differences(one: Measurement, two: Measurement) -> list[str]:
    """Name what is unlike; how a checkpoint is loaded may be what was fixed, and is not."""
    another = one.plan.merged != two.plan.merged
    unlike = [each.words for each in unlike_conditions(one, two)]
    return ["another checkpoint", *unlike] if another else unlike


def _tokens(measurement: Measurement) -> int | None:
    generation = answer_of(measurement, Subject.MERGED)
    return None if generation is None else len(generation.steps)


def _cache(before: Speed, after: Speed) -> tuple[str, ...]:
    """Tell from the lengths of the inputs, which no noise can blur."""
    match before.work, after.work:
        case Work.ALL, Work.NEWEST:
            return ("The key-value cache works now: a step processes its newest token alone.",)
        case Work.NEWEST, Work.ALL:
            return ("The key-value cache is off now: a step processes all tokens again.",)
        case _:
            return ()


def _speed(before: Speed, after: Speed) -> str:
    figures = f"{shown(before)} per token before, {shown(after)} after ({sample(before, after)})"
    slower, faster = verdict_of(after, before), verdict_of(before, after)
    if faster.outcome is Outcome.FAIL:
        return f"{factor(faster)} faster ({faster.interval}): {figures}."
    if slower.outcome is Outcome.FAIL:
        return f"{factor(slower)} slower ({slower.interval}): {figures}."
    if slower.outcome is Outcome.PASS:
        return (
            f"Not slower by more than {percent(slower.threshold)} ({slower.interval}): {figures}."
        )
    return f"No clear difference: {figures}; {slower.why}."


def _length(comparison: Comparison) -> tuple[str, ...]:
    before, after = comparison.answer_before, comparison.answer_after
    if before is None or after is None or before == after:
        return ()
    return (f"The answer has {after} tokens; it had {before}.",)
