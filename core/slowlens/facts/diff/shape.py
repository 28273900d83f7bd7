"""Keys of config.json that follow from others when they are left out."""

from itertools import cycle, islice

from slowlens.facts.defaults import TypeDefaults
from slowlens.facts.diff.leaves import Leaf, Leaves
from slowlens.jsonvalue import ABSENT, Json, Pointer, whole

FULL, SLIDING = "full_attention", "sliding_attention"
MAX_LAYERS = 10_000
_WINDOW = "not read while use_sliding_window is false"
_PATTERN = "layer_types says it for each layer"
_DERIVED = "transformers derives it from other keys"
_RENAMED = "a new name of the same kind of layer"
_KINDS = {"mamba": "linear_attention", "attention": FULL}


def derive(leaves: Leaves, at: Pointer, row: TypeDefaults | None) -> None:
    """Fill in what follows from other keys, and forget what they make void."""
    leaves.move((*at, "_sliding_window_pattern"), (*at, "sliding_window_pattern"), _PATTERN)
    for key in ("layer_types", "layers_block_type"):
        leaves.rewrite((*at, key), _renamed, _RENAMED)
    _infer(leaves, (*at, "layer_types"), _layer_types(leaves, at, row))
    if leaves.value((*at, "layer_types")):
        leaves.drop((*at, "sliding_window_pattern"), _PATTERN)
    if leaves.value((*at, "use_sliding_window")) is False:
        leaves.drop((*at, "max_window_layers"), _WINDOW)
        leaves.drop((*at, "sliding_window"), _WINDOW)
    heads, size = _number(leaves, at, "num_attention_heads"), _number(leaves, at, "hidden_size")
    formulas = {"num_key_value_heads": heads, "head_dim": size // heads if heads else 0}
    derived = row.derived if row else {"layer_types"}
    leaves.derived |= {(*at, key) for key in derived}
    for key, value in formulas.items():
        _infer(leaves, (*at, key), value)


def trust_derived(left: Leaves, right: Leaves) -> None:
    """Where only one side writes what transformers derives, take it to be what it derives."""
    for one, other in ((left, right), (right, left)):
        for pointer in one.derived:
            ours, theirs = one.leaf(pointer), other.leaf(pointer)
            if ours and ours.origin and (theirs is None or _is_open(theirs)):
                depth = _number(other, pointer[:-1], "num_hidden_layers")
                if pointer[-1] != "layer_types" or _length(ours.value) == depth:
                    other.replace(pointer, ours.value, _DERIVED)


def _is_open(leaf: Leaf) -> bool:
    return leaf.origin is None or leaf.value in (None, "auto")


def _length(value: Json) -> int:
    return len(value) if isinstance(value, list) else -1


def _layer_types(leaves: Leaves, at: Pointer, row: TypeDefaults | None) -> Json:
    depth = _number(leaves, at, "num_hidden_layers")
    if row is None or "layer_types" not in row.values or not 0 < depth <= MAX_LAYERS:
        return None
    if leaves.value((*at, "use_sliding_window")) is True:
        first = _number(leaves, at, "max_window_layers")
        return [SLIDING if layer >= first else FULL for layer in range(depth)]
    if (every := _number(leaves, at, "sliding_window_pattern")) > 0:
        return [SLIDING if (layer + 1) % every else FULL for layer in range(depth)]
    return list(islice(cycle(row.layers), depth)) or None


def _infer(leaves: Leaves, pointer: Pointer, value: Json) -> None:
    if value and leaves.value(pointer) in (ABSENT, None, "auto"):
        leaves.replace(pointer, value, _DERIVED)


def _number(leaves: Leaves, at: Pointer, key: str) -> int:
    return whole(leaves.value((*at, key))) or 0


def _renamed(value: Json) -> Json:
    if not isinstance(value, list):
        return value
    return [_KINDS.get(kind, kind) if isinstance(kind, str) else kind for kind in value]
