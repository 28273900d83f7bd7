"""What ``generate()`` is given for a prompt with a picture, as tensors on the device."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from inspect import signature
from typing import Any, TypeAlias

import torch
from transformers import AutoProcessor

from slowlens.errors import WorkerError
from slowlens.frozen import dataclass
from slowlens.measure.worker.picture_prompt import prompts
from slowlens.measure.worker.pictures import open_picture
from slowlens.measure.worker.qwen_pictures import from_parts, is_qwen

PER_TOKEN = {"input_ids": None, "attention_mask": 1, "mm_token_type_ids": 0, "token_type_ids": 0}
"""Tensors as long as the prompt, and what each says of a token of text."""
_KINDS = "mm_token_type_ids"
_IMAGE_IDS = ("image_token_id", "image_token_index")
_Found: TypeAlias = tuple[Mapping[str, Any], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Keywords of ``generate()``; ``image_tokens`` of the prompt's tokens stand for a picture."""

    tensors: Mapping[str, torch.Tensor]
    image_tokens: int
    notes: tuple[str, ...] = ()


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


def followed_by(inputs: Inputs, tokens: Sequence[int]) -> Inputs:
    """Return ``inputs`` with further tokens of text at the end of the prompt."""
    longer = dict(inputs.tensors)
    for name, value in PER_TOKEN.items():
        if (tensor := longer.get(name)) is not None:
            values = tokens if value is None else [value] * len(tokens)
            longer[name] = torch.cat([tensor, tensor.new_tensor([list(values)])], dim=1)
    return Inputs(longer, inputs.image_tokens, inputs.notes)


def ready(
    found: Mapping[str, Any],
    device: torch.device,
    model: Any,  # noqa: ANN401
    notes: tuple[str, ...],
) -> Inputs:
    """Put the tensors of ``found`` on the device, and count what stands for a picture."""
    tensors = {
        name: value.to(device, model.dtype) if value.is_floating_point() else value.to(device)
        for name, value in found.items()
        if isinstance(value, torch.Tensor)
    }
    marks = marks_in(tensors["input_ids"], model.config)
    if _KINDS not in tensors and marks.any() and is_qwen(model.config) and _takes(model, _KINDS):
        tensors[_KINDS] = marks.int()
    return Inputs(tensors, int(marks.sum()), notes)


def marks_in(ids: torch.Tensor, config: Any) -> torch.Tensor:  # noqa: ANN401
    """Return which tokens of a prompt stand for a picture."""
    known = {getattr(config, name, None) for name in _IMAGE_IDS} - {None}
    return torch.isin(ids, torch.tensor([*known], device=ids.device, dtype=ids.dtype))


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


def refuse_text_models(model: Any) -> None:  # noqa: ANN401
    """Raise WorkerError unless the model takes pixels."""
    if not _takes(model, "pixel_values"):
        raise WorkerError(
            f"{type(model).__name__} is a text model: it takes no pictures",
            hint="Leave --image out, or measure a checkpoint that looks at pictures.",
        )


def _takes(model: Any, name: str) -> bool:  # noqa: ANN401
    return name in signature(type(model).forward).parameters


def _no_processor(path: str, error: Exception) -> WorkerError:
    lines = str(error).strip().splitlines() or [""]
    return WorkerError(
        f"the picture cannot be prepared with the processor in {path}: "
        f"{type(error).__name__}: {lines[0][:200]}",
        hint="Copy preprocessor_config.json, processor_config.json and the tokenizer's files from "
        "the source; some processors also need torchvision.",
    )
