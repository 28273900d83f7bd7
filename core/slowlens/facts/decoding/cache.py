"""Effective ``use_cache``: whether a runtime decodes with its key-value cache."""

from collections.abc import Mapping

from slowlens.facts.checkpoint import CONFIG, TEXT_CONFIG_KEYS, Checkpoint
from slowlens.facts.decoding.generation import GenerationParameters, decoder_pointer
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.jsonvalue import ABSENT, lookup

USE_CACHE = "use_cache"

DISCARDED = (
    "generation_config.json is marked _from_model_config and config.json holds a generation "
    "parameter, so transformers 4 throws the file away"
)

NULL = "null: no cache, and versions up to 4.52 raise a size error at the second step"


def cache_settings(
    checkpoint: Checkpoint,
    parameters: Mapping[Runtime, GenerationParameters],
    defaults: ClassDefaults,
) -> dict[Runtime, Setting]:
    """Resolve ``use_cache`` for every runtime."""
    return {
        Runtime.TRANSFORMERS_4: _transformers_4(parameters[Runtime.TRANSFORMERS_4]),
        Runtime.TRANSFORMERS_5: _transformers_5(
            checkpoint, parameters[Runtime.TRANSFORMERS_5], defaults
        ),
        Runtime.FORWARD: _forward(checkpoint, defaults),
        Runtime.VLLM: Setting(value=True, decided_by=DEFAULT, note="vLLM always caches"),
    }


def _transformers_4(parameters: GenerationParameters) -> Setting:
    value = parameters.get(USE_CACHE)
    note = DISCARDED if parameters.discarded else ""
    if value is ABSENT:
        return Setting(value=True, decided_by=DEFAULT, note=note)
    file = parameters.files[USE_CACHE]
    if value is None:
        return Setting(None, file, NULL, fails=True)
    return Setting(bool(value), file, note)


def _transformers_5(
    checkpoint: Checkpoint, parameters: GenerationParameters, defaults: ClassDefaults
) -> Setting:
    if not _loads(checkpoint, defaults):
        return Setting(None, CONFIG, "neither true nor false: loading fails", fails=True)
    value = parameters.get(USE_CACHE)
    if value is ABSENT or value is None:
        return Setting(value=True, decided_by=DEFAULT)
    return Setting(bool(value), parameters.files[USE_CACHE])


def _loads(checkpoint: Checkpoint, defaults: ClassDefaults) -> bool:
    """Whether every ``use_cache`` that a config class declares has the type that it demands."""
    config = checkpoint.values(CONFIG) or {}
    for pointer in {(), decoder_pointer(config)}:
        value = lookup(config, (*pointer, USE_CACHE))
        declared = defaults.value(defaults.type_at(config, pointer), USE_CACHE) is not ABSENT
        if declared and value is not ABSENT and not isinstance(value, bool):
            return False
    return True


def _forward(checkpoint: Checkpoint, defaults: ClassDefaults) -> Setting:
    """Follow the config of the part that writes text, as a bare forward does."""
    is_nested = (k for k in TEXT_CONFIG_KEYS if isinstance(checkpoint.get(CONFIG, k), Mapping))
    pointer = tuple(is_nested)[:1]
    value = checkpoint.get(CONFIG, *pointer, USE_CACHE)
    if value is not ABSENT:
        return Setting(bool(value), CONFIG)
    default = ABSENT if pointer else defaults.value(checkpoint.model_type, USE_CACHE)
    return Setting(default is ABSENT or bool(default), DEFAULT)
