"""What a live run of these very files measured of a fix, in one sentence."""

from collections.abc import Sequence

from slowlens.facts.decoding.cache import USE_CACHE
from slowlens.facts.live.agreement import judgement_of
from slowlens.facts.live.answer_split import reach, shown
from slowlens.facts.live.answer_time import AnswerTime
from slowlens.facts.live.attribution import attribution
from slowlens.facts.live.comparison import compared
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.saving import Effect, Saving
from slowlens.facts.live.speed import Work, speed_of
from slowlens.facts.live.statistics import Interval
from slowlens.facts.live.trial import Cache, Subject
from slowlens.findings import Fix
from slowlens.reports.units import counted
from slowlens_dashboard.repairs import Offer


def gain(offer: Offer, offers: Sequence[Offer], measurement: Measurement) -> str:
    """Say what the fix saved where it was tried alone, or what the cache does where it turns it on.

    Empty where the run tells of neither.
    """
    title = offer.fix.title
    alike = any(other.fix.title == title for other in offers if other is not offer)
    alone = {one.name for one in measurement.plan.overlays if one.titles == (title,)}
    found = attribution(measurement) if alone and not alike else None
    tried = next((one for one in found.parts if one.time.subject in alone), None) if found else None
    if found and tried:
        return _saved(found.merged, tried)
    return _cached(measurement) if _turns_cache_on(offer.fix) else ""


def agreement(offer: Offer, measurement: Measurement) -> str:
    """Say whether the results stay the same, of a fix that turns the cache on; empty of others."""
    found = judgement_of(measurement) if _turns_cache_on(offer.fix) else None
    return found.sentence if found else ""


def _saved(merged: AnswerTime, tried: Saving) -> str:
    """Write what it saves, its interval, both answers and the rounds."""
    after = tried.time
    rounds = counted(min(len(merged.runs), len(after.runs)), "round")
    figures = f"{_answer(merged)} → {_answer(after)}, {rounds}"
    if tried.told:
        word = "less" if tried.saved > 0 else "more"
        amount = shown(abs(tried.saved))
        return f"an answer takes {amount} {word}{_interval(tried, amount)}: {figures}"
    if tried.effect is Effect.NONE:
        return f"an answer takes as long, within 10 %: {figures}"
    return f"whether an answer takes less time is not clear: {figures}"


def _answer(time: AnswerTime) -> str:
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
