"""What goes into each forward pass, how long the host is in it, and what it continues."""

import functools
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import torch

from slowlens.facts.live.timing import Step

_INPUTS = ("input_ids", "inputs_embeds", "decoder_input_ids")
_CACHES = ("past_key_values", "cache_params")


class Reading(NamedTuple):
    """Forward passes since the last look: tokens in, tokens in reach, seconds of the host."""

    tokens_in: int
    kv_length: int
    dispatch: float | None


class Meter:
    """Listens where ``generate()`` makes up the inputs of a pass, and where it takes its outputs.

    Hooks on the forward pass would see the same, but a compiled one recompiles because of them.
    """

    def __init__(self, device: torch.device, clock: Callable[[], float] = perf_counter) -> None:
        self._device, self._clock = device, clock
        self._events: list[tuple[Any, Any]] = []
        self._answer: torch.Tensor | None = None
        self.rows = 1
        self.cache: Any = None
        """The key-value cache of the last pass."""
        self.passes: list[tuple[float, int, int]] = []
        """When each pass began, its tokens in and in reach."""
        self._tokens = self._reach = 0
        self._dispatch: float | None = None
        self._entered: float | None = None

    def start(self, *, steps: int = 0, answer: Sequence[int] = ()) -> None:
        """Begin a generation of ``steps`` whose sequence goes on with ``answer``, while that lasts.

        ``answer`` takes the place of what the model chose, so that all trials process the same.
        """
        self._clear()
        self.rows, self.passes, self.cache = 1, [], None
        self._answer = torch.tensor([answer], device=self._device) if answer else None
        if self._device.type == "cuda":
            self._events = [_pair() for _ in range(steps)]

    def take(self) -> Reading:
        """Return what went in since the last look, and begin anew."""
        reading = Reading(self._tokens, self._reach, self._dispatch)
        self._clear()
        return reading

    def gpu_seconds(self) -> list[float]:
        """Return the time on the GPU of each pass; only once the device has done all."""
        used = self._events[: len(self.passes)]
        return [start.elapsed_time(end) / 1000 for start, end in used]

    def steps(self, until: float) -> Iterator[Step]:
        """Yield the passes as steps, for a generation that no streamer may follow."""
        ends = [began for began, _, _ in self.passes[1:]] + [until]
        for number, ((began, tokens, reach), end) in enumerate(zip(self.passes, ends, strict=True)):
            yield Step(number, end - began, tokens, -1, reach)

    def entering(self, sequence: Any) -> None:  # noqa: ANN401
        """Put the token that all trials share in the place of the newest one, in the sequence."""
        past = len(self.passes) - 1
        if self._entered is not None:  # a chunk of the prompt
            return
        if self._answer is not None and 0 <= past < self._answer.shape[1]:
            sequence[:, -1:].copy_(self._answer[:, past : past + 1])

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
            self.passes[-1] = (self.passes[-1][0], self._tokens, self._reach)
            return
        if len(self.passes) < len(self._events):
            self._events[len(self.passes)][0].record()
        self._entered = self._clock()
        self.passes.append((self._entered, tokens, self._reach))

    def left(self, outputs: Any) -> None:  # noqa: ANN401
        """Take note of the end of a pass: of its launch, where a GPU does the work."""
        if self._entered is None:
            return
        if self.cache is None and outputs is not None:
            found = map(outputs.get, _CACHES)
            self.cache = next((cache for cache in found if cache is not None), None)
        self._dispatch = (self._dispatch or 0.0) + self._clock() - self._entered
        self._entered = None
        if 0 < len(self.passes) <= len(self._events):
            self._events[len(self.passes) - 1][1].record()

    def _clear(self) -> None:
        self._tokens = self._reach = 0
        self._dispatch = self._entered = None


def _pair() -> tuple[Any, Any]:
    return torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)


def metered(model: Any, device: torch.device) -> Meter:  # noqa: ANN401
    """Make ``generate()`` of ``model`` tell a meter about its passes."""
    meter = Meter(device)
    prepare = model.prepare_inputs_for_generation
    update = model._update_model_kwargs_for_generation

    @functools.wraps(prepare)  # generate() checks its keywords against this signature
    def prepared(input_ids: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        meter.entering(input_ids)
        inputs = prepare(input_ids, *args, **kwargs)
        meter.entered(inputs, input_ids)
        return inputs

    @functools.wraps(update)
    def updated(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        meter.left(args[0] if args else None)
        return update(*args, **kwargs)

    model.prepare_inputs_for_generation = prepared
    model._update_model_kwargs_for_generation = updated
    return meter
