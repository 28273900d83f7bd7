"""Rotary positions: one spelling, that of transformers 5."""

from slowlens.facts.defaults import TypeDefaults
from slowlens.facts.diff.leaves import Leaves
from slowlens.jsonvalue import ABSENT, Json, Pointer, same

ROPE = "rope_parameters"
SCALING = "rope_scaling"
FLAT_KEYS = frozenset({ROPE, SCALING, "rope_theta", "partial_rotary_factor"})
"""What may stand at the top level of a model whose text part has it."""
_NOTE = "transformers 5 gathers rope_theta and rope_scaling in rope_parameters"
_TYPE = "rope_type used to be called type"
_NAMES = {"mrope": "default", "su": "longrope"}
THETA, PARTIAL = "rope_theta", "partial_rotary_factor"
_MOVED = {
    "rope_theta": THETA,
    "rotary_emb_base": THETA,
    "partial_rotary_factor": PARTIAL,
    "rotary_pct": PARTIAL,
}
FULL, SLIDING = "full_attention", "sliding_attention"
_LOCAL = {
    "rope_local_base_freq": (SLIDING, "rope_theta"),
    "local_rope_theta": (SLIDING, "rope_theta"),
    "global_rope_theta": (FULL, "rope_theta"),
}
ROPE_KEYS = frozenset({ROPE, SCALING, *_MOVED, *_LOCAL})
"""Every key that says something about rotary positions."""
_REPLACED = "rope_scaling beside it replaces it"
_SCALED = ("llama3", "yarn", "longrope")


def unify_rope(leaves: Leaves, at: Pointer, defaults: Leaves | None) -> None:
    """Bring the rope keys below ``at`` into ``rope_parameters``, complete with defaults.

    ``defaults`` are those of the config class, in the same spelling; None for an unknown class.
    """
    rope = (*at, ROPE)
    kinds = _kinds(defaults) if defaults else ()
    _gather(leaves, at, kinds)
    if kinds or any(leaves.leaf((*at, key)) for key in _LOCAL):
        _nest(leaves, rope, kinds)
    for old, new in _LOCAL.items():
        leaves.move((*at, old), (*rope, *new), _NOTE)
    _name_type(leaves, rope)
    if defaults:
        _fill(leaves, at, defaults)
    _fill_rest(leaves, at)


def rope_defaults(row: TypeDefaults) -> Leaves:
    """Return what a config class says about rotary positions, in the same spelling."""
    rope = Leaves({key: value for key, value in row.values.items() if key in ROPE_KEYS})
    unify_rope(rope, (), None)
    return rope


def _gather(leaves: Leaves, at: Pointer, kinds: tuple[str, ...]) -> None:
    """Collect the older keys; of two that disagree the one that transformers 5 obeys stays."""
    rope, scaling = (*at, ROPE), (*at, SCALING)
    for key in ROPE_KEYS:
        if leaves.value((*at, key)) in (None, {}):
            leaves.drop((*at, key), _NOTE)
    nested = _is_nested(leaves, rope, kinds)
    gathered = (*rope, FULL) if nested and _has_full(leaves, rope, kinds) else rope
    if not nested and leaves.under(scaling):
        leaves.drop(rope, _REPLACED)
    for pointer in leaves.under(scaling):
        leaves.drop((*gathered, *pointer[len(scaling) :]), _REPLACED)
    leaves.move(scaling, gathered, _NOTE)
    for old, new in _MOVED.items():
        here, there = leaves.leaf((*at, old)), leaves.leaf((*gathered, new))
        if here and (there is None or same(here.value, there.value)):
            leaves.move((*at, old), (*gathered, new), _NOTE)


def _nest(leaves: Leaves, rope: Pointer, kinds: tuple[str, ...]) -> None:
    """Put what holds for all layers under the layers that attend to everything."""
    if not _is_nested(leaves, rope, kinds):
        leaves.move(rope, (*rope, FULL), _NOTE)


def _is_nested(leaves: Leaves, rope: Pointer, kinds: tuple[str, ...]) -> bool:
    return any(pointer[len(rope)] in (*kinds, FULL) for pointer in _inside(leaves, rope))


def _has_full(leaves: Leaves, rope: Pointer, kinds: tuple[str, ...]) -> bool:
    """Whether one of the kinds is that of all layers; some models name theirs otherwise."""
    return FULL in kinds or bool(leaves.under((*rope, FULL)))


def _inside(leaves: Leaves, rope: Pointer) -> tuple[Pointer, ...]:
    return tuple(pointer for pointer in leaves.under(rope) if len(pointer) > len(rope))


def _kinds(defaults: Leaves) -> tuple[str, ...]:
    """Return the layer types for which the class has rope parameters of their own."""
    return tuple(dict.fromkeys(p[1] for p in defaults.under((ROPE,)) if len(p) > 2))


def _name_type(leaves: Leaves, rope: Pointer) -> None:
    for pointer in _inside(leaves, rope):
        if pointer[-1] == "type":
            leaves.move(pointer, (*pointer[:-1], "rope_type"), _TYPE)
    for pointer in _inside(leaves, rope):
        if pointer[-1] == "rope_type":
            leaves.rewrite(pointer, _name, "mrope_section alone makes it multimodal")


def _fill(leaves: Leaves, at: Pointer, defaults: Leaves) -> None:
    """Add the class's parameters; of a mapping that the file writes, only what always holds."""
    rope = (*at, ROPE)
    written = {p[:-1] for p in _inside(leaves, rope) if p[-1] not in _MOVED.values()}
    for pointer in defaults.under((ROPE,)):
        value, here = defaults.value(pointer), (*at, *pointer)
        always = pointer[-1] in _MOVED.values() or value == "axial"
        if value is not ABSENT and value is not None and (always or here[:-1] not in written):
            leaves.fill(here, value)


def _name(value: Json) -> Json:
    return _NAMES.get(value, value) if isinstance(value, str) else value


def _fill_rest(leaves: Leaves, at: Pointer) -> None:
    """Add what transformers infers: the type, and the length before scaling."""
    for kind in {pointer[:-1] for pointer in _inside(leaves, (*at, ROPE))}:
        leaves.fill((*kind, "rope_type"), "default")
        if leaves.value((*kind, "rope_type")) in _SCALED:
            for key in ("original_max_position_embeddings", "max_position_embeddings"):
                if isinstance(value := leaves.value((*at, key)), int):
                    leaves.fill((*kind, "original_max_position_embeddings"), value)
