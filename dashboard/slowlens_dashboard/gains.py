"""What a live run measured of a fix, beside what its rule had estimated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from slowlens.facts.decoding.cache import USE_CACHE
from slowlens.facts.live.agreement import Judgement, Sameness, judgement_of
from slowlens.facts.live.answer_split import reach, shown
from slowlens.facts.live.answer_time import AnswerTime
from slowlens.facts.live.attribution import attribution
from slowlens.facts.live.comparison import compared
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.saving import Effect, Saving
from slowlens.facts.live.speed import Work, answer_of, speed_of
from slowlens.facts.live.statistics import Interval
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import Verdict, judge, times
from slowlens.findings import Fix
from slowlens.reports.units import counted
from slowlens_dashboard.repairs import Offer

ESTIMATE = re.compile(r"(?:\d[\d.]* to )?\d[\d.]* times\b")


@dataclass(frozen=True, slots=True)
class Gain:
    """What a fix gained, in sentences, the answer first."""

    effect: Effect | None
    """What it does to an answer; None where it was not tried itself."""
    sentences: tuple[str, ...]


def gain(offer: Offer, offers: Sequence[Offer], measurement: Measurement) -> Gain | None:
    """Say what the fix gained where it was tried alone, or what the cache does if it turns it on.

    None where the run tells of neither.
    """
    tried = _tried(offer, offers, measurement)
    agreed = judgement_of(measurement) if _turns_cache_on(offer.fix) else None
    figures = (agreed.sentence,) if agreed else ()
    if tried is not None:
        merged, saved, noise = tried
        outputs = _outputs(agreed, saved.time.subject, measurement)
        told = (_answer(offer, merged, saved, noise, outputs), _seconds(merged, saved), *figures)
        return Gain(saved.effect, told)
    cached = _cached(measurement) if _turns_cache_on(offer.fix) else ""
    return Gain(None, (cached, *figures)) if cached else None


def _tried(
    offer: Offer, offers: Sequence[Offer], measurement: Measurement
) -> tuple[AnswerTime, Saving, float] | None:
    """Return an answer of merged, what the fix alone saves of it, and how equal work varied."""
    title = offer.fix.title
    alike = any(other.fix.title == title for other in offers if other is not offer)
    alone = {one.name for one in measurement.plan.overlays if one.titles == (title,)}
    found = attribution(measurement) if alone and not alike else None
    if found is None:
        return None
    saved = next((one for one in found.parts if one.time.subject in alone), None)
    return (found.merged, saved, found.noise) if saved else None


def _answer(offer: Offer, merged: AnswerTime, saved: Saving, noise: float, outputs: str) -> str:
    """Write estimated → measured: ``estimated 2 to 24 times, measured 11.3 times (…)``."""
    verdict = judge(merged.runs, saved.time.runs, noise=noise)
    factor, basis = times(verdict.ratio or 0), _basis(verdict)
    estimate = _estimate(offer)
    match saved.effect:
        case Effect.FASTER if estimate:
            return f"estimated {estimate}, measured {factor} times ({basis}){outputs}"
        case Effect.FASTER:
            return f"measured {factor} times as fast ({basis}){outputs}"
        case Effect.NONE:
            return f"measured no better: {factor} times as fast ({basis}){outputs}"
        case Effect.SLOWER:
            return f"measured slower: {factor} times as fast ({basis}){outputs}"
        case Effect.UNCLEAR:
            return f"measured {factor} times as fast ({basis}), which is not clear{outputs}"


def _basis(verdict: Verdict) -> str:
    """Write what a factor rests on: ``90 % interval 10.9 to 11.8, 5 runs``."""
    runs = counted(min(verdict.candidate_runs, verdict.reference_runs), "run")
    return f"{verdict.interval}, {runs}" if verdict.interval else runs


def _estimate(offer: Offer) -> str:
    """Return the factor that the costs of its findings begin with; empty where none does."""
    found = (ESTIMATE.match(finding.cost) for _, finding in offer.findings)
    return next((match[0] for match in found if match), "")


def _outputs(agreed: Judgement | None, subject: str, measurement: Measurement) -> str:
    """Say whether the outputs stay the same, as far as the run tells."""
    match agreed.verdict if agreed else None:
        case Sameness.EQUAL if any(e.subject == Subject.SOURCE for e in measurement.equalities):
            return ", outputs equal within the source's own noise"
        case Sameness.EQUAL:
            return ", outputs equal up to rounding"
        case Sameness.DIFFERENT:
            return ", outputs differ"
        case Sameness.UNCLEAR:
            return ", whether outputs are equal is not clear"
    tokens = [_tokens(measurement, one) for one in (Subject.MERGED, subject)]
    return ", the same answer token by token" if tokens[0] and tokens[0] == tokens[1] else ""


def _tokens(measurement: Measurement, subject: str) -> list[int]:
    answer = answer_of(measurement, subject)
    return [step.token for step in answer.steps] if answer else []


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


def _cached(measurement: Measurement) -> str:
    shipped = speed_of(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    cached = speed_of(measurement, Subject.MERGED, Cache.ON)
    if not (shipped and cached) or (shipped.work, cached.work) != (Work.ALL, Work.NEWEST):
        return ""
    return f"{shipped.label}: {compared(shipped, cached)}"


def _turns_cache_on(fix: Fix) -> bool:
    return any(edit.pointer[-1:] == (USE_CACHE,) and edit.after is True for edit in fix.edits)
