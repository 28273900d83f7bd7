"""What lies where, and what one decode step has to read."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn

from slowlens.measure.worker.sharding import local

_EXPERTS = ("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k", "top_k_experts")
_ALL_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
_SEEING = ("visual", "vision_tower", "vision_model", "audio_tower", "multi_modal_projector")
"""Modules that run once, on a picture or a sound."""


class Weight(NamedTuple):
    """Bytes that a decode step reads of the weights, and the parameters that it multiplies with."""

    read: int
    parameters: int
    head: int
    """Those of the output head among them, which multiply the last token of a prompt alone."""


def weight(model: Any) -> Weight:  # noqa: ANN401
    """Add up what one token needs: no lookup table, no encoder, and of the experts the chosen.

    Of a model that several processes share it is the part of this one.
    """
    share = _expert_share(model.config.get_text_config())
    tables, head = _tables(model), _head(model)
    read = parameters = 0.0
    of_head = 0
    for name, whole in model.named_parameters():
        tensor, parts = local(whole), name.split(".")
        if name in tables or any(part in _SEEING for part in parts) or "encoder" in parts:
            continue
        part = share if "experts" in parts else 1.0
        read += part * tensor.numel() * tensor.element_size()
        parameters += part * tensor.numel()
        of_head += tensor.numel() if whole is head else 0
    return Weight(round(read), round(parameters), of_head)


def placed(model: Any) -> dict[str, int]:  # noqa: ANN401
    """Return the bytes of weights on each device; what was moved to the disk counts as ``disk``."""
    mapping: Mapping[str, Any] = getattr(model, "hf_device_map", None) or {}
    places: Counter[str] = Counter()
    for name, whole in model.named_parameters():
        tensor = local(whole)
        place = str(tensor.device)
        if place == "meta":
            place = _mapped(mapping, name)
        places[place] += tensor.numel() * tensor.element_size()
    return dict(places)


def cache_size(cache: Any) -> int:  # noqa: ANN401
    """Return the bytes of all tensors that a cache keeps."""
    seen = {id(t): t.numel() * t.element_size() for t in _tensors(cache, depth=5)}
    return sum(seen.values())


def _tensors(value: Any, depth: int) -> Iterator[torch.Tensor]:  # noqa: ANN401
    if isinstance(value, torch.Tensor):
        yield value
    elif depth and isinstance(value, Mapping):
        yield from _each(value.values(), depth)
    elif depth and isinstance(value, list | tuple):
        yield from _each(value, depth)
    elif depth and hasattr(value, "__dict__") and not isinstance(value, nn.Module | type):
        yield from _each(vars(value).values(), depth)


def _each(values: Any, depth: int) -> Iterator[torch.Tensor]:  # noqa: ANN401
    for value in list(values):
        yield from _tensors(value, depth - 1)


def _tables(model: Any) -> set[str]:  # noqa: ANN401
    """Return the parameters of which a step reads one row: not those that are the head as well."""
    head = _head(model)
    return {
        f"{name}.weight"
        for name, module in model.named_modules()
        if isinstance(module, nn.Embedding) and module.weight is not head
    }


def _head(model: Any) -> Any:  # noqa: ANN401
    """Return the weight of the output head; None where there is none."""
    return getattr(model.get_output_embeddings(), "weight", None)


def _expert_share(config: Any) -> float:  # noqa: ANN401
    used = _first(config, _EXPERTS)
    there = _first(config, _ALL_EXPERTS)
    return min(1.0, used / there) if used and there else 1.0


def _first(config: Any, names: tuple[str, ...]) -> int:  # noqa: ANN401
    values = (getattr(config, name, None) for name in names)
    return next((value for value in values if isinstance(value, int) and value > 0), 0)


def _mapped(mapping: Mapping[str, Any], name: str) -> str:
    """Return where accelerate put the module of a parameter that is not in memory."""
    fitting = [key for key in mapping if key == "" or name == key or name.startswith(f"{key}.")]
    place = mapping[max(fitting, key=len)] if fitting else "disk"
    return f"cuda:{place}" if isinstance(place, int) else str(place)
