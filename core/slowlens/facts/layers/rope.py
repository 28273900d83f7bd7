"""Rotary positions as each major version of transformers reads them, in one spelling."""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.decoding.generation import decoder_pointer
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff.config import unflatten
from slowlens.facts.diff.leaves import Leaf, Leaves
from slowlens.facts.diff.parts import parts
from slowlens.facts.diff.rope import PARTIAL, ROPE, SCALING, THETA, rope_defaults, unify_rope
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Json, JsonObject, Pointer

TYPE = "rope_type"
MROPE = "mrope_section"
MAJOR = {Runtime.TRANSFORMERS_4: 4, Runtime.TRANSFORMERS_5: 5}
_UNREAD = "transformers 4 does not know it"


@dataclass(frozen=True, slots=True)
class Rope:
    """The rotary positions of one part of a model, or of one kind of its layers."""

    at: Pointer
    """Where the part's config stands in config.json."""
    kind: str
    """The kind of layer, empty where all layers share it."""
    theta: Json
    scaling: JsonObject
    """``rope_type`` and its parameters."""
    written: tuple[Pointer, ...] = ()
    """Where config.json says it; empty where the class default holds."""
    theta_at: Pointer = ()
    """Where config.json says ``theta``."""

    @property
    def type(self) -> Json:
        """How positions are scaled; ``default`` is not at all."""
        return self.scaling.get(TYPE)

    @property
    def computes(self) -> tuple[Json, JsonObject]:
        """What positions are computed with: equal where these are."""
        return self.theta, self.scaling


Ropes = Mapping[int, tuple[Rope, ...]]
"""Major version of transformers to what it reads."""


def ropes(checkpoint: Checkpoint, defaults: Mapping[int, ClassDefaults]) -> Ropes:
    """Resolve the rotary positions of every part of a model."""
    config = checkpoint.values(CONFIG) or {}
    return {major: ropes_read(config, major, known) for major, known in defaults.items()}


def ropes_read(config: JsonObject, major: int, known: ClassDefaults) -> tuple[Rope, ...]:
    """Return what transformers ``major``, whose defaults are ``known``, reads from config.json."""
    leaves = Leaves(config)
    model_type = config.get("model_type")
    top = known.of(model_type) if isinstance(model_type, str) else None
    if top and top.flat:
        unflatten(leaves, top, known)
    found: list[Rope] = []
    for part in parts(leaves, known):
        if major < MAJOR[Runtime.TRANSFORMERS_5]:
            _forget(leaves, part.at)
        unify_rope(leaves, part.at, rope_defaults(part.row) if part.row else None)
        found += _collected(leaves, part.at)
    return tuple(found)


def rope_settings(checkpoint: Checkpoint, read: Ropes) -> dict[str, dict[Runtime, Setting]]:
    """Return the settings of the part that writes text; none where it has no rotary positions."""
    decoder = decoder_pointer(checkpoint.values(CONFIG) or {})
    settings: dict[str, dict[Runtime, Setting]] = {}
    for runtime in GENERATE:
        found = read[MAJOR[runtime]]
        part = next((r.at for r in found if r.at in (decoder, ("text_config",), ())), None)
        ours = [rope for rope in found if rope.at == part]
        theta = {rope.kind: rope.theta for rope in ours}
        scaling = {rope.kind: _told(rope) for rope in ours}
        if ours:
            told = any(rope.theta_at for rope in ours), any(rope.written for rope in ours)
            settings.setdefault(THETA, {})[runtime] = _setting(theta, from_file=told[0])
            settings.setdefault(SCALING, {})[runtime] = _setting(scaling, from_file=told[1])
    return settings


def _told(rope: Rope) -> Json:
    """Shorten ``rope_scaling`` to what a person wants to know."""
    if rope.type == "default":
        return "mrope" if MROPE in rope.scaling else None
    factor = rope.scaling.get("factor")
    return f"{rope.type}, factor {factor}" if isinstance(factor, (int, float)) else rope.type


def _setting(by_kind: Mapping[str, Json], *, from_file: bool) -> Setting:
    values = list(by_kind.values())
    if all(one == values[0] for one in values):
        value = values[0]
    else:
        told = {kind.partition("_")[0]: one for kind, one in by_kind.items()}
        value = "; ".join(f"{kind} {one or 'default'}" for kind, one in told.items())
    return Setting(value, CONFIG if from_file else DEFAULT)


def _forget(leaves: Leaves, at: Pointer) -> None:
    """Drop what transformers 4 does not read."""
    leaves.drop((*at, ROPE), _UNREAD)
    for key in (THETA, PARTIAL):
        leaves.drop((*at, SCALING, key), _UNREAD)


def _collected(leaves: Leaves, at: Pointer) -> Iterator[Rope]:
    """Yield one rope, or one for each kind of layer, from leaves that are unified."""
    here = (*at, ROPE)
    kinds: dict[Pointer, dict[str, Leaf]] = {}
    for pointer in leaves.under(here):
        inside = pointer[len(here) :]
        if inside and (leaf := leaves.leaf(pointer)) and leaf.value is not None:
            kinds.setdefault(inside[:-1], {})[inside[-1]] = leaf
    for kind, found in kinds.items():
        theta = found.pop(THETA, Leaf(None))
        yield Rope(
            at=at,
            kind=".".join(kind),
            theta=theta.value,
            scaling={key: leaf.value for key, leaf in found.items()},
            written=tuple(leaf.origin for leaf in (theta, *found.values()) if leaf.origin),
            theta_at=theta.origin or (),
        )
