"""What the device can do at best, and what it did during a run. None is "not available"."""

from slowlens.facts.live.trial import Cache
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Peaks:
    """Measured on the device right before the trials, with the dtype of the model."""

    bandwidth: float
    """Bytes read and written per second by a copy that is larger than the caches."""
    flops: float
    """Floating-point operations per second of a large matrix product."""
    dtype: str
    host_to_device: float | None = None
    """Bytes per second from pinned memory; None on a CPU."""


@dataclass(frozen=True, slots=True)
class DeviceSample:
    """One look at the machine while it works. Bytes, MHz, watts, degrees Celsius, percent."""

    at: float
    """Seconds on the clock of ``Generation.started``."""
    memory_used: int | None = None
    """Of the GPU, by everybody."""
    memory_total: int | None = None
    utilization: int | None = None
    """Percent of the last interval with a kernel on the GPU."""
    sm_clock: int | None = None
    sm_clock_max: int | None = None
    memory_clock: int | None = None
    power: float | None = None
    power_limit: float | None = None
    temperature: int | None = None
    throttle: tuple[str, ...] | None = None
    """Why the clocks are held down, in NVIDIA's words: ``sw_power_cap``, ``hw_thermal_slowdown``;
    idling is no reason."""
    other_processes: int | None = None
    """Programs on the GPU besides the measuring one."""
    process_memory: int | None = None
    """Resident bytes of the measuring process and its children."""
    load: float | None = None
    """Load average of the last minute."""
    device: str = ""
    """``uuid`` of the GPU; empty for the machine alone."""
    other_memory: int | None = None
    """Bytes of the GPU that other programs hold; where the driver does not tell whose they are,
    what was in use before the measuring process had any."""
    cores: int | None = None
    """Processors that ``load`` is spread over."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Some steps of a trial with every kernel recorded. Per step; times in seconds."""

    subject: str
    cache: Cache
    steps: int
    wall: float
    """While recorded, which slows the host."""
    busy: float
    """With at least one kernel on the GPU."""
    kernels: float
    copies: float
    """Copying from the host while no kernel ran."""
    fresh: float | None = None
    """A step at a length that was new, not recorded; None where nothing depends on that."""
    again: float | None = None
    """The same step once more, in the same thread."""
    without_plans: float | None = None
    """A step at a new length while torch was kept from using cuDNN for attention; None where a
    new length costs little."""
