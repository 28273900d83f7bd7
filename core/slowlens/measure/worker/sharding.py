"""A model whose layers are divided over several processes, by the plan transformers has for it."""

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
import transformers

from slowlens.errors import WorkerError
from slowlens.facts.live.measurement import LoadedModel
from slowlens.frozen import replace
from slowlens.measure.worker.ranks import gathered

_HINT = (
    "Leave --tensor-parallel out, or use --device-map auto, which puts whole layers on each GPU."
)


def settings(count: int) -> dict[str, Any]:
    """Return what divides a model over ``count`` processes when it is loaded."""
    config = _configuration()
    if config is None:
        return {"tp_plan": "auto"}
    return {"distributed_config": config(tp_plan="auto", tp_size=count)}


def _configuration() -> Any:  # noqa: ANN401
    """Return what transformers 5 wants to be told; None for versions that take a keyword."""
    try:
        from transformers.distributed import DistributedConfig
    except ImportError:
        return None
    known = {field.name for field in dataclasses.fields(DistributedConfig)}
    return DistributedConfig if {"tp_plan", "tp_size"} <= known else None


def check_plan(config: Any, count: int) -> None:  # noqa: ANN401
    """Raise WorkerError for a model that cannot be divided over ``count`` processes."""
    text = config.get_text_config()
    if not any(getattr(part, "base_model_tp_plan", None) for part in (config, text)):
        raise WorkerError(
            f"transformers {transformers.__version__} has no tensor parallel plan for "
            f"{text.model_type}: its layers cannot be divided over {count} processes",
            hint=_HINT,
        )
    heads = getattr(text, "num_key_value_heads", None) or getattr(text, "num_attention_heads", 0)
    if isinstance(heads, int) and heads % count:
        named = f"{heads} key-value heads" if heads > 1 else "single key-value head"
        raise WorkerError(
            f"its {named} cannot be divided over {count} processes",
            hint=f"Use a number of processes that divides {heads}. {_HINT}" if heads > 1 else _HINT,
        )


def local(tensor: torch.Tensor) -> torch.Tensor:
    """Return what of a parameter lies in this process: of one that is not divided, all of it."""
    part: torch.Tensor = tensor.to_local() if hasattr(tensor, "to_local") else tensor
    return part


def of_all(card: LoadedModel) -> LoadedModel:
    """Return the card of a model with what each process holds of it.

    ``weights_read`` and the parameters stay those of one process: the largest share, for the
    devices read side by side.
    """
    told = gathered("what was loaded", _told(card))
    if len(told) == 1:
        return card
    largest = max(told, key=lambda each: each["parameters"])
    held = [sum(each["placed"].values()) for each in told]
    uuids = tuple(each["uuid"] for each in told)
    return replace(
        card,
        placed=_sum(each["placed"] for each in told),
        memory=_sum(each["memory"] for each in told),
        gpus=uuids if card.device.kind == "cuda" else (),
        weights_read=max(each["read"] for each in told),
        active_parameters=largest["parameters"],
        head_parameters=largest["head"],
        shards=tuple(held),
    )


def _told(card: LoadedModel) -> dict[str, Any]:
    return {
        "placed": dict(card.placed),
        "memory": dict(card.memory),
        "uuid": card.device.uuid,
        "read": card.weights_read,
        "parameters": card.active_parameters,
        "head": card.head_parameters,
    }


def _sum(parts: Any) -> Mapping[str, int]:  # noqa: ANN401
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)
