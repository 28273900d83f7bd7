"""The time of a token in parts that add up to it, and what bounds it."""

from collections.abc import Iterator
from enum import StrEnum

from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.trial import Cache
from slowlens.frozen import dataclass

READING = 0.5
"""Share of the work from which the floor, rather than what lies above it, is what bounds it."""


class Share(StrEnum):
    """A part of the time of a token, in the order of a waterfall."""

    FLOOR = "floor: weights and cache read once"
    BUSY = "at work beyond the floor"
    PLANS = "attention plans for new lengths"
    LAUNCH = "GPU waits for launches"
    RECOMPUTE = "recomputation, the cache is off"
    OFFLOAD = "weights copied from the host"
    REST = "outside the forward pass, or unexplained"


class Bound(StrEnum):
    """What limits a token."""

    BANDWIDTH = "bandwidth-bound"
    COMPUTE = "compute-bound"
    PLANS = "planning-bound"
    LAUNCH = "launch-bound"
    RECOMPUTE = "recompute-bound"
    OFFLOAD = "offload-bound"
    THROTTLE = "throttle-bound"
    UNKNOWN = "not told apart"


@dataclass(frozen=True, slots=True)
class Part:
    """Seconds of one share."""

    share: Share
    seconds: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The time per output token of one kind of trial, in parts that add up to it. Seconds."""

    label: str
    subject: str
    cache: Cache
    tpot: float
    parts: tuple[Part, ...]
    floor: float | None
    """None where the bandwidth of the device is not known."""
    kernels: float | None
    """Launched for each token."""
    estimated: bool
    """Whether ``tpot`` is predicted from probes."""

    throttled: bool = False
    """Whether heat or the hardware's own brakes held the clocks down, whatever the parts say."""

    @property
    def mbu(self) -> float | None:
        """Model bandwidth utilization: the share of the time in which reading is the limit."""
        return None if self.floor is None else self.floor / self.tpot

    @property
    def bound(self) -> Bound:
        """Return what takes most of the time, the floor and the work on the GPU taken together."""
        if self.throttled:
            return Bound.THROTTLE
        seconds = {part.share: part.seconds for part in self.parts}
        working = seconds.get(Share.FLOOR, 0.0) + seconds.get(Share.BUSY, 0.0)
        reading = seconds.get(Share.FLOOR, 0.0) >= READING * working
        candidates = {
            Bound.BANDWIDTH if reading else Bound.COMPUTE: working,
            Bound.PLANS: seconds.get(Share.PLANS, 0.0),
            Bound.LAUNCH: seconds.get(Share.LAUNCH, 0.0),
            Bound.RECOMPUTE: seconds.get(Share.RECOMPUTE, 0.0),
            Bound.OFFLOAD: seconds.get(Share.OFFLOAD, 0.0),
            Bound.UNKNOWN: seconds.get(Share.REST, 0.0),
        }
        return max(candidates, key=lambda bound: candidates[bound])

    def seconds(self, share: Share) -> float:
        """Return the seconds of a share, 0 where it has none."""
        return sum(part.seconds for part in self.parts if part.share is share)


def sentence(explained: Waterfall) -> str:
    """Name the bound and its figures in one sentence, without a stop."""
    return f"{explained.label} is {explained.bound}: {'; '.join(_figures(explained))}"


def _figures(explained: Waterfall) -> Iterator[str]:
    about = "about " if explained.estimated else ""
    yield f"{about}{milliseconds(explained.tpot)} a token"
    largest = sorted(explained.parts, key=lambda part: -part.seconds)[:2]
    for part in largest:
        launched = (
            f" ({explained.kernels:,.0f} kernels)"
            if part.share is Share.LAUNCH and explained.kernels
            else ""
        )
        yield f"{milliseconds(part.seconds)} {part.share}{launched}"
    if explained.mbu is not None:
        yield f"{100 * explained.mbu:.0f} % of the memory bandwidth used"
