"""Rotary positions that transformers 5 wrote and transformers 4 cannot read.

transformers 5 keeps all of them in ``rope_parameters``, a key that version 4 does not know: its
models go on with the defaults of their class, without a word. Both versions read the older keys.
"""

from collections.abc import Iterable, Iterator, Mapping

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff.rope import FULL, PARTIAL, ROPE, SCALING, SLIDING, THETA
from slowlens.facts.layers.rope import MROPE, TYPE, Rope, Ropes, ropes_read
from slowlens.frozen import dataclass, field
from slowlens.jsonvalue import Json, JsonObject, Pointer

_GLOBAL_THETA = ("global_rope_theta", "rotary_emb_base")
_LOCAL_THETA = ("local_rope_theta", "rope_local_base_freq")
_BEFORE_SCALING = "original_max_position_embeddings"
_ALL_LAYERS = ""


@dataclass(frozen=True, slots=True)
class Misread:
    """One rope that the two versions read differently, and the keys that would mend all of it."""

    pairs: tuple[tuple[Rope, Rope], ...] = ()
    """What transformers 4 and 5 read where ``rope_parameters`` says it."""
    legacy: Mapping[Pointer, Json] = field(default_factory=dict[Pointer, Json])
    """Keys for config.json with which both read the same; empty where no key can say it."""


def misread(checkpoint: Checkpoint, read: Ropes, defaults: Mapping[int, ClassDefaults]) -> Misread:
    """Compare what transformers 4 and 5 read, where ``rope_parameters`` says it."""
    pairs = tuple(_pairs(read[4], read[5]))
    if not pairs:
        return Misread()
    config = checkpoint.values(CONFIG) or {}
    legacy: dict[Pointer, Json] = {}
    for at in {new.at for _, new in pairs}:
        ours = [pair for pair in _counterparts(read[4], read[5]) if pair[1].at == at]
        legacy |= _legacy(ours, defaults[4], config)
    patched = config
    for pointer, value in legacy.items():
        patched = _with(patched, pointer, value)
    now = {major: ropes_read(patched, major, known) for major, known in defaults.items()}
    unchanged = _computed(now[5]) == _computed(read[5])
    mended = unchanged and not any(_differ(*pair) for pair in _counterparts(now[4], now[5]))
    return Misread(pairs, legacy if mended else {})


def place_of(rope: Rope) -> Pointer:
    """Return where the mapping stands in the file that holds ``rope_parameters``."""
    pointer = next(pointer for pointer in rope.written if ROPE in pointer)
    return pointer[: pointer.index(ROPE)]


def _pairs(old: Iterable[Rope], new: Iterable[Rope]) -> Iterator[tuple[Rope, Rope]]:
    return (pair for pair in _counterparts(old, new) if _differ(*pair))


def _counterparts(old: Iterable[Rope], new: Iterable[Rope]) -> Iterator[tuple[Rope, Rope]]:
    """Pair what both versions have a class for; one rope for all layers stands for each kind."""
    by_kind = {(rope.at, rope.kind): rope for rope in old}
    for rope in new:
        there = by_kind.get((rope.at, rope.kind)) or by_kind.get((rope.at, _ALL_LAYERS))
        if there and any(ROPE in pointer for pointer in rope.written):
            yield there, rope


def _differ(old: Rope, new: Rope) -> bool:
    """Whether positions are computed differently.

    Axial is a new name of what vision models always did, and a class of transformers 4 may bring
    the sections along that version 5 has in its code.
    """
    if new.type == "axial":
        return False
    scaling = dict(old.scaling)
    if MROPE not in new.scaling:
        scaling.pop(MROPE, None)
    return (old.theta, scaling) != new.computes


def _computed(read: Iterable[Rope]) -> list[tuple[Pointer, str, Json, JsonObject]]:
    return [(rope.at, rope.kind, *rope.computes) for rope in read]


def _legacy(
    pairs: list[tuple[Rope, Rope]], defaults: ClassDefaults, config: JsonObject
) -> dict[Pointer, Json]:
    """Return the older spelling of the ropes of one part."""
    by_kind = {new.kind: (old, new) for old, new in pairs}
    old, main = by_kind.get(FULL) or by_kind.get(_ALL_LAYERS) or pairs[0]
    model_type = defaults.type_at(config, main.at)
    row = defaults.of(model_type)
    names = row.values if row else {}
    keys: dict[str, Json] = {_first(_GLOBAL_THETA, names, THETA): main.theta}
    if SLIDING in by_kind:
        keys[_first(_LOCAL_THETA, names, THETA)] = by_kind[SLIDING][1].theta
    if (factor := main.scaling.get(PARTIAL)) != old.scaling.get(PARTIAL):
        keys["rotary_pct" if "rotary_pct" in names else PARTIAL] = factor
    scaling = {key: value for key, value in main.scaling.items() if key != PARTIAL}
    if scaling != {TYPE: "default"}:
        keys |= _phi3(scaling) if model_type.startswith("phi3") else {SCALING: scaling}
    return {(*place_of(main), key): value for key, value in keys.items()}


def _phi3(scaling: dict[str, Json]) -> dict[str, Json]:
    """Phi-3 takes three keys and no more, one of them by its old name."""
    before = scaling.pop(_BEFORE_SCALING, None)
    kind = scaling.pop(TYPE, None)
    beside: dict[str, Json] = {} if before is None else {_BEFORE_SCALING: before}
    return {SCALING: {"type": kind, **scaling}, **beside}


def _first(names: tuple[str, ...], known: JsonObject, otherwise: str) -> str:
    return next((name for name in names if name in known), otherwise)


def _with(values: JsonObject, pointer: Pointer, value: Json) -> JsonObject:
    key, *rest = pointer
    inner = values.get(key)
    if not rest:
        return {**values, key: value}
    return {**values, key: _with(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)}
