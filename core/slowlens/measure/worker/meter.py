"""How many tokens go into each forward pass."""

import functools
from typing import Any

_INPUTS = ("input_ids", "inputs_embeds", "decoder_input_ids")


class Meter:
    """Tokens that went into forward passes since the last look."""

    def __init__(self) -> None:
        self._tokens = 0

    def add(self, tokens: int) -> None:
        """Count one forward pass."""
        self._tokens += tokens

    def take(self) -> int:
        """Return the count, 0 if nothing could be counted, and begin anew."""
        tokens, self._tokens = self._tokens, 0
        return tokens


def metered(model: Any) -> Meter:  # noqa: ANN401
    """Count where ``generate()`` makes up the inputs that it hands to each forward pass.

    A hook on the forward pass sees the same, but a compiled one recompiles because of it.
    """
    meter = Meter()
    prepare = model.prepare_inputs_for_generation

    @functools.wraps(prepare)  # generate() checks its keywords against this signature
    def counted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        inputs = prepare(*args, **kwargs)
        given = (inputs.get(name) for name in _INPUTS)
        meter.add(next((tensor.shape[1] for tensor in given if tensor is not None), 0))
        return inputs

    model.prepare_inputs_for_generation = counted
    return meter
