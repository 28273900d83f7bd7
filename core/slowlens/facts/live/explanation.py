"""Where the time of a token goes, and what bounds it.

The floor is what no software can avoid: reading the active weights and the cache once a token.
What lies above it is told apart by what the GPU did (a profile), by how long the host was in the
forward pass, and by what the same model takes with its cache on.
"""

from collections.abc import Sequence

from slowlens.facts.live.cached_decoding import cached_speed
from slowlens.facts.live.conditions import braked
from slowlens.facts.live.device import Profile
from slowlens.facts.live.floor import decode_floor
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import Speed, Work, speed_of, work_of
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject
from slowlens.facts.live.waterfall import Part, Share, Waterfall
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class _Timed:
    """One kind of trial as it was timed."""

    generations: tuple[Generation, ...]
    tpot: float
    span: float | None
    """Seconds of the forward pass: on the GPU where that is known, else of the host in it."""
    estimated: bool
    noise: float


def waterfalls(measurement: Measurement) -> tuple[Waterfall, ...]:
    """Explain every kind of timed trial, in the order in which they first ran."""
    found = (waterfall(measurement, subject, cache) for subject, cache in measurement.timed)
    return tuple(each for each in found if each is not None)


def waterfall(measurement: Measurement, subject: str, cache: Cache) -> Waterfall | None:
    """Explain one kind of trial; None where it was not timed."""
    timed = _timed(measurement, subject, cache)
    if timed is None:
        return None
    floor = decode_floor(measurement, timed.generations)
    profile = _profile(measurement, subject, cache, timed)
    shares = _on_gpu(measurement, timed, floor, profile) if profile else None
    shares = shares or _on_host(measurement, timed, floor)
    label = timed.generations[0].trial.label
    parts = tuple(Part(share, seconds) for share, seconds in shares if seconds > 0)
    kernels = profile.kernels if profile else None
    return Waterfall(
        label,
        subject,
        cache,
        timed.tpot,
        parts,
        floor,
        kernels,
        timed.estimated,
        noise=timed.noise,
        throttled=any(braked(measurement, generation) for generation in timed.generations),
    )


def _on_gpu(
    measurement: Measurement, timed: _Timed, floor: float | None, profile: Profile
) -> tuple[tuple[Share, float], ...]:
    """Tell work, launching and copying apart by what the GPU was seen doing.

    A profile that saw more of it than a timed token takes tells in which proportion.
    """
    twin = _twin(measurement, timed)
    scale = min(1.0, timed.tpot / ((profile.busy + profile.copies) or timed.tpot))
    busy, copies = scale * profile.busy, scale * profile.copies
    working = min(twin.busy, busy) if twin else busy
    low = min(floor or 0.0, working)
    recompute = busy - working
    idle = max(0.0, timed.tpot - busy - copies)
    plans = min(idle, planning(profile))
    idle -= plans
    if twin and _longer(timed, profile):
        recompute, idle = recompute + idle, 0.0
    alone = twin is None and work_of(timed.generations[0]) is Work.ALL
    span = timed.tpot if timed.span is None else timed.span
    launch = min(idle, max(0.0, span - busy - copies - plans))
    return (
        (Share.FLOOR, low),
        (Share.FORWARD if alone else Share.BUSY, working - low),
        (Share.PLANS, plans),
        (Share.LAUNCH, launch),
        (Share.RECOMPUTE, recompute),
        (Share.OFFLOAD, copies),
        (Share.REST, idle - launch),
    )


def planning(profile: Profile) -> float:
    """Return the seconds of a step at a new length that go into planning its attention.

    0 where it was not timed twice.
    """
    if profile.fresh is None or profile.again is None:
        return 0.0
    return max(0.0, profile.fresh - profile.again)


def _longer(timed: _Timed, profile: Profile) -> bool:
    """Whether the host was ahead of the GPU, so that what the profile lacks is more work.

    A run that recomputes grows beyond the text that was profiled.
    """
    steps = [step for g in timed.generations for step in g.steps[1:]]
    ahead = profile.busy + planning(profile)
    waits = [step.dispatch < ahead for step in steps if step.dispatch is not None]
    return sum(waits) > len(waits) / 2


def _on_host(
    measurement: Measurement, timed: _Timed, floor: float | None
) -> tuple[tuple[Share, float], ...]:
    """Where nothing tells what a device did, its work is what the forward pass takes.

    A run that recomputes, and was not profiled, does what one with its cache does, and more.
    """
    trial = timed.generations[0].trial
    recomputes = work_of(timed.generations[0]) is Work.ALL
    twin = _cached(measurement, trial.subject) if recomputes else None
    base = min(timed.tpot, twin.tpot) if twin else timed.tpot
    if twin and (split := _seen(measurement, twin, floor)):
        scale = base / twin.tpot
        parts = tuple((share, scale * seconds) for share, seconds in split)
        return (*parts, (Share.RECOMPUTE, timed.tpot - base))
    outside = 0.0 if timed.span is None else max(0.0, timed.tpot - timed.span)
    working = max(0.0, base - outside)
    low = min(floor or 0.0, working)
    work = Share.REST if floor is None else Share.BUSY
    if recomputes and twin is None:
        work = Share.FORWARD
    return (
        (Share.FLOOR, low),
        (Share.REST if timed.span is None else work, working - low),
        (Share.RECOMPUTE, timed.tpot - base),
        (Share.REST, min(base, outside)),
    )


def _seen(
    measurement: Measurement, cached: Speed, floor: float | None
) -> tuple[tuple[Share, float], ...] | None:
    """Tell what a run with its cache goes into; None where no profile was made of it."""
    timed = _timed(measurement, cached.subject, cached.cache)
    profile = timed and _profile(measurement, cached.subject, cached.cache, timed)
    return _on_gpu(measurement, timed, floor, profile) if timed and profile else None


def _cached(measurement: Measurement, subject: str) -> Speed | None:
    """Return how fast it is with its cache, or another of the same size and precision is."""
    own = measurement.model(subject)
    alike = (
        model.subject
        for model in measurement.models
        if own and (model.parameters, model.dtype) == (own.parameters, own.dtype)
    )
    found = (cached_speed(measurement, each) for each in (subject, *alike))
    return next(filter(None, found), None)


def _twin(measurement: Measurement, timed: _Timed) -> Profile | None:
    """Return what the GPU does with the cache on, for a run that recomputes.

    Of an overlay or a source that is not known: merged does as much.
    """
    trial = timed.generations[0].trial
    if work_of(timed.generations[0]) is not Work.ALL:
        return None
    found = {p.subject: p for p in measurement.profiles if p.cache is Cache.ON}
    return found.get(trial.subject) or found.get(Subject.MERGED)


def _profile(measurement: Measurement, subject: str, cache: Cache, timed: _Timed) -> Profile | None:
    """Return the profile of this kind, or of as shipped where that does the same."""
    work = work_of(timed.generations[0])
    same = [cache]
    shipped = measurement.find(subject, Cache.AS_SHIPPED, Purpose.PROOF)
    if cache is Cache.OFF and any(work_of(g) is work for g in shipped):
        same.append(Cache.AS_SHIPPED)
    return next((p for p in measurement.profiles if p.subject == subject and p.cache in same), None)


def _timed(measurement: Measurement, subject: str, cache: Cache) -> _Timed | None:
    speed = speed_of(measurement, subject, cache)
    if speed is None:
        return None
    purpose = Purpose.CURVE if speed.estimated else Purpose.SPEED
    ran = measurement.find(subject, cache, purpose)
    found = tuple(g for g in ran if g.finish is not Finish.STOPPED)
    span = _span(found, speed.tpot)
    return _Timed(found, speed.tpot, span, speed.estimated, speed.noise)


def _span(found: Sequence[Generation], tpot: float) -> float | None:
    """Return the part of ``tpot`` that lies in the forward pass."""
    steps = [step for g in found for step in g.steps[1:]]
    spans = [step.gpu or step.dispatch for step in steps]
    known = [(step.seconds, span) for step, span in zip(steps, spans, strict=True) if span]
    seconds = sum(whole for whole, _ in known)
    return tpot * sum(span for _, span in known) / seconds if seconds else None
