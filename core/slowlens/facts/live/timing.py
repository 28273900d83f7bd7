"""One generation: what was asked, and when each step ended."""

from enum import StrEnum
from itertools import pairwise
from math import fsum, nan

from slowlens.frozen import dataclass


class Subject(StrEnum):
    """Which checkpoint of the pair."""

    MERGED = "merged"
    SOURCE = "source"


class Cache(StrEnum):
    """What ``generate()`` is told about the key-value cache."""

    AS_SHIPPED = "as shipped"
    """Nothing: the checkpoint decides."""
    ON = "on"
    OFF = "off"


class Purpose(StrEnum):
    """Why the trial is run."""

    PROOF = "proof"
    """A few steps, to read the input lengths."""
    SPEED = "speed"
    """Exactly ``new_tokens`` steps; end tokens are ignored, so that trials do equal work."""
    LENGTH = "length"
    """Until the checkpoint's own end tokens, at most ``new_tokens`` steps."""


class Finish(StrEnum):
    """Why a generation ended."""

    LENGTH = "length"
    EOS = "eos"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Trial:
    """One generation to run."""

    subject: Subject
    cache: Cache
    purpose: Purpose
    new_tokens: int
    round: int = 0

    @property
    def label(self) -> str:
        """The name to show: ``merged, cache off``."""
        separator = " " if self.cache is Cache.AS_SHIPPED else ", cache "
        return f"{self.subject}{separator}{self.cache}"


@dataclass(frozen=True, slots=True)
class Step:
    """One forward pass.

    ``seconds``: from the end of the step before (the first: from the call) to the moment the
    new token reached the host. ``tokens_in``: length of the input that this step processed, 0
    when it could not be counted.
    """

    index: int
    seconds: float
    tokens_in: int
    token: int


@dataclass(frozen=True, slots=True)
class Generation:
    """A trial that was run; ``total_seconds`` is the wall time of the whole call."""

    trial: Trial
    prompt_tokens: int
    steps: tuple[Step, ...]
    total_seconds: float
    finish: Finish
    text: str

    @property
    def ttft(self) -> float:
        """Time to first token in seconds: prefill and the first token."""
        return self.steps[0].seconds

    @property
    def itl(self) -> tuple[float, ...]:
        """Inter-token latencies in seconds, from the second token on."""
        return tuple(step.seconds for step in self.steps[1:])

    @property
    def tpot(self) -> float:
        """Time per output token in seconds, without the first: the mean inter-token latency.

        NaN when there is no second token.
        """
        return fsum(self.itl) / len(self.itl) if self.itl else nan

    @property
    def tokens_per_second(self) -> float:
        """Decode speed: one over TPOT."""
        return 1 / self.tpot

    @property
    def input_lengths(self) -> tuple[int, ...]:
        """Tokens that went into each step."""
        return tuple(step.tokens_in for step in self.steps)

    @property
    def cached(self) -> bool:
        """Whether every step after the first processed its newest token only."""
        return len(self.steps) > 1 and all(step.tokens_in == 1 for step in self.steps[1:])

    @property
    def recomputes(self) -> bool:
        """Whether each step processed one token more than the one before: no cache."""
        return len(self.steps) > 1 and all(b == a + 1 for a, b in pairwise(self.input_lengths))

    @property
    def growth(self) -> float:
        """Median latency of the last quarter of the steps over that of the first quarter.

        NaN when there is no second token.
        """
        if not self.itl:
            return nan
        from statistics import median  # a check without a run should start fast

        quarter = max(1, len(self.itl) // 4)
        return median(self.itl[-quarter:]) / median(self.itl[:quarter])
