"""Whether two folders load into the same model, so that one in memory serves both."""

import json
from collections.abc import Mapping
from pathlib import Path

from slowlens.errors import JsonError
from slowlens.facts.checkpoint import CONFIG, TEXT_CONFIG_KEYS
from slowlens.facts.decoding.cache import USE_CACHE
from slowlens.facts.decoding.cachekind import CACHE_IMPLEMENTATION
from slowlens.facts.decoding.generation import DEFAULTS, LEGACY_PARAMETERS
from slowlens.jsonedit import read_object
from slowlens.jsonvalue import JsonObject

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack")
DECIDING = (".index.json", "adapter_config.json")
"""Endings of further files that decide what is loaded."""
NESTED = (*TEXT_CONFIG_KEYS, "thinker_config")

GENERATING = {
    *DEFAULTS,
    *LEGACY_PARAMETERS,
    USE_CACHE,
    CACHE_IMPLEMENTATION,
    "bos_token_id",
    "eos_token_id",
    "max_new_tokens",
    "min_new_tokens",
    "min_p",
    "penalty_alpha",
    "prompt_lookup_num_tokens",
    "stop_strings",
    "transformers_version",
}
"""Keys of config.json that ``generate()`` alone goes by. ``pad_token_id`` is none: layers of
embeddings are made with it. Nor is ``output_attentions``, which changes the attention."""


def shares_weights(one: Path, other: Path) -> bool:
    """Whether ``from_pretrained`` makes the same model of both, but for how it generates.

    So it is where the weights are the same files and config.json differs in nothing but keys that
    are known to be of ``generate()``. What cannot be read is not the same.
    """
    try:
        ours, theirs = _files(one), _files(other)
        alike = any(name.endswith(WEIGHTS) for name in ours) and ours.keys() == theirs.keys()
        return (
            alike
            and all(_same_file(ours[name], theirs[name]) for name in ours)
            and _config(one) == _config(other)
        )
    except (OSError, JsonError):
        return False


def without_generating(config: JsonObject) -> JsonObject:
    """Return a config without the keys of ``generate()``, nor those of its part for text."""
    return {
        key: without_generating(value) if key in NESTED and isinstance(value, Mapping) else value
        for key, value in config.items()
        if key not in GENERATING
    }


def _files(folder: Path) -> dict[str, Path]:
    endings = WEIGHTS + DECIDING
    return {path.name: path for path in folder.iterdir() if path.name.endswith(endings)}


def _same_file(one: Path, other: Path) -> bool:
    """Weights by where they are, which a link shares; what is small also by its bytes."""
    if one.samefile(other):
        return True
    return one.name.endswith(DECIDING) and one.read_bytes() == other.read_bytes()


def _config(folder: Path) -> str:
    """Return config.json as text, in which ``true`` is not ``1``."""
    config = read_object((folder / CONFIG).read_bytes(), CONFIG)
    return json.dumps(without_generating(config), sort_keys=True)
