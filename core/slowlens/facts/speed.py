"""Figures of a measurement: medians over rounds, each with its sample size."""

from dataclasses import dataclass
from statistics import median

from slowlens.facts.measurement import Measurement
from slowlens.facts.timing import Cache, Finish, Generation, Purpose, Subject


@dataclass(frozen=True, slots=True)
class Speed:
    """One kind of speed trial. Seconds; medians over ``rounds`` whole generations."""

    label: str
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

    @property
    def tokens_per_second(self) -> float:
        """Decode speed."""
        return 1 / self.tpot


def speed_of(measurement: Measurement, subject: Subject, cache: Cache) -> Speed | None:
    """Return the figures of the complete speed trials of one kind; None without any."""
    found = measurement.find(subject, cache, Purpose.SPEED)
    done = tuple(g for g in found if g.finish is not Finish.STOPPED and g.itl)
    if not done:
        return None
    return Speed(
        label=done[0].trial.label,
        tpot=median(g.tpot for g in done),
        tpot_range=(min(g.tpot for g in done), max(g.tpot for g in done)),
        ttft=median(g.ttft for g in done),
        growth=median(g.growth for g in done),
        new_tokens=len(done[0].steps),
        rounds=len(done),
    )


def speeds(measurement: Measurement) -> tuple[Speed, ...]:
    """Return the figures of every kind of speed trial, in the order in which they first ran."""
    kinds = dict.fromkeys(
        (g.trial.subject, g.trial.cache)
        for g in measurement.generations
        if g.trial.purpose is Purpose.SPEED
    )
    found = (speed_of(measurement, subject, cache) for subject, cache in kinds)
    return tuple(speed for speed in found if speed is not None)


def answer_of(measurement: Measurement, subject: Subject) -> Generation | None:
    """Return the generation that was to stop by itself; None when it was not run to its end."""
    found = [
        g
        for g in measurement.generations
        if (g.trial.subject, g.trial.purpose) == (subject, Purpose.LENGTH)
        and g.finish is not Finish.STOPPED
    ]
    return found[-1] if found else None


def clearly_slower(slow: Speed, fast: Speed) -> bool:
    """Whether every round of ``slow`` took longer than every round of ``fast``, by a tenth."""
    return slow.tpot_range[0] > fast.tpot_range[1] and slow.tpot > 1.1 * fast.tpot


def compared(slow: Speed, fast: Speed) -> str:
    """Write how ``slow`` compares with ``fast``, with the figures and their sample size."""
    figures = f"{shown(slow)} against {shown(fast)} per token ({sample(slow, fast)})"
    if clearly_slower(slow, fast):
        return f"{slow.tpot / fast.tpot:.1f} times as long per token as {fast.label}: {figures}"
    if clearly_slower(fast, slow):
        return f"{fast.tpot / slow.tpot:.1f} times faster per token than {fast.label}: {figures}"
    return f"not clearly slower per token than {fast.label}: {figures}"


def shown(speed: Speed) -> str:
    """Write the time per token, and its range where rounds differ: ``48 ms (26 to 70)``."""
    low, high = (f"{seconds * 1000:.3g}" for seconds in speed.tpot_range)
    spread = "" if low == high else f" ({low} to {high})"
    return f"{speed.tpot * 1000:.3g} ms{spread}"


def sample(one: Speed, two: Speed) -> str:
    """Write what two figures rest on: ``96 tokens, 2 rounds``."""
    rounds = min(one.rounds, two.rounds)
    return f"{one.new_tokens} tokens, {'1 round' if rounds == 1 else f'{rounds} rounds'}"
