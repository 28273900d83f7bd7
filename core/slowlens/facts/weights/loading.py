"""Effective attention implementation, of a load without arguments."""

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.jsonvalue import Json

ATTENTION = "attn_implementation"
ATTENTION_KEYS = {
    Runtime.TRANSFORMERS_4: ("_attn_implementation", "_attn_implementation_internal"),
    Runtime.TRANSFORMERS_5: (ATTENTION, "_attn_implementation"),
}
"""The keys of config.json that each version obeys, at its top level alone."""
AUTOSET = "_attn_implementation_autoset"
"""A leftover by which transformers 4.51 and 4.52 believe that a choice was made: eager it is."""
_AUTOSET = f"eager up to 4.52, which takes {AUTOSET} for a choice that was made"
BY_PART = ("text_config", "")
"""Where a value that names one implementation for each part has that of the text, or of all."""


def attention_settings(checkpoint: Checkpoint) -> dict[Runtime, Setting]:
    """Resolve the attention implementation; ``auto`` is SDPA where the model supports it."""
    settings = {}
    for runtime in ATTENTION_KEYS:
        key = attention_key(checkpoint, runtime)
        value = _named(checkpoint.get(CONFIG, key)) if key else None
        note = _AUTOSET if runtime is Runtime.TRANSFORMERS_4 and autoset(checkpoint) else ""
        unsaid = Setting("auto", DEFAULT, note)
        settings[runtime] = unsaid if value is None else Setting(value, CONFIG)
    return settings


def autoset(checkpoint: Checkpoint) -> bool:
    """Whether transformers up to 4.52 skips its own choice of a kernel though nobody made one."""
    chosen = attention_key(checkpoint, Runtime.TRANSFORMERS_4)
    return not chosen and checkpoint.get(CONFIG, AUTOSET) is True


def attention_key(checkpoint: Checkpoint, runtime: Runtime) -> str:
    """Return the key of config.json that ``runtime`` obeys, empty where there is none.

    Keys are set one after the other as the file has them, but the public one always first.
    """
    written = checkpoint.values(CONFIG) or {}
    obeyed = [key for key in ATTENTION_KEYS[runtime] if _named(written.get(key)) is not None]
    private = [key for key in written if key in obeyed and key != ATTENTION]
    return (private or obeyed or [""])[-1]


def _named(value: object) -> Json:
    if isinstance(value, dict):
        value = next((value[part] for part in BY_PART if part in value), None)
    return value if isinstance(value, str) else None
