"""A call of the model's own ``generate()``: with which prompt, settings and streamer."""

from typing import Any

import torch
from transformers import GenerationMixin

from slowlens.facts.live.trial import Purpose, Trial
from slowlens.measure.worker.arguments import arguments, guesses
from slowlens.measure.worker.loading import Ready
from slowlens.measure.worker.sequence import Common, within
from slowlens.measure.worker.tensors import followed_by

OWN_PROMPT = (Purpose.PROOF, Purpose.LENGTH)
"""Trials that show what a user of the checkpoint gets; the others process a common sequence."""


def generate(ready: Ready, trial: Trial, inputs: dict[str, Any], streamer: object | None) -> Any:  # noqa: ANN401
    """Call the model's own ``generate()`` as the trial asks; return its sequences, a tensor."""
    ready.model.generation_config = ready.generation_config
    told: dict[str, Any] = arguments(trial, ready.generation_config)
    if trial.purpose is Purpose.LENGTH:
        told["tokenizer"] = ready.prompt.tokenizer  # to look for stop strings
    found = ready.model.generate(**inputs, streamer=streamer, **told)
    return getattr(found, "sequences", found)


def inputs_of(ready: Ready, trial: Trial, common: Common) -> dict[str, Any]:
    """Return the tensors for ``generate()``: the checkpoint's own prompt, or the common one.

    A prompt with a picture is its own in every trial.
    """
    ahead = within(common.ahead(trial.ahead), ready.vocabulary) if trial.ahead else ()
    if ready.prompt.tensors:
        return followed_by(ready.prompt.tensors, ahead)
    own = trial.purpose in OWN_PROMPT
    ids = ready.prompt.ids if own else within(common.prompt, ready.vocabulary)
    tokens = torch.tensor([[*ids, *ahead]], device=ready.device)
    return {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}


def streamed(ready: Ready, trial: Trial) -> bool:
    """Whether only a streamer tells which tokens a pass gave.

    Where it checks guesses, and where a model has the one in it generate, as BLIP-2. No beam search
    takes a streamer.
    """
    handed_over = type(ready.model).generate is not GenerationMixin.generate
    beams = trial.purpose is Purpose.PROOF and ready.card.beams > 1
    return guesses(trial, ready.generation_config) or (handed_over and not beams)
