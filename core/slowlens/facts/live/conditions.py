"""What the machine was like while the timed trials ran."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Purpose
from slowlens.frozen import dataclass, replace

TOLD = (Purpose.SPEED, Purpose.CURVE, Purpose.LENGTH)
"""Trials whose times are told to a person."""
MANY = 2
"""Kinds of trial: of more nobody reads the names."""
BRAKES = frozenset(
    ("hw_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown", "sw_thermal_slowdown")
)
"""Reasons that mean trouble whatever is left of the clock. Any other, as the power cap that a GPU
at work runs into, is none while the clock stays high."""
LOW_CLOCK = 0.85
"""Of the highest clock that the GPU has."""
LARGE_MEMORY = 0.2
"""Of the GPU's memory: more than a desktop or an idle program takes."""


SHARE = 0.2
"""Of the looks at one kind of trial that may find trouble."""
FEWEST = 2
"""Looks that find trouble: one alone proves nothing."""

Test: TypeAlias = Callable[[DeviceSample], bool | None]
"""Whether a look found trouble; None where it could not tell."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """All looks at one device during the timed trials of one kind."""

    label: str
    device: str
    """``uuid`` of the GPU; empty for the machine alone."""
    looks: tuple[DeviceSample, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """The stretches that found too much of one kind of trouble."""

    stretches: tuple[Stretch, ...]
    looks: tuple[DeviceSample, ...]
    """Those that found it."""
    kinds: tuple[str, ...]
    """The kinds of trial that were looked at, these included."""

    @property
    def all(self) -> tuple[DeviceSample, ...]:
        """Every look of these stretches."""
        return tuple(look for stretch in self.stretches for look in stretch.looks)

    @property
    def share(self) -> float:
        """How much of the time it was there, from 0 to 1."""
        return len(self.looks) / len(self.all)

    @property
    def labels(self) -> tuple[str, ...]:
        """The kinds of trial whose times are in doubt."""
        return tuple(dict.fromkeys(stretch.label for stretch in self.stretches))

    @property
    def named(self) -> str:
        """Name them, or of many those that are left; where both are many, say how many."""
        left = [kind for kind in self.kinds if kind not in self.labels]
        if not left and len(self.labels) > 1:
            return "all timed trials"
        if len(self.labels) > MANY and len(left) <= MANY:
            return f"all timed trials but {' and '.join(left)}"
        if len(self.labels) > MANY:
            number = len(self.labels)
            return f"{number} of {len(self.kinds)} kinds of timed trial"
        return " and ".join(self.labels)


def stretches(measurement: Measurement) -> tuple[Stretch, ...]:
    """Return what was seen of each kind of timed trial and each device; empty without looks."""
    found: dict[tuple[str, str], list[DeviceSample]] = {}
    for generation in measurement.generations:
        if generation.trial.purpose in TOLD:
            for look in within(generation, measurement.samples):
                found.setdefault((generation.trial.label, look.device), []).append(look)
    return tuple(Stretch(*kind, tuple(looks)) for kind, looks in found.items())


def trouble(seen: Iterable[Stretch], test: Test) -> Trouble | None:
    """Gather the stretches in which ``test`` is true too often; None without any."""
    found = [(stretch, [look for look in stretch.looks if test(look)]) for stretch in seen]
    bad = [(s, looks) for s, looks in found if _too_many(looks, s.looks)]
    if not bad:
        return None
    return Trouble(
        tuple(stretch for stretch, _ in bad),
        tuple(look for _, looks in bad for look in looks),
        tuple(dict.fromkeys(stretch.label for stretch, _ in found)),
    )


def untold(seen: Iterable[Stretch], test: Test) -> bool:
    """Whether for one of the stretches no look can answer ``test``."""
    return any(all(test(look) is None for look in stretch.looks) for stretch in seen)


def known(looks: Iterable[DeviceSample], field: str) -> list[Any]:
    """Return the values of one field where there are any."""
    values = (getattr(look, field) for look in looks)
    return [value for value in values if value is not None]


def typical(values: Sequence[float]) -> float:
    """Return the median."""
    from statistics import median  # a check without a run should start fast

    return median(values)


def _too_many(bad: Sequence[DeviceSample], looks: Sequence[DeviceSample]) -> bool:
    return len(bad) >= FEWEST and len(bad) > SHARE * len(looks)


def within(generation: Generation, samples: Iterable[DeviceSample]) -> tuple[DeviceSample, ...]:
    """Return the looks that were taken while ``generation`` ran; none if nobody knows when."""
    begun = generation.started
    if begun is None:
        return ()
    return tuple(s for s in samples if begun <= s.at <= begun + generation.total_seconds)


def slowed(sample: DeviceSample) -> bool | None:
    """Whether the clocks were held down; None where the driver does not tell."""
    if sample.throttle is None:
        return None
    if _held(sample):
        return True
    if not sample.throttle:
        return False
    if sample.sm_clock is None or sample.sm_clock_max is None:
        return None
    return sample.sm_clock < LOW_CLOCK * sample.sm_clock_max


def braked(measurement: Measurement, generation: Generation) -> bool:
    """Whether heat or the hardware held the clocks of a GPU down while a generation ran.

    Of several GPUs one suffices: the others wait for it.
    """
    alone = replace(measurement, generations=(generation,))
    return trouble(stretches(alone), _held) is not None


def _held(sample: DeviceSample) -> bool | None:
    return None if sample.throttle is None else not BRAKES.isdisjoint(sample.throttle)


def shared(sample: DeviceSample) -> bool | None:
    """Whether others used the GPU; None where the driver does not tell."""
    if sample.other_processes:
        return True
    if sample.other_memory is None or sample.memory_total is None:
        return None if sample.other_processes is None else False
    return sample.other_memory > LARGE_MEMORY * sample.memory_total


def crowded(sample: DeviceSample) -> bool | None:
    """Whether more wanted to run than there are processors; None where that is not known."""
    if sample.load is None or sample.cores is None:
        return None
    return sample.load > sample.cores + 0.5
