"""A streamer that notes when each token reached the host, and what the step read."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol

from slowlens.facts.live.timing import Step
from slowlens.measure.worker.detokenizer import Detokenizer
from slowlens.measure.worker.meter import Meter

FLUSH = 0.2
"""Seconds between two reports."""


class Tokens(Protocol):
    """What ``generate()`` hands to a streamer: a tensor."""

    def flatten(self) -> "Tokens":
        """Return it with one dimension."""

    def tolist(self) -> list[int]:
        """Return its numbers."""


class Stopwatch:
    """Its own work, reports included, lies between the steps and belongs to none of them."""

    def __init__(
        self,
        meter: Meter,
        detokenizer: Detokenizer,
        report: Callable[[Sequence[Step], str], None],
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.steps = 0
        self.last_token = -1
        self._meter, self._detokenizer = meter, detokenizer
        self._report, self._clock = report, clock
        self._pending: list[tuple[int, float, int, int, int, float | None]] = []
        self._prompt_seen = False
        self._left = self._flushed = 0.0

    def start(self) -> float:
        """Begin the first step; return the moment."""
        self._left = self._flushed = self._clock()
        return self._left

    def put(self, value: Tokens) -> None:
        """Take the tokens of one forward pass; the first call brings the prompt."""
        now = self._clock()
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        self._add(value.flatten().tolist(), now - self._left)
        if now - self._flushed >= FLUSH:
            self.flush()
            self._flushed = self._clock()
        self._left = self._clock()

    def end(self) -> None:
        """Nothing to do: what is left is reported after the call has returned."""

    def flush(self) -> None:
        """Report the steps that were not reported yet."""
        if not self._pending:
            return
        steps = [Step(*fields) for fields in self._pending]
        self._report(steps, self._detokenizer.add([step.token for step in steps]))
        self._pending = []

    def finish(self) -> None:
        """Report what is left, text that was held back included."""
        self.flush()
        if rest := self._detokenizer.rest():
            self._report((), rest)

    def _add(self, tokens: list[int], seconds: float) -> None:
        """Several tokens of one pass (assisted decoding) share its time evenly."""
        tokens_in, kv_length, dispatch = self._meter.take()
        share = seconds / len(tokens)
        for token in tokens:
            self._pending.append((self.steps, share, tokens_in, token, kv_length, dispatch))
            self.steps += 1
            self.last_token = token
