"""Figures of a measurement: medians over rounds, each with its sample size and its noise.

Merged as shipped does the same work as merged with its cache on, or off: the lengths of the inputs
say which. How far apart equal work was timed is the noise of the machine, and a factor that does
not exceed it is none.
"""

from collections import defaultdict
from enum import StrEnum

from slowlens.facts.live.measurement import Measurement
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
    """One kind of speed trial. Seconds; medians over ``rounds`` whole generations."""

    label: str
    subject: str
    work: Work
    tpot: float
    """Time per output token, without the first."""
    tpot_range: tuple[float, float]
    """The fastest and the slowest round."""
    ttft: float
    """Time to first token."""
    growth: float
    """Latency late in the answer over latency early in it."""
    new_tokens: int
    rounds: int
    noise: float
    """Slowest over fastest of the generations of this measurement that did equal work."""

    @property
    def tokens_per_second(self) -> float:
        """Decode speed."""
        return 1 / self.tpot


def speed_of(measurement: Measurement, subject: str, cache: Cache) -> Speed | None:
    """Return the figures of the complete speed trials of one kind; None without any."""
    from statistics import median  # a check without a run should start fast

    done = [g for g in _done(measurement) if (g.trial.subject, g.trial.cache) == (subject, cache)]
    if not done:
        return None
    return Speed(
        label=done[0].trial.label,
        subject=subject,
        work=work_of(done[0]),
        tpot=median(g.tpot for g in done),
        tpot_range=(min(g.tpot for g in done), max(g.tpot for g in done)),
        ttft=median(g.ttft for g in done),
        growth=median(g.growth for g in done),
        new_tokens=len(done[0].steps),
        rounds=len(done),
        noise=noise(measurement),
    )


def work_of(generation: Generation) -> Work:
    """Tell from the input lengths what the steps processed."""
    if generation.recomputes:
        return Work.ALL
    return Work.NEWEST if generation.cached else Work.UNKNOWN


def noise(measurement: Measurement) -> float:
    """Return slowest over fastest time per token among generations of equal work, at least 1."""
    equal = defaultdict(list)
    for generation in _done(measurement):
        if (work := work_of(generation)) is not Work.UNKNOWN:
            equal[generation.trial.subject, work].append(generation.tpot)
    return max((max(tpots) / min(tpots) for tpots in equal.values()), default=1.0)


def _done(measurement: Measurement) -> list[Generation]:
    return [
        g
        for g in measurement.generations
        if g.trial.purpose is Purpose.SPEED and g.finish is not Finish.STOPPED and g.itl
    ]


def speeds(measurement: Measurement) -> tuple[Speed, ...]:
    """Return the figures of every kind of speed trial, in the order in which they first ran."""
    kinds = dict.fromkeys(
        (g.trial.subject, g.trial.cache)
        for g in measurement.generations
        if g.trial.purpose is Purpose.SPEED
    )
    found = (speed_of(measurement, subject, cache) for subject, cache in kinds)
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


def same_work(one: Speed, two: Speed) -> bool:
    """Whether two kinds of trial ran the same model over the same inputs."""
    return (one.subject, one.work) == (two.subject, two.work) and one.work is not Work.UNKNOWN


def clearly_slower(slow: Speed, fast: Speed) -> bool:
    """Whether every round took longer, by more than a tenth and by more than the noise."""
    ratio = slow.tpot / fast.tpot
    return slow.tpot_range[0] > fast.tpot_range[1] and ratio > max(1.1, slow.noise, fast.noise)


def compared(slow: Speed, fast: Speed) -> str:
    """Write how ``slow`` compares with ``fast``, with the figures and their sample size."""
    figures = f"{shown(slow)} against {shown(fast)} per token ({sample(slow, fast)})"
    if same_work(slow, fast):
        return f"the same work as {fast.label}, and any difference is noise: {figures}"
    if clearly_slower(slow, fast):
        return f"{slow.tpot / fast.tpot:.1f} times as long per token as {fast.label}: {figures}"
    if clearly_slower(fast, slow):
        return f"{fast.tpot / slow.tpot:.1f} times faster per token than {fast.label}: {figures}"
    return f"no clear difference per token from {fast.label}: {figures}{_noisy(slow, fast)}"


def _noisy(one: Speed, two: Speed) -> str:
    worst = max(one.noise, two.noise)
    return f"; equal work varied {worst:.1f} times on this machine" if worst > 1.1 else ""


def shown(speed: Speed) -> str:
    """Write the time per token, and its range where rounds differ: ``48 ms (26 to 70)``."""
    low, high = (f"{seconds * 1000:.3g}" for seconds in speed.tpot_range)
    spread = "" if low == high else f" ({low} to {high})"
    return f"{speed.tpot * 1000:.3g} ms{spread}"


def sample(one: Speed, two: Speed) -> str:
    """Write what two figures rest on: ``96 tokens, 2 rounds``."""
    rounds = min(one.rounds, two.rounds)
    return f"{one.new_tokens} tokens, {'1 round' if rounds == 1 else f'{rounds} rounds'}"
