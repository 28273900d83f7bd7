"""Whether the tensors of a LoRA adapter fit its own config and the model that it is for."""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import Adapter, Tensor, Weights
from slowlens.facts.weights.adapters import LORA, adapter_value
from slowlens.jsonvalue import whole

_A, _B = ".lora_A.weight", ".lora_B.weight"
_MAGNITUDE = "lora_magnitude_vector"
_PREFIX = "base_model.model."
_WRAPPERS = ("model.", "language_model.")
_FLOATING = ("F32", "F16", "BF16", "F64")
_OTHER_SHAPES = ("target_parameters", "use_qalora", "use_bdlora")
"""Kinds of LoRA whose matrices have other shapes than those of the layer tell."""
_EITHER_NAME = {"classifier", "score", "qa_outputs"}
"""PEFT lists these heads together, and a model has one of them."""


def is_lora(adapter: Adapter) -> bool:
    """Tell LoRA, DoRA among it, from other methods."""
    return adapter_value(adapter, "peft_type") == LORA


def is_switched_off(adapter: Adapter) -> bool:
    """Tell whether ``lora_alpha`` is 0, so that the adapter is multiplied by nothing."""
    alpha = adapter_value(adapter, "lora_alpha")
    return (
        isinstance(alpha, int | float)
        and not isinstance(alpha, bool)
        and alpha == 0
        and not adapter_value(adapter, "alpha_pattern")
    )


def wrong_rank(adapter: Adapter) -> Tensor | None:
    """Return a tensor whose rank is none of those that the config names."""
    ranks = {whole(adapter_value(adapter, "r")) or 0, *_patterns(adapter)}
    if 0 in ranks or adapter_value(adapter, "target_parameters"):
        return None
    down = (t for t in adapter.tensors if t.name.endswith(_A) and t.shape)
    return next((t for t in down if t.shape[0] not in ranks), None)


def lost_modules(adapter: Adapter) -> tuple[str, ...]:
    """Return the ``modules_to_save`` of which there are no tensors."""
    names = adapter_value(adapter, "modules_to_save")
    wanted = [n for n in names if isinstance(n, str)] if isinstance(names, list) else []
    missing = [n for n in wanted if not any(f".{n}." in f".{t.name}" for t in adapter.tensors)]
    if len(_EITHER_NAME.intersection(missing)) < len(_EITHER_NAME.intersection(wanted)):
        missing = [name for name in missing if name not in _EITHER_NAME]
    return tuple(missing) if adapter.tensors else ()


def magnitudes_differ(adapter: Adapter) -> bool:
    """Tell whether ``use_dora`` says other than the tensors do."""
    dora = adapter_value(adapter, "use_dora") is True
    tensors = any(_MAGNITUDE in tensor.name for tensor in adapter.tensors)
    return bool(adapter.tensors) and dora != tensors


def misfit(adapter: Adapter, weights: Weights) -> tuple[Tensor, Tensor] | None:
    """Return a tensor of the adapter and the one of the model that it cannot be added to."""
    if any(adapter_value(adapter, key) for key in _OTHER_SHAPES):
        return None
    places = {_place(t.name): t for t in weights.tensors if t.dtype in _FLOATING}
    ups = {t.name: t for t in adapter.tensors if t.name.endswith(_B)}
    for down in adapter.tensors:
        module = down.name.removesuffix(_A)
        up, target = ups.get(module + _B), places.get(_place(module) + ".weight")
        if up and target and not _fits(down, up, target):
            return down, target
    return None


def _fits(down: Tensor, up: Tensor, target: Tensor) -> bool:
    if not len(down.shape) == len(up.shape) == len(target.shape) == 2:
        return True
    # GPT-2's weights are stored the other way round
    return sorted((up.shape[0], down.shape[1])) == sorted(target.shape)


def _place(name: str) -> str:
    """Return a name without what PEFT and composite models put before it."""
    name = name.removeprefix(_PREFIX)
    while name.startswith(_WRAPPERS):
        name = name.partition(".")[2]
    return name


def _patterns(adapter: Adapter) -> Iterator[int]:
    pattern = adapter_value(adapter, "rank_pattern")
    if isinstance(pattern, Mapping):
        yield from (whole(rank) or 0 for rank in pattern.values())
