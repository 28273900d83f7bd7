"""Heads for speculative decoding (multi-token prediction) that come with a model."""

from slowlens.facts.checkpoint import CONFIG, Checkpoint, Tensor
from slowlens.facts.weights.tied import text_pointer
from slowlens.jsonvalue import Json, whole

KEYS = ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_layers")
"""Keys of config.json that say how many there are."""
_DEPTHS = ("num_hidden_layers", "num_layers")
_DIGITS = 7
_MARKS = ("eh_proj.", "enorm.", "hnorm.", "shared_head.")
_STACKS = frozenset(
    ("", "model.", "language_model.", "language_model.model.", "model.language_model.")
)
"""What may stand before ``layers.`` in the part that writes text."""


def layer_count(checkpoint: Checkpoint) -> int:
    """Return how many layers the part that writes text has; 0 where it is not told.

    LongCat counts the two halves of a layer in ``num_hidden_layers``, and layers in ``num_layers``.
    """
    nested = text_pointer(checkpoint.values(CONFIG) or {})
    for pointer in dict.fromkeys((nested, ())):
        found = (whole(checkpoint.get(CONFIG, *pointer, key)) for key in _DEPTHS)
        if depths := [depth for depth in found if depth is not None and depth > 0]:
            return min(depths)
    return 0


def announced(checkpoint: Checkpoint) -> tuple[tuple[str, ...], Json]:
    """Return the key that says how many there are, and its value; an empty pointer and 0."""
    nested = text_pointer(checkpoint.values(CONFIG) or {})
    for pointer in dict.fromkeys(((), nested)):
        for key in KEYS:
            value = whole(checkpoint.get(CONFIG, *pointer, key))
            if value is not None and value > 0:
                return (*pointer, key), value
    return (), 0


def has_mtp(checkpoint: Checkpoint) -> bool:
    """Whether there are such heads; their experts, of which there are many, are not asked."""
    layers = layer_count(checkpoint)
    names = (tensor.name for tensor in checkpoint.weights.tensors)
    return any(is_mtp(name, layers) for name in names if ".experts." not in name)


def mtp_tensors(checkpoint: Checkpoint) -> tuple[Tensor, ...]:
    """Return the tensors of such heads."""
    layers = layer_count(checkpoint)
    return tuple(t for t in checkpoint.weights.tensors if is_mtp(t.name, layers))


def is_mtp(name: str, layers: int) -> bool:
    """Tell by the name, or by a layer behind the last of ``layers``."""
    stack, found, rest = name.partition("layers.")
    if layers and found and stack in _STACKS:
        number = rest[: rest.find(".")]
        if number.isdecimal() and len(number) < _DIGITS and int(number) >= layers:
            return True
    if "mtp" in name:
        return any(part.startswith("mtp") for part in name.split(".")[:-1])
    return any(mark in name for mark in _MARKS)
