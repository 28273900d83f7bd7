"""What goes into each forward pass, how long the host is in it, and what it continues."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import torch

from slowlens.measure.worker.gpu_clock import GpuClock

_INPUTS = ("input_ids", "inputs_embeds", "decoder_input_ids")
_CACHES = ("past_key_values", "cache_params")


class Reading(NamedTuple):
    """Forward passes since the last look: tokens in, tokens in reach, seconds of the host."""

    tokens_in: int
    kv_length: int
    dispatch: float | None


class Watch(Protocol):
    """Is told when a pass is over."""

    def passed(self, now: float, sequence: Any) -> None:  # noqa: ANN401
        """Take note that all of ``sequence`` was decided by ``now``."""


class Meter:
    """Listens where ``generate()`` makes up a pass's inputs, takes its outputs, and may stop.

    Hooks on the forward pass would see the same, but a compiled one recompiles because of them. A
    streamer would learn of each token, but the device has to wait while it is told.
    """

    def __init__(self, device: torch.device, clock: Callable[[], float] = perf_counter) -> None:
        self._device, self._clock = device, clock
        self._gpu: GpuClock | None = None
        self._entries: list[float] = []
        self._answer: tuple[torch.Tensor, ...] = ()
        self._watch: Watch | None = None
        self.rows = 1
        self.cache: Any = None
        """The key-value cache of the last pass."""
        self.passes = 0
        """That have begun."""
        self._led = 0
        self._tokens = self._reach = 0
        self._dispatch: float | None = None
        self._entered: float | None = None

    def start(
        self, *, steps: int = 0, answer: Sequence[int] = (), watch: Watch | None = None
    ) -> None:
        """Begin a generation of ``steps`` whose sequence goes on with ``answer``, while that lasts.

        ``answer`` takes the place of what the model chose, so that all trials process the same.
        ``watch`` is told of the end of each pass but the last, which nothing follows.
        """
        self._clear()
        self.rows, self.passes, self.cache, self._watch = 1, 0, None, watch
        self._led = 0
        self._answer = torch.tensor([answer], device=self._device).split(1, dim=1) if answer else ()
        self._entries = []
        self._gpu = None
        if steps and self._device.type == "cuda":  # its stream is dear to ask for at each event
            self._gpu = GpuClock(torch.cuda.current_stream(self._device), steps, self._clock)

    def take(self) -> Reading:
        """Return what went in since the last look, and begin anew."""
        reading = Reading(self._tokens, self._reach, self._dispatch)
        self._clear()
        return reading

    def gpu_seconds(self) -> list[float]:
        """Return the time from the beginning of each pass until the GPU was done with it.

        Only once all is over. Nothing where there were more passes than announced.
        """
        ends = self._gpu.ends() if self._gpu else []
        return [end - entry for entry, end in zip(self._entries, ends, strict=False)]

    def entering(self, sequence: Any) -> None:  # noqa: ANN401
        """Take note of the end of a pass.

        ``generate()`` has just asked the device whether it is to stop, and so has waited for it.
        """
        if self._entered is not None or not self.passes:  # a chunk of the prompt, or all of it
            return
        now = self._clock()
        self.chosen(sequence)
        if self._watch:
            self._watch.passed(now, sequence)

    def entered(self, inputs: Any, sequence: Any) -> None:  # noqa: ANN401
        """Take note of the inputs of a pass, which begins now."""
        given = next((t for t in map(inputs.get, _INPUTS) if t is not None), None)
        tokens = 0
        if given is not None:
            tokens = given.shape[1]
            self.rows = max(self.rows, given.shape[0])
        self._tokens += tokens
        self._reach = max(sequence.shape[1], self._tokens)
        if self._entered is not None:  # the next chunk of a prefill that is not over
            return
        self._entered = self._clock()
        self._entries.append(self._entered)
        self.passes += 1

    def left(self, outputs: Any) -> None:  # noqa: ANN401
        """Take note of the end of a pass: of its launch, where a GPU does the work."""
        if self._entered is None:
            return
        if self.cache is None and outputs is not None:
            found = map(outputs.get, _CACHES)
            self.cache = next((cache for cache in found if cache is not None), None)
        self._dispatch = (self._dispatch or 0.0) + self._clock() - self._entered
        self._entered = None
        if self._gpu:
            self._gpu.mark()

    def chosen(self, sequence: Any) -> None:  # noqa: ANN401
        """Put the token that all trials share in the place of the one that the pass chose.

        Told while a GPU still works at it, this holds up nothing; of a step on a CPU it takes some
        microseconds.
        """
        if self._led < self.passes <= len(self._answer):
            self._led = self.passes
            sequence[:, -1:].copy_(self._answer[self.passes - 1])

    def _clear(self) -> None:
        self._tokens = self._reach = 0
        self._dispatch = self._entered = None
