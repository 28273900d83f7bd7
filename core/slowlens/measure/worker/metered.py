"""Where ``generate()`` lets a meter listen."""

import functools
from typing import Any

import torch
from transformers import StoppingCriteriaList

from slowlens.measure.worker.meter import Meter
from slowlens.measure.worker.stop_check import ask_after_each_pass


def metered(model: Any, device: torch.device) -> Meter:  # noqa: ANN401
    """Make ``generate()`` of ``model`` tell a meter about its passes."""
    meter = Meter(device)
    ask_after_each_pass()
    prepare = model.prepare_inputs_for_generation
    update = model._update_model_kwargs_for_generation
    stop = model._get_stopping_criteria

    class Criteria(StoppingCriteriaList):  # type: ignore[misc]
        """Those of the model; they are asked as soon as a token is chosen."""

        def __call__(self, input_ids: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            done = super().__call__(input_ids, *args, **kwargs)
            meter.chosen(input_ids)
            return done

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

    def stopping(*args: Any, **kwargs: Any) -> Criteria:  # noqa: ANN401
        return Criteria(stop(*args, **kwargs))

    model.prepare_inputs_for_generation = prepared
    model._get_stopping_criteria = stopping
    model._update_model_kwargs_for_generation = updated
    return meter
