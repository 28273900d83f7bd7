"""Effective ``cache_implementation``: which kind of key-value cache ``generate()`` makes.

A file may name a kind that the model, the version or the machine cannot make.
"""

from collections.abc import Mapping

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.decoding.generation import GenerationParameters, decoder_pointer
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.jsonvalue import ABSENT, lookup

CACHE_IMPLEMENTATION = "cache_implementation"
DYNAMIC = "dynamic"

_STATIC = ("static", "hybrid", "hybrid_chunked", "sliding_window")
_OFFLOADED = ("offloaded", "offloaded_static", "offloaded_hybrid", "offloaded_hybrid_chunked")
_KINDS = {
    Runtime.TRANSFORMERS_4: (*_STATIC, *_OFFLOADED, "quantized", DYNAMIC, "mamba"),
    Runtime.TRANSFORMERS_5: (*_STATIC, *_OFFLOADED, "quantized", DYNAMIC, "paged"),
}
SLIDING = ("hybrid", "sliding_window")
"""Kinds that transformers 4 only makes for a model with a sliding window."""

NO_WINDOW = "the model has no sliding window: transformers 4.52 raises an error"
UNKNOWN = "no kind of cache that this version knows: it raises an error"
MAMBA = "generate() of transformers 4.52 cannot make this cache: it raises an error"
UNSET = "transformers 5 unsets hybrid and makes its ordinary cache"


def cache_kinds(
    checkpoint: Checkpoint,
    parameters: Mapping[Runtime, GenerationParameters],
    defaults: ClassDefaults,
) -> dict[Runtime, Setting]:
    """Resolve ``cache_implementation``; ``defaults`` are those of transformers 4."""
    return {r: _kind(checkpoint, r, parameters[r], defaults) for r in GENERATE}


def _kind(
    checkpoint: Checkpoint, runtime: Runtime, found: GenerationParameters, defaults: ClassDefaults
) -> Setting:
    value = found.get(CACHE_IMPLEMENTATION)
    if value is ABSENT or value is None:
        return Setting(None, DEFAULT)
    file = found.files[CACHE_IMPLEMENTATION]
    if value not in _KINDS[runtime]:
        return Setting(value, file, UNKNOWN, fails=True)
    if runtime is Runtime.TRANSFORMERS_5:
        return Setting(None, file, UNSET) if value == "hybrid" else Setting(value, file)
    if value == "mamba":
        return Setting(value, file, MAMBA, fails=True)
    if value in SLIDING and not _slides(checkpoint, defaults):
        return Setting(value, file, NO_WINDOW, fails=True)
    return Setting(value, file)


def _slides(checkpoint: Checkpoint, defaults: ClassDefaults) -> bool:
    """Whether the text config ends up with a ``sliding_window``; true where nobody knows."""
    config = checkpoint.values(CONFIG) or {}
    pointer = (*decoder_pointer(config), "sliding_window")
    value = lookup(config, pointer)
    if value is not ABSENT:
        return value is not None
    known = defaults.of(defaults.type_at(config, pointer[:-1])) is not None
    default = defaults.value_at(config, pointer)
    return default is not ABSENT and default is not None if known else True
