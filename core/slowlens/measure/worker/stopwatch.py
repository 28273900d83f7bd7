"""Notes when each token was decided, and what the step read; the meter tells it."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, NamedTuple, Protocol

from slowlens.facts.live.timing import Step
from slowlens.measure.worker.detokenizer import Detokenizer
from slowlens.measure.worker.meter import Meter, Reading

FLUSH = 0.2
"""Seconds between two reports."""
NO_TOKEN = -1
"""Where several sequences are written at once."""


class Tokens(Protocol):
    """What ``generate()`` hands to a streamer: a tensor."""

    def flatten(self) -> "Tokens":
        """Return it with one dimension."""

    def tolist(self) -> list[int]:
        """Return its numbers."""


class _Noted(NamedTuple):
    seconds: float
    read: Reading
    token: int | None
    """None where it is still to be read from the sequence."""


class Stopwatch:
    """Its own work, reports included, lies between the steps and belongs to none of them.

    Tokens are read from the device together, when they are reported: to fetch each one would hold
    up the next step.
    """

    def __init__(
        self,
        meter: Meter,
        detokenizer: Detokenizer,
        report: Callable[[Sequence[Step], str], None],
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.steps = 0
        self.last_token = NO_TOKEN
        self._meter, self._detokenizer = meter, detokenizer
        self._report, self._clock = report, clock
        self._pending: list[_Noted] = []
        self._streamed: list[int] = []
        self._prompt_seen = False
        self._shared = False
        self._left = self._flushed = 0.0

    def start(self) -> float:
        """Begin the first step; return the moment."""
        self._left = self._flushed = self._clock()
        return self._left

    def passed(self, now: float, sequence: Any) -> None:  # noqa: ANN401
        """End a step at ``now``; ``sequence`` ends with its token."""
        if self._prompt_seen and not self._streamed:  # a guess, which a later pass checks
            return
        self._note(now)
        if now - self._flushed >= FLUSH:
            self._flush(sequence)
            self._flushed = self._clock()
        self._left = self._clock()

    def finish(self, now: float, sequence: Any) -> None:  # noqa: ANN401
        """End the last step at ``now`` and report what is left, held back text included."""
        if self._meter.passes:
            self._note(now)
        self._flush(sequence)
        if rest := self._detokenizer.rest():
            self._report((), rest)

    def gpu_seconds(self) -> tuple[float, ...]:
        """Return the time on the GPU of each step, once all is over.

        Nothing where a step is not a pass of its own. Numbers alone do not tell: where all guesses
        of a model that makes them itself held, it took as many passes as it gave tokens.
        """
        seconds = tuple(self._meter.gpu_seconds())
        return () if self._shared or len(seconds) != self.steps else seconds

    def put(self, value: Tokens) -> None:
        """Take the tokens of one pass, as a streamer; the first call brings the prompt.

        For passes that check several guesses: how many hold, the sequence does not tell. And for
        those of a model inside the model, of which the meter hears nothing.
        """
        if self._prompt_seen:
            self._streamed += value.flatten().tolist()
            if not self._meter.passes:
                self.passed(self._clock(), None)
        self._prompt_seen = True

    def end(self) -> None:
        """Nothing to do: what is left is reported after the call has returned."""

    def _note(self, now: float) -> None:
        """Several tokens of one pass (assisted decoding) share its time evenly."""
        seconds, read = now - self._left, self._meter.take()
        if not self._streamed:
            self._pending.append(_Noted(seconds, read, None))
            return
        tokens, self._streamed = self._streamed, []
        count, dispatch = len(tokens), read.dispatch
        self._shared = self._shared or count > 1
        read = read._replace(dispatch=None if dispatch is None else dispatch / count)
        self._pending += [_Noted(seconds / count, read, token) for token in tokens]

    def _flush(self, sequence: Any) -> None:  # noqa: ANN401
        noted, self._pending = self._pending, []
        if not noted:
            return
        tokens = self._tokens(noted, sequence)
        steps = [
            Step(index, seconds, read.tokens_in, token, read.kv_length, read.dispatch)
            for index, ((seconds, read, _), token) in enumerate(
                zip(noted, tokens, strict=True), self.steps
            )
        ]
        self.steps += len(steps)
        self.last_token = tokens[-1]
        told = [] if self._meter.rows > 1 else tokens
        self._report(steps, self._detokenizer.add(told))

    def _tokens(self, noted: Sequence[_Noted], sequence: Any) -> list[int]:  # noqa: ANN401
        if self._meter.rows > 1:
            return [NO_TOKEN] * len(noted)
        streamed = [each.token for each in noted if each.token is not None]
        read: list[int] = streamed or sequence[0, -len(noted) :].tolist()
        return read
