"""What ``generate()`` is given for a prompt with a picture, and for one that is made up."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias

import torch
from transformers import AutoProcessor

from slowlens.errors import WorkerError
from slowlens.measure.worker.oneline import one_line
from slowlens.measure.worker.picture_prompt import prompts
from slowlens.measure.worker.pictures import open_picture
from slowlens.measure.worker.qwen_pictures import from_parts, is_qwen, pixels_of_size
from slowlens.measure.worker.tensors import Inputs, marks_in, ready, refuse_text_models

_FIRST = 16
"""Smaller ids are special tokens in many vocabularies."""
_BEYOND = 50_000
"""Larger ones in others."""
_Found: TypeAlias = tuple[Mapping[str, Any], tuple[str, ...]]


def inputs_for(path: str, text: str, image: str, device: torch.device, model: Any) -> Inputs:  # noqa: ANN401
    """Encode ``text`` and ``image`` (a file, or ``generated``) as one turn of a chat.

    With the checkpoint's own processor; where that cannot be loaded (for Qwen's it takes
    torchvision), with its tokenizer and its image processor. Raises WorkerError for a picture that
    cannot be read, a model that takes none, and a checkpoint without processor files.
    """
    refuse_text_models(model)
    picture = open_picture(image)
    try:
        found, notes = _from_processor(path, text, picture, model.config)
    except Exception as error:  # processors fail in as many ways as there are
        if not is_qwen(model.config):
            raise _no_processor(path, error) from error
        try:
            found, notes = from_parts(path, text, picture, model.config)
        except Exception as second:
            raise _no_processor(path, second) from second
    return ready(found, device, model, notes)


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


def _from_processor(path: str, text: str, picture: Any, config: Any) -> _Found:  # noqa: ANN401
    processor: Any = AutoProcessor.from_pretrained(path, trust_remote_code=False)
    if not hasattr(processor, "image_processor"):
        raise WorkerError("it has a tokenizer, and nothing that reads pictures")
    renderer = processor if processor.chat_template else processor.tokenizer
    tried = prompts(renderer, text, plain=f"{processor.image_token}\n{text}")
    for prompt, notes in tried[:-1]:
        with suppress(ValueError):  # some count pictures and marks
            found = _processed(processor, prompt, picture)
            if marks_in(found["input_ids"], config).any():
                return found, notes
    prompt, notes = tried[-1]
    return _processed(processor, prompt, picture), notes


def _processed(processor: Any, prompt: str, picture: Any) -> Any:  # noqa: ANN401
    begin = processor.tokenizer.bos_token
    has_begin = bool(begin) and prompt.startswith(begin)
    return processor(
        text=prompt, images=picture, return_tensors="pt", add_special_tokens=not has_begin
    )


def _no_processor(path: str, error: Exception) -> WorkerError:
    return WorkerError(
        f"the picture cannot be prepared with the processor in {path}: {one_line(error, 240)}",
        hint="Copy preprocessor_config.json, processor_config.json and the tokenizer's files from "
        "the source; some processors also need torchvision.",
    )
