"""How far back the layers of the part that writes text look, and how long a text may be."""

from collections.abc import Mapping

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.decoding.generation import decoder_pointer
from slowlens.facts.defaults import ClassDefaults, TypeDefaults
from slowlens.facts.diff.leaves import Leaves
from slowlens.facts.diff.shape import SLIDING, derive
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.frozen import dataclass, field
from slowlens.jsonvalue import Absent, Json, JsonObject, Pointer, lookup, whole

WINDOW = "sliding_window"
SWITCH = "use_sliding_window"
LAYER_TYPES = "layer_types"
COUNT = "num_hidden_layers"
LONGEST = "max_position_embeddings"
WINDOW_KEYS = (WINDOW, SWITCH, "max_window_layers", LAYER_TYPES, "sliding_window_pattern")
"""The keys that decide which layers look back only so far."""
_KEYS = (*WINDOW_KEYS, "_sliding_window_pattern", COUNT, LONGEST)
MOST: int = 1 << 63
_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of the part that writes text, as transformers 5 understands config.json."""

    at: Pointer = ()
    """Where that part's config stands."""
    count: int | None = None
    longest: int | None = None
    """The longest text, ``max_position_embeddings``."""
    longest_key: str = LONGEST
    """What config.json calls it."""
    window: int | None = None
    """How far back the layers with a window look; None where all see everything."""
    sliding: int | None = None
    """How many layers have it; None where not known."""
    derives: bool = False
    """The class works ``layer_types`` out where config.json does not say it."""
    experts: int = 0
    """How many experts a layer chooses from; 0 for a model that is no mixture."""
    written: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """What config.json itself says of all this."""

    @property
    def listed(self) -> int | None:
        """For how many layers ``layer_types`` of the file says what they are."""
        types = self.written.get(LAYER_TYPES)
        return len(types) if isinstance(types, list) else None


def layers(checkpoint: Checkpoint, defaults: ClassDefaults) -> Layers:
    """Resolve window, depth and longest text of the part that writes text."""
    config = checkpoint.values(CONFIG) or {}
    at, row = _part(config, defaults)
    found = lookup(config, at)
    here = found if isinstance(found, Mapping) else {}
    leaves = Leaves(_known(here, row))
    derive(leaves, (), row)
    count, longest = _number(leaves.value((COUNT,))), _number(leaves.value((LONGEST,)))
    window = _number(leaves.value((WINDOW,)))
    sliding = _sliding(leaves.value((LAYER_TYPES,)), count)
    if sliding == 0 or (window and longest and window >= longest):
        window = None
    return Layers(
        at=at,
        count=count,
        longest=longest,
        longest_key=LONGEST if LONGEST in here else _own_name(LONGEST, row),
        window=window,
        sliding=sliding if window else 0,
        derives=row is not None and LAYER_TYPES in row.values,
        experts=_experts(here, row),
        written={key: here[key] for key in _KEYS if key in here},
    )


def window_settings(found: Layers) -> dict[str, dict[Runtime, Setting]]:
    """Return the setting ``sliding_window``; none where no file and no class speaks of it."""
    said = any(key in found.written for key in WINDOW_KEYS)
    if not said and found.window is None:
        return {}
    note = f"in {found.sliding} of {found.count} layers" if found.window and found.sliding else ""
    setting = Setting(found.window, CONFIG if said else DEFAULT, note)
    return {WINDOW: dict.fromkeys(GENERATE, setting)}


def _part(config: JsonObject, defaults: ClassDefaults) -> tuple[Pointer, TypeDefaults | None]:
    """Return where the text part's keys stand, and its class."""
    at = decoder_pointer(config)
    row = defaults.of(defaults.type_at(config, at))
    if not at and row and row.flat:
        return at, defaults.of(row.parts.get(row.flat, ""))
    return at, row


def _known(here: JsonObject, row: TypeDefaults | None) -> dict[str, Json]:
    """Complete the file with the class's defaults, without keys that the class does not read."""
    if row is None:
        return {key: here[key] for key in _KEYS if key in here}
    names = {key: _own_name(key, row) for key in _KEYS}
    return {
        key: here.get(key, here.get(name, row.values.get(name)))
        for key, name in names.items()
        if name in row.values or key in (COUNT, LONGEST)
    }


def _own_name(key: str, row: TypeDefaults | None) -> str:
    """Return what a class calls a key that others know by its usual name."""
    return row.aliases.get(key, key) if row else key


def _experts(here: JsonObject, row: TypeDefaults | None) -> int:
    values = {**row.values, **here} if row else here
    return max(_number(values.get(key)) or 0 for key in _EXPERTS)


def _sliding(types: Json | Absent, count: int | None) -> int | None:
    """Count the layers with a window; all of them where the class has but one kind."""
    if isinstance(types, list) and types:
        return types.count(SLIDING)
    return count


def _number(value: Json | Absent) -> int | None:
    """Return a number that a model can have; ``True`` is none."""
    number = whole(value)
    return number if number is not None and 0 < number < MOST else None
