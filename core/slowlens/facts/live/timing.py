"""One generation: when each of its steps ended, and what went into it."""

from collections.abc import Sequence
from itertools import pairwise
from math import fsum, nan

from slowlens.facts.live.trial import Finish, Trial
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One forward pass.

    ``seconds``: from the end of the step before (the first: from the call) to the moment the host
    knew that the device had done it. ``tokens_in``: length of the input that this step processed,
    0 when it could not be counted. ``token``: what the sequence goes on with, which is the model's
    own choice unless all trials go on with the same; -1 where several sequences are written.
    """

    index: int
    seconds: float
    tokens_in: int
    token: int
    kv_length: int = 0
    """Tokens that the newest one could look at, itself included; 0 when not counted."""
    dispatch: float | None = None
    """Seconds of the host in the forward pass: where a GPU does the work, the time to launch it."""
    gpu: float | None = None
    """Seconds from the beginning of the pass to the end of its last kernel on the GPU, which a CUDA
    event tells: gaps between kernels are in it."""


def recomputed(lengths: Sequence[int]) -> bool:
    """Whether each step took in one token more than the one before: all of them again."""
    return len(lengths) > 1 and all(b == a + 1 for a, b in pairwise(lengths))


@dataclass(frozen=True, slots=True)
class Generation:
    """A trial that was run; ``total_seconds`` is the wall time of the whole call."""

    trial: Trial
    prompt_tokens: int
    steps: tuple[Step, ...]
    total_seconds: float
    finish: Finish
    text: str
    started: float | None = None
    """On the clock of the samples."""
    memory_peak: int | None = None
    """Bytes that torch held on the GPU at most, weights included."""
    rows: int = 1
    """Sequences that each pass processed: beams, or several answers."""
    cache_size: int | None = None
    """Bytes of all tensors in the key-value cache at the end; None without a cache."""
    image_tokens: int = 0
    """Those of the prompt that stand for a picture or a video."""
    passes: int | None = None
    """Forward passes: fewer than steps where several tokens were guessed and held; None where they
    were not counted."""

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
        return recomputed(self.input_lengths)
