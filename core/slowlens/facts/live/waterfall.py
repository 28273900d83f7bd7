"""The time of a token in parts that add up to it, and what bounds it."""

from collections.abc import Iterator
from enum import StrEnum

from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.trial import Cache
from slowlens.facts.live.verdict import times
from slowlens.frozen import dataclass

NOISY = 1.5
"""Times that equal work was timed apart, from which a split of the time is a guess."""
NEAR = 0.05
"""Share of the time of a token: what lies less apart changes places from run to run."""


class Share(StrEnum):
    """A part of the time of a token, in the order of a waterfall."""

    FLOOR = "floor: weights and cache read once"
    BUSY = "at work beyond the floor"
    PLANS = "attention plans for new lengths"
    LAUNCH = "GPU waits for launches"
    RECOMPUTE = "recomputation, the cache is off"
    FORWARD = "in the forward pass, work or recomputation"
    OFFLOAD = "weights copied from the host"
    REST = "outside the forward pass, or unexplained"


class Bound(StrEnum):
    """What limits a token.

    By its kernels where they run for longer than reading takes: at one token at a time their
    arithmetic is next to nothing, so that it is not called compute-bound.
    """

    BANDWIDTH = "bandwidth-bound"
    KERNEL = "kernel-bound"
    PLANS = "planning-bound"
    LAUNCH = "launch-bound"
    RECOMPUTE = "recompute-bound"
    OFFLOAD = "offload-bound"
    THROTTLE = "throttle-bound"
    UNKNOWN = "not told apart"


ALONE = {
    Share.PLANS: Bound.PLANS,
    Share.LAUNCH: Bound.LAUNCH,
    Share.RECOMPUTE: Bound.RECOMPUTE,
    Share.OFFLOAD: Bound.OFFLOAD,
}
"""Parts that bound a token by themselves."""
UNTOLD = (Share.FLOOR, Share.FORWARD, Share.REST)
"""Parts that a sentence tells as well as a table."""


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

    noise: float = 1.0
    """How many times as long as itself equal work was timed, in this measurement."""
    throttled: bool = False
    """Whether heat or the hardware's own brakes held the clocks down, whatever the parts say."""

    @property
    def mbu(self) -> float | None:
        """Model bandwidth utilization: the share of the time in which reading is the limit."""
        return None if self.floor is None else self.floor / self.tpot

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Return what takes most of the time, and what takes nearly as much of it.

        The floor and the work on the GPU are taken together, and named by the larger of the two.
        """
        if self.throttled:
            return (Bound.THROTTLE,)
        near = NEAR * self.tpot
        floor, busy = self.seconds(Share.FLOOR), self.seconds(Share.BUSY)
        known = {
            Bound.BANDWIDTH: floor + busy if floor >= busy - near else 0.0,
            Bound.KERNEL: floor + busy if busy >= floor - near else 0.0,
            **{bound: self.seconds(share) for share, bound in ALONE.items()},
        }
        unknown = (self.seconds(share) for share in (Share.FORWARD, Share.REST))
        least = max(*known.values(), *unknown) - near
        largest = sorted(known.items(), key=lambda each: -each[1])
        return tuple(bound for bound, seconds in largest if seconds >= least) or (Bound.UNKNOWN,)

    @property
    def split(self) -> bool:
        """Whether more is known than its floor, so that its parts are worth a look."""
        known = any(part.share not in UNTOLD for part in self.parts)
        return known or self.bounds != (Bound.UNKNOWN,)

    @property
    def bound(self) -> str:
        """Name them: ``launch-bound``, ``bandwidth- and kernel-bound``."""
        *others, last = self.bounds
        shortened = ", ".join(other.removesuffix("bound") for other in others)
        return f"{shortened} and {last}" if others else last

    def seconds(self, share: Share) -> float:
        """Return the seconds of a share, 0 where it has none."""
        return sum(part.seconds for part in self.parts if part.share is share)


def sentence(explained: Waterfall) -> str:
    """Name the bound and its figures in one sentence, without a stop."""
    return f"{explained.label} is {explained.bound}: {'; '.join(_figures(explained))}"


def _figures(explained: Waterfall) -> Iterator[str]:
    about = "about " if explained.estimated else ""
    yield f"{about}{milliseconds(explained.tpot)} a token"
    shares = dict.fromkeys(part.share for part in explained.parts)  # one may have several parts
    for share in sorted(shares, key=explained.seconds, reverse=True)[:2]:
        launched = (
            f" ({explained.kernels:,.0f} kernels)"
            if share is Share.LAUNCH and explained.kernels
            else ""
        )
        yield f"{milliseconds(explained.seconds(share))} {share}{launched}"
    if explained.mbu is not None:
        yield f"{100 * explained.mbu:.0f} % of the memory bandwidth used"
    if explained.seconds(Share.FORWARD):
        yield "to tell work from recomputation, time it with the cache on too (--cache on)"
    if explained.noise > NOISY:
        yield f"a guess, for equal work was timed {times(explained.noise)} times apart"
