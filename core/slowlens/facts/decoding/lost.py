"""Generation parameters that the source's generation_config.json has and the merged one lacks.

They are one rule's business, generation-config-regenerated; the rules about single parameters
leave them out and report those that changed.
"""

from slowlens.facts.checkpoint import GENERATION_CONFIG, Checkpoint
from slowlens.facts.decoding.generation import DEFAULTS, LOADING_ARGUMENTS
from slowlens.jsonvalue import Json, same

_OF_OTHER_RULES = {"use_cache", "eos_token_id", "transformers_version", *LOADING_ARGUMENTS}


def unread(merged: Checkpoint, source: Checkpoint | None) -> str:
    """Say whose generation_config.json is there but could not be read, or nothing."""
    if merged.unread(GENERATION_CONFIG):
        return f"{GENERATION_CONFIG} could not be read"
    if source is not None and source.unread(GENERATION_CONFIG):
        return f"the source's {GENERATION_CONFIG} could not be read"
    return ""


def lost_parameters(merged: Checkpoint, source: Checkpoint) -> dict[str, Json]:
    """Return what was lost, with its value; nothing where the file is there but unreadable."""
    here, there = (checkpoint.values(GENERATION_CONFIG) for checkpoint in (merged, source))
    if here is None and GENERATION_CONFIG in merged.files:
        return {}
    return {
        key: value
        for key, value in (there or {}).items()
        if key not in (here or {})
        and key not in _OF_OTHER_RULES
        and not key.startswith(("output_", "_"))
        and value is not None
        and not same(value, DEFAULTS.get(key))
    }
