"""Keywords of ``generate()`` as tensors on the device."""

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

import torch

from slowlens.errors import WorkerError
from slowlens.frozen import dataclass
from slowlens.measure.worker.qwen_pictures import is_qwen

PER_TOKEN = {"input_ids": None, "attention_mask": 1, "mm_token_type_ids": 0, "token_type_ids": 0}
"""Tensors as long as the prompt, and what each says of a token of text."""
_KINDS = "mm_token_type_ids"
_IMAGE_IDS = ("image_token_id", "image_token_index")
_MARKS = ("image", "video", "vision", "audio", "boi", "eoi", "boa", "eoa")
"""How the names of configs begin that hold the id of a token which is no text."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Keywords of ``generate()``; ``image_tokens`` of the prompt's tokens stand for a picture."""

    tensors: Mapping[str, torch.Tensor]
    image_tokens: int
    notes: tuple[str, ...] = ()


def followed_by(tensors: Mapping[str, Any], tokens: Sequence[int]) -> dict[str, Any]:
    """Return the keywords of a prompt with further tokens of text at its end."""
    longer = dict(tensors)
    for name, value in PER_TOKEN.items():
        if (tensor := longer.get(name)) is not None:
            values = tokens if value is None else [value] * len(tokens)
            longer[name] = torch.cat([tensor, tensor.new_tensor([list(values)])], dim=1)
    return longer


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


def textual(ids: Sequence[int], config: Any) -> tuple[int, ...]:  # noqa: ANN401
    """Return the ids without those that stand for a picture or a sound, or set it off.

    A model that meets more of them than it was given pixels for refuses to go on.
    """
    named = (name for name in vars(config) if name.startswith(_MARKS) and "_token_i" in name)
    marks = {getattr(config, name) for name in named}
    return tuple(token for token in ids if token not in marks)


def refuse_text_models(model: Any) -> None:  # noqa: ANN401
    """Raise WorkerError unless the model takes pixels."""
    if not _takes(model, "pixel_values"):
        raise WorkerError(
            f"{type(model).__name__} is a text model: it takes no pictures",
            hint="Leave --image out, or measure a checkpoint that looks at pictures.",
        )


def _takes(model: Any, name: str) -> bool:  # noqa: ANN401
    return name in signature(type(model).forward).parameters
