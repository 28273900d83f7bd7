"""Effective attention implementation, of a load without arguments."""

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting

ATTENTION_KEYS = {
    Runtime.TRANSFORMERS_4: ("_attn_implementation_internal", "_attn_implementation"),
    Runtime.TRANSFORMERS_5: ("attn_implementation", "_attn_implementation"),
}
"""The keys of config.json that each version obeys."""


def attention_settings(checkpoint: Checkpoint) -> dict[Runtime, Setting]:
    """Resolve the attention implementation; ``auto`` is SDPA where the model supports it."""
    settings = {}
    for runtime, keys in ATTENTION_KEYS.items():
        found = (checkpoint.get(CONFIG, key) for key in keys)
        value = next((name for name in found if isinstance(name, str)), None)
        settings[runtime] = Setting("auto", DEFAULT) if value is None else Setting(value, CONFIG)
    return settings
