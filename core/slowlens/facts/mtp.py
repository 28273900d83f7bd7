"""Heads for speculative decoding (multi-token prediction) that come with a model."""

import re

from slowlens.facts.checkpoint import CONFIG, Checkpoint, Tensor
from slowlens.facts.tied import text_pointer
from slowlens.jsonvalue import Json

KEYS = ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_layers")
"""Keys of config.json that say how many there are."""
_NAMED = re.compile(r"(?:^|\.)mtp\w*\.|\.(?:eh_proj|enorm|hnorm|shared_head)\.")
_LAYER = re.compile(r"^(?:language_model\.)?(?:model\.)?(?:language_model\.)?layers\.(\d{1,6})\.")


def layer_count(checkpoint: Checkpoint) -> int:
    """Return ``num_hidden_layers`` of the part that writes text; 0 where it is not told."""
    nested = text_pointer(checkpoint.values(CONFIG) or {})
    found = (checkpoint.get(CONFIG, *p, "num_hidden_layers") for p in dict.fromkeys((nested, ())))
    return next((n for n in found if isinstance(n, int) and not isinstance(n, bool) and n > 0), 0)


def announced(checkpoint: Checkpoint) -> tuple[tuple[str, ...], Json]:
    """Return the key that says how many there are, and its value; an empty pointer and 0."""
    nested = text_pointer(checkpoint.values(CONFIG) or {})
    for pointer in dict.fromkeys(((), nested)):
        for key in KEYS:
            value = checkpoint.get(CONFIG, *pointer, key)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return (*pointer, key), value
    return (), 0


def mtp_tensors(checkpoint: Checkpoint) -> tuple[Tensor, ...]:
    """Return the tensors of such heads."""
    layers = layer_count(checkpoint)
    return tuple(t for t in checkpoint.weights.tensors if is_mtp(t.name, layers))


def is_mtp(name: str, layers: int) -> bool:
    """Tell by the name, or by a layer behind the last of ``layers``."""
    found = _LAYER.match(name)
    if layers and found and int(found[1]) >= layers:
        return True
    return _NAMED.search(name) is not None
