"""Figures of a measurement: each with the runs that it rests on, and with its noise.

Merged as shipped does the same work as merged with its cache on, or off: the lengths of the inputs
say which. How far apart equal work was timed is the noise of this very measurement, and a factor
that does not exceed it is none.
"""

from collections import defaultdict
from enum import StrEnum

from slowlens.facts.live.growth import Growth, growth
from slowlens.facts.live.measurement import TIMED, Measurement
from slowlens.facts.live.prediction import predictions, spread
from slowlens.facts.live.statistics import geometric_ratio, percentile, variation
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.frozen import dataclass


class Work(StrEnum):
    """What the steps of a generation processed."""

    NEWEST = "the newest token"
    ALL = "all tokens again"
    UNKNOWN = "not counted"


@dataclass(frozen=True, slots=True)
class Speed:
    """One kind of speed trial. Seconds; TPOT and TTFT are medians over ``runs``."""

    label: str
    subject: str
    cache: Cache
    work: Work
    tpot: float
    """Time per output token, without the first."""
    ttft: float
    """Time to first token."""
    new_tokens: int
    runs: tuple[float, ...]
    """Time per output token of each run, in the order in which they ran."""
    cv: float | None
    """Coefficient of variation between runs; None with one. Of probes that disagree it is more."""
    p90: float | None
    """Inter-token latency of all runs; None where they have too few tokens, as p95."""
    p95: float | None
    growth: Growth | None
    """None where runs are short."""
    noise: float
    """How many times apart kinds of trial were timed in this measurement that did equal work."""
    estimated: bool = False
    """Each run is predicted from probes: it recomputes, and would take long."""

    @property
    def rounds(self) -> int:
        """How many runs."""
        return len(self.runs)

    @property
    def tokens_per_second(self) -> float:
        """Decode speed."""
        return 1 / self.tpot


def speed_of(measurement: Measurement, subject: str, cache: Cache) -> Speed | None:
    """Return the figures of the complete speed trials of one kind; None without any."""
    from statistics import median  # a check without a run should start fast

    done = [g for g in _done(measurement) if (g.trial.subject, g.trial.cache) == (subject, cache)]
    if not done:
        return _estimated(measurement, subject, cache)
    runs = tuple(g.tpot for g in done)
    latencies = [seconds for g in done for seconds in g.itl]
    return Speed(
        label=done[0].trial.label,
        subject=subject,
        cache=cache,
        work=work_of(done[0]),
        tpot=median(runs),
        ttft=median(g.ttft for g in done),
        new_tokens=len(done[0].steps),
        runs=runs,
        cv=variation(runs),
        p90=percentile(latencies, 0.90),
        p95=percentile(latencies, 0.95),
        growth=growth([g.itl for g in done]),
        noise=noise(measurement),
    )


def rounds_of(measurement: Measurement, subject: str, cache: Cache) -> int:
    """Return over how many rounds ``speed_of`` tells its figures, without those; 0 for none."""
    kind = subject, cache
    trials = (
        (g.trial.subject, g.trial.cache) == kind and _counts(g) for g in measurement.generations
    )
    return sum(trials) or len(predictions(measurement, subject, cache))


def prompt_tokens(measurement: Measurement, subject: str, cache: Cache) -> int:
    """Return how long the prompt of the trials of one kind was, as asked for; 0 for none."""
    timed = (g for kind in TIMED for g in measurement.find(subject, cache, kind))
    return min((g.prompt_tokens - g.trial.ahead for g in timed), default=0)


def _estimated(measurement: Measurement, subject: str, cache: Cache) -> Speed | None:
    """Return the figures that probes foretell; None without any."""
    from statistics import median

    found = predictions(measurement, subject, cache)
    if not found:
        return None
    probes = measurement.find(subject, cache, Purpose.CURVE)
    probe = probes[0]
    runs = tuple(each.tpot for each in found)
    return Speed(
        label=probe.trial.label,
        subject=subject,
        cache=cache,
        work=work_of(probe),
        tpot=median(runs),
        ttft=median(each.ttft for each in found),
        new_tokens=found[0].new_tokens,
        runs=runs,
        cv=spread(found, (each for each in probes if each.finish is not Finish.STOPPED)),
        p90=None,
        p95=None,
        growth=None,
        noise=noise(measurement),
        estimated=True,
    )


def work_of(generation: Generation) -> Work:
    """Tell from the input lengths what the steps processed."""
    if generation.recomputes:
        return Work.ALL
    return Work.NEWEST if generation.cached else Work.UNKNOWN


def noise(measurement: Measurement) -> float:
    """Return how many times apart equal work was timed, at least 1: an A/A pair in the run itself.

    Equal are the kinds of trial of one subject whose steps processed the same inputs; a static
    cache is none of them, since its step is compiled.
    """
    equal = defaultdict[tuple[str, Work], dict[Cache, list[float]]](dict)
    for generation in _done(measurement):
        trial, work = generation.trial, work_of(generation)
        if work is not Work.UNKNOWN and trial.cache is not Cache.STATIC:
            equal[trial.subject, work].setdefault(trial.cache, []).append(generation.tpot)
    apart = (
        geometric_ratio(one, other)
        for kinds in equal.values()
        for one in kinds.values()
        for other in kinds.values()
    )
    return max(apart, default=1.0)


def _done(measurement: Measurement) -> list[Generation]:
    return [g for g in measurement.generations if _counts(g)]


def _counts(generation: Generation) -> bool:
    whole = generation.finish is not Finish.STOPPED
    return generation.trial.purpose is Purpose.SPEED and whole and generation.tpot > 0


def speeds(measurement: Measurement) -> tuple[Speed, ...]:
    """Return the figures of every kind of speed trial, in the order in which they first ran."""
    found = (speed_of(measurement, subject, cache) for subject, cache in measurement.timed)
    return tuple(speed for speed in found if speed is not None)


def answer_of(measurement: Measurement, subject: str) -> Generation | None:
    """Return the generation that was to stop by itself; None when it was not run to its end."""
    found = [
        g
        for g in measurement.generations
        if (g.trial.subject, g.trial.purpose) == (subject, Purpose.LENGTH)
        and g.finish is not Finish.STOPPED
    ]
    return found[-1] if found else None
