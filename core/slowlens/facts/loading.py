"""Effective load dtype and attention implementation, of a load without arguments."""

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting

DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}

ATTENTION_KEYS = {
    Runtime.TRANSFORMERS_4: ("_attn_implementation_internal", "_attn_implementation"),
    Runtime.TRANSFORMERS_5: ("attn_implementation", "_attn_implementation"),
}
"""The keys of config.json that each version obeys."""


def dtype_settings(checkpoint: Checkpoint) -> dict[Runtime, Setting]:
    """Resolve the dtype that the weights are loaded in."""
    stated = _stated_dtype(checkpoint)
    vllm = stated
    if stated.value == "float32":
        vllm = Setting("bfloat16", DEFAULT, "dtype=auto turns float32 into a 16-bit type")
    automatic = f"dtype='auto' would give {stated.value}{_before_4_56(checkpoint, stated)}"
    return {
        Runtime.TRANSFORMERS_4: Setting("float32", DEFAULT, automatic),
        Runtime.TRANSFORMERS_5: stated,
        Runtime.VLLM: vllm,
    }


def attention_settings(checkpoint: Checkpoint) -> dict[Runtime, Setting]:
    """Resolve the attention implementation; ``auto`` is SDPA where the model supports it."""
    settings = {}
    for runtime, keys in ATTENTION_KEYS.items():
        found = (checkpoint.get(CONFIG, key) for key in keys)
        value = next((name for name in found if isinstance(name, str)), None)
        settings[runtime] = Setting("auto", DEFAULT) if value is None else Setting(value, CONFIG)
    return settings


def _before_4_56(checkpoint: Checkpoint, stated: Setting) -> str:
    """Tell when versions that do not know the key ``dtype`` read something else."""
    old = _stated_dtype(checkpoint, keys=("torch_dtype",))
    return "" if old.value == stated.value else f", and {old.value} before 4.56"


def _stated_dtype(
    checkpoint: Checkpoint, keys: tuple[str, ...] = ("dtype", "torch_dtype")
) -> Setting:
    for key in keys:
        value = checkpoint.get(CONFIG, key)
        if isinstance(value, str):
            return Setting(value.removeprefix("torch."), CONFIG)
    for tensor in checkpoint.weights.tensors:
        if tensor.dtype in DTYPES:
            return Setting(DTYPES[tensor.dtype], tensor.file, "the first tensor decides")
    return Setting("float32", DEFAULT)
