"""What a live run measured of a fix, beside what its rule had estimated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from slowlens.facts.decoding.cache import USE_CACHE
from slowlens.facts.live.agreement import Judgement, Sameness, judgement_of
from slowlens.facts.live.attribution import attribution
from slowlens.facts.live.comparison import compared
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.saving import Effect
from slowlens.facts.live.speed import Work, answer_of, speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import Verdict, judge, times
from slowlens.findings import Fix
from slowlens.reports.units import counted
from slowlens_dashboard.repairs import Offer
from slowlens_dashboard.tables.sides import Sides, sides_of

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
    agreed = judgement_of(measurement) if _turns_cache_on(offer.fix) else None
    figures = (agreed.sentence,) if agreed and agreed.sentence not in offer.fix.reason else ()
    tried = _tried(offer, offers, measurement)
    if tried is not None:
        subject, sides = tried
        told = _answer(offer, sides, _outputs(agreed, subject, measurement))
        return Gain(sides.effect, (told, *sides.told, *figures))
    cached = _cached(measurement) if _turns_cache_on(offer.fix) else ""
    return Gain(None, (cached, *figures)) if cached else None


def _tried(
    offer: Offer, offers: Sequence[Offer], measurement: Measurement
) -> tuple[str, Sides] | None:
    """Return the subject that has the fix alone, and how it compares with merged."""
    title = offer.fix.title
    alike = any(other.fix.title == title for other in offers if other is not offer)
    alone = {one.name for one in measurement.plan.overlays if one.titles == (title,)}
    found = attribution(measurement) if alone and not alike else None
    if found is None:
        return None
    saved = next((one for one in found.parts if one.time.subject in alone), None)
    if saved is None:
        return None
    return saved.time.subject, sides_of(measurement, found.merged, saved, found.noise)


def _answer(offer: Offer, sides: Sides, outputs: str) -> str:
    """Write estimated → measured: ``estimated 2 to 24 times, measured 11.3 times (…)``."""
    verdict = judge(sides.slow, sides.fixed, noise=sides.noise)
    factor, basis = times(verdict.ratio or 0), _basis(verdict)
    estimate = _estimate(offer)
    match sides.effect:
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


def _cached(measurement: Measurement) -> str:
    shipped = speed_of(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    cached = speed_of(measurement, Subject.MERGED, Cache.ON)
    if not (shipped and cached) or (shipped.work, cached.work) != (Work.ALL, Work.NEWEST):
        return ""
    return f"{shipped.label}: {compared(shipped, cached)}"


def _turns_cache_on(fix: Fix) -> bool:
    return any(edit.pointer[-1:] == (USE_CACHE,) and edit.after is True for edit in fix.edits)
