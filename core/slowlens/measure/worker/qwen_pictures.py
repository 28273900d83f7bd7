"""Pictures for the Qwen-VL families without their processor.

Such a processor scales a picture to whole squares of ``patch_size`` times ``merge_size`` pixels,
hands the patches over as rows, and writes one image token into the prompt for each square.
"""

from typing import Any

import torch
from transformers import AutoImageProcessor, AutoTokenizer

from slowlens.facts.pictures.pixels import MODEL_TYPES, scaled
from slowlens.measure.worker.picture_prompt import prompts

BUDGETS = {"qwen2_vl": (3136, 12_845_056), "qwen2_5_vl": (3136, 12_845_056)}
"""Fewest and most pixels that the Hub's preprocessor_config.json asks for."""
BUDGET = (65_536, 16_777_216)
"""The same for those that came later."""


def is_qwen(config: Any) -> bool:  # noqa: ANN401
    """Whether pictures are handed to the model the way of this family."""
    vision = getattr(config, "vision_config", None)
    return config.model_type in MODEL_TYPES and hasattr(vision, "spatial_merge_size")


def from_parts(
    path: str,
    text: str,
    picture: Any,  # noqa: ANN401
    config: Any,  # noqa: ANN401
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Do what the processor does with the tokenizer and the image processor alone."""
    tokenizer: Any = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
    reader: Any = AutoImageProcessor.from_pretrained(path, trust_remote_code=False)
    pixels = reader(images=[picture], return_tensors="pt")
    squares = int(pixels["image_grid_thw"].prod()) // reader.merge_size**2
    mark = tokenizer.convert_ids_to_tokens(config.image_token_id)
    start, end = (tokenizer.convert_ids_to_tokens(one) for one in _ends(config))
    tried = prompts(tokenizer, text, plain=f"{start}{mark}{end}{text}")
    prompt, notes = next(one for one in tried if mark in one[0])
    prompt = prompt.replace(mark, mark * squares, 1)
    encoded = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
    found = {name: encoded[name] for name in ("input_ids", "attention_mask")} | dict(pixels)
    note = "its processor cannot be loaded: the picture went through its image processor alone"
    return found, (note, *notes)


def pixels_of_size(
    config: Any,  # noqa: ANN401
    size: tuple[int, int],
) -> tuple[dict[str, torch.Tensor], list[int]]:
    """Return random pixels of a picture of this width and height, and the ids that stand for it."""
    vision, (width, height) = config.vision_config, size
    patch, merge = vision.patch_size, vision.spatial_merge_size
    least, most = BUDGETS.get(config.model_type, BUDGET)
    high, wide = scaled(width, height, patch * merge, least, most)
    rows, row = high * wide * merge**2, vision.in_channels * vision.temporal_patch_size * patch**2
    drawn = torch.randn(rows, row, generator=torch.Generator().manual_seed(0))
    grid = torch.tensor([[1, high * merge, wide * merge]])
    start, end = _ends(config)
    marks = [config.image_token_id] * (high * wide)
    return {"pixel_values": drawn, "image_grid_thw": grid}, [start, *marks, end]


def _ends(config: Any) -> tuple[int, int]:  # noqa: ANN401
    return config.vision_start_token_id, config.vision_end_token_id
