"""A prompt for a model without a tokenizer and a processor."""

from typing import Any

import torch

from slowlens.errors import WorkerError
from slowlens.measure.worker.inputs import Inputs, ready, refuse_text_models
from slowlens.measure.worker.pictures import open_picture
from slowlens.measure.worker.qwen_pictures import is_qwen, pixels_of_size

_FIRST = 16
"""Smaller ids are special tokens in many vocabularies."""
_BEYOND = 50_000
"""Larger ones in others."""


def made_up_inputs(model: Any, text_tokens: int, image: str, device: torch.device) -> Inputs:  # noqa: ANN401
    """Make up a prompt of ``text_tokens`` tokens, and ``image`` before it unless that is empty.

    A picture becomes as many tokens as it would with the Hub's processor; its pixels are random.
    Raises WorkerError for a picture of a family other than Qwen-VL's, whose layout only its
    processor knows, and for a model that takes none.
    """
    ids = text_ids(int(model.config.get_text_config().vocab_size), max(1, text_tokens))
    pixels: dict[str, torch.Tensor] = {}
    if image:
        refuse_text_models(model)
        if not is_qwen(model.config):
            raise WorkerError(
                f"no picture can be made up for model_type {model.config.model_type}",
                hint="Measure a checkpoint with its processor files, or a shape of Qwen's.",
            )
        pixels, marks = pixels_of_size(model.config, open_picture(image).size)
        ids = marks + ids
    prompt = torch.tensor([ids])
    found = {"input_ids": prompt, "attention_mask": torch.ones_like(prompt), **pixels}
    note = f"the text of the prompt is {text_tokens} made-up tokens, and that of answers is empty"
    return ready(found, device, model, (note,))


def text_ids(vocabulary: int, size: int) -> list[int]:
    """Return ``size`` ids that stand for text in most vocabularies."""
    last = min(vocabulary, _BEYOND)
    first = min(_FIRST, last - 1)
    return [first + number % (last - first) for number in range(size)]
