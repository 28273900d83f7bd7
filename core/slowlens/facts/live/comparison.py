"""How two kinds of trial compare, in words that say no more than their runs do."""

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.seconds import ranged
from slowlens.facts.live.speed import Speed, Work, speed_of
from slowlens.facts.live.statistics import geometric_ratio
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import (
    THRESHOLD,
    Outcome,
    Verdict,
    all_longer,
    judge,
    percent,
    times,
)


def verdict_of(candidate: Speed, reference: Speed) -> Verdict:
    """Judge whether ``candidate`` takes longer per token, beyond the noise of equal work."""
    return judge(candidate.runs, reference.runs, noise=max(candidate.noise, reference.noise))


def against_source(measurement: Measurement) -> tuple[Speed, Speed] | None:
    """Return merged and its source as shipped; None where not both were timed."""
    merged = speed_of(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    source = speed_of(measurement, Subject.SOURCE, Cache.AS_SHIPPED)
    return (merged, source) if merged and source else None


def seen_slower(candidate: Speed, reference: Speed) -> bool:
    """Whether runs that are too few for a verdict all took longer, beyond the noise of equal work.

    Without scipy any number of them is too few.
    """
    if verdict_of(candidate, reference).low is not None:
        return False
    noise = max(candidate.noise, reference.noise)
    return all_longer(candidate.runs, reference.runs, noise)


def same_work(one: Speed, two: Speed) -> bool:
    """Whether two kinds of trial ran the same model over the same inputs."""
    kinds = (one.subject, one.work) == (two.subject, two.work) and one.work is not Work.UNKNOWN
    return kinds and Cache.STATIC not in (one.cache, two.cache)


def noisy(one: Speed, two: Speed) -> bool:
    """Whether equal work was timed so far apart that a verdict would mind."""
    apart = geometric_ratio(one.runs, two.runs)
    return same_work(one, two) and max(apart, 1 / apart) > 1 + THRESHOLD


def compared(one: Speed, other: Speed) -> str:
    """Write how ``one`` compares with ``other``: the verdict, its interval, what it rests on."""
    figures = f"{shown(one)} against {shown(other)} per token ({_sample(one, other)})"
    if same_work(one, other):
        return f"the same work as {other.label}, and any difference is noise: {figures}"
    there, back = verdict_of(one, other), verdict_of(other, one)
    bar, interval = percent(there.threshold), _means(there)
    match there.outcome, back.outcome:
        case Outcome.FAIL, _:
            return f"{_slower(there, other)}: {figures}"
        case _, Outcome.FAIL:
            return f"{_faster(back, other)}: {figures}"
        case Outcome.PASS, Outcome.PASS:
            return f"within {bar} of the time per token of {other.label}{interval}: {figures}"
        case Outcome.PASS, _:
            return (
                f"not slower by more than {bar} per token than {other.label}{interval}: {figures}"
            )
        case _, Outcome.PASS:
            said = f"perhaps slower per token than {other.label}{interval}"
            return f"{said}: {figures}; {there.why}"
        case _ if seen_slower(one, other) or seen_slower(other, one):
            seen = _slower(there, other) if seen_slower(one, other) else _faster(back, other)
            rounds = _rounds(one, other)
            return f"{seen}, as far as {rounds} can tell: {figures}; {there.why}"
        case _:
            noise = max(one.noise, other.noise)
            said = _unsure(there, back, noise, f"{other.label}{interval}")
            return f"{said}: {figures}; {there.why}"


def _unsure(there: Verdict, back: Verdict, noise: float, other: str) -> str:
    """Name the side that an interval shows, and no noise explains, although no verdict does."""
    for verdict, word in ((there, "slower"), (back, "faster")):
        if verdict.low is not None and verdict.low > max(1 + verdict.threshold, noise):
            return f"{word} per token, by how much is unsure, than {other}"
    return f"not clearly slower or faster per token than {other}"


def _rounds(one: Speed, two: Speed) -> str:
    rounds = min(one.rounds, two.rounds)
    return "1 round" if rounds == 1 else f"{rounds} rounds"


def _means(verdict: Verdict) -> str:
    """Write the interval in brackets, and what it is one of; empty without one."""
    return f" (means, {verdict.interval})" if verdict.interval else ""


def _slower(verdict: Verdict, other: Speed) -> str:
    """Write the ratio of a verdict that has one, and its interval if it has that."""
    assert verdict.ratio is not None
    ratio, label = times(verdict.ratio), other.label
    if not verdict.interval:
        return f"{ratio} times as long per token as {label}"
    return f"{ratio} times as long per token as {label} (means, {verdict.interval})"


def _faster(verdict: Verdict, other: Speed) -> str:
    assert verdict.ratio is not None
    ratio, label = times(verdict.ratio), other.label
    if not verdict.interval:
        return f"{ratio} times faster per token than {label}"
    return f"{ratio} times faster per token than {label} (means, {verdict.interval})"


def shown(speed: Speed) -> str:
    """Write the time per token, and its range where rounds differ: ``48 ms (26 to 70)``."""
    return ranged(speed.runs)


def _sample(one: Speed, two: Speed) -> str:
    """Write what two figures are: ``medians of 2 rounds, 96 tokens each``."""
    rounds, tokens = _rounds(one, two), f"{one.new_tokens} tokens"
    alone = min(one.rounds, two.rounds) == 1
    return f"{rounds} of {tokens}" if alone else f"medians of {rounds}, {tokens} each"
