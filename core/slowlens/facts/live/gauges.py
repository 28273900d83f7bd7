"""What is told of the machine during a run: which figures, in which order, and of which GPU."""

from collections.abc import Callable, Sequence

from slowlens.facts.live.device import DeviceSample
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure of the machine."""

    title: str
    """With its unit."""
    of: Callable[[DeviceSample], float | None]
    of_gpu: bool = True
    """Else it is the machine's, and the same in the looks at each GPU."""
    from_zero: bool = True
    """Whether zero is none of it, as it is not of a temperature."""


def _giga(count: int | None) -> float | None:
    return None if count is None else count / 1e9


GAUGES = (
    Gauge("GPU busy, %", lambda look: look.utilization),
    Gauge("SM clock, MHz", lambda look: look.sm_clock),
    Gauge("power, W", lambda look: look.power),
    Gauge("temperature, °C", lambda look: look.temperature, from_zero=False),
    Gauge("GPU memory, GB", lambda look: _giga(look.memory_used)),
    Gauge("memory of the run, GB", lambda look: _giga(look.process_memory), of_gpu=False),
    Gauge("load average, processes", lambda look: look.load, of_gpu=False),
)


@dataclass(frozen=True, slots=True)
class Track:
    """What one GPU, or the machine, tells of one figure over time."""

    gauge: Gauge
    gpu: int
    """Counted from 0; 0 of what is the machine's."""
    looks: tuple[DeviceSample, ...]

    @property
    def figures(self) -> tuple[float, ...]:
        """Those that were told."""
        found = (self.gauge.of(look) for look in self.looks)
        return tuple(value for value in found if value is not None)


def gauges(looks: Sequence[DeviceSample]) -> tuple[Gauge, ...]:
    """Return the figures that are known."""
    return tuple(gauge for gauge in GAUGES if any(gauge.of(look) is not None for look in looks))


def tracks(gauge: Gauge, looks: Sequence[DeviceSample]) -> tuple[Track, ...]:
    """Return one for each GPU, or one of the machine, which each look tells."""
    if not gauge.of_gpu:
        moments = {look.at: look for look in looks}
        return (Track(gauge, 0, tuple(moments.values())),)
    gpus = dict.fromkeys(look.device for look in looks if gauge.of(look) is not None)
    return tuple(
        Track(gauge, number, tuple(look for look in looks if look.device == gpu))
        for number, gpu in enumerate(gpus)
    )
