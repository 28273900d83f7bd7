"""What each runtime makes of the adapters in a checkpoint's folder."""

from collections.abc import Mapping

from slowlens.facts.checkpoint import CONFIG, Adapter, Checkpoint, Tensor
from slowlens.facts.environment import Environment
from slowlens.facts.runtimes import Runtime
from slowlens.frozen import dataclass
from slowlens.jsonvalue import ABSENT, Json

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_TENSORS = "adapter_model.safetensors"
ADAPTER_PICKLE = "adapter_model.bin"
MERGER_FOLDER = "lora_adapter"
"""Where verl's merger puts the adapter that it takes out of the weights."""
LORA = "LORA"
BASE = "base_model_name_or_path"
PROMPTS = (
    "ADAPTION_PROMPT",
    "CARTRIDGE",
    "CPT",
    "MULTITASK_PROMPT_TUNING",
    "PREFIX_TUNING",
    "PROMPT_TUNING",
    "P_TUNING",
)
"""Types of adapters that add tokens instead of weights, so that they cannot be merged."""
BUILT_IN = ("granite_speech", "granite_speech_plus", "phi4_multimodal", "phi4mm")
"""Model types whose checkpoints hold an adapter on purpose, switched on for sounds or images."""
_DECLARED = ("has_lora_adapter", "speech_lora", "vision_lora", "lora_adaptations")
_MARKS = (".lora_A.", ".lora_B.", ".lora_embedding_", ".lora_magnitude_vector", ".base_layer.")


@dataclass(frozen=True, slots=True)
class Loading:
    """What ``from_pretrained`` makes of a folder where peft is installed."""

    weights: str = ""
    """The model whose weights are loaded; empty for those of the folder itself."""
    adapter: bool = False
    """The adapter is computed beside them."""
    fails: str = ""
    """Why it stops with an error."""


def own_adapter(checkpoint: Checkpoint) -> Adapter | None:
    """Return the adapter in the checkpoint's own folder."""
    return next((adapter for adapter in checkpoint.adapters if not adapter.folder), None)


def has_weights(checkpoint: Checkpoint) -> bool:
    """Tell whether the folder holds weights of a whole model, be they pickles."""
    names = ("pytorch_model", "model.safetensors.index")
    return bool(checkpoint.weights.files) or any(f.startswith(names) for f in checkpoint.files)


def built_in(checkpoint: Checkpoint) -> bool:
    """Tell whether config.json says that the model comes with an adapter."""
    declared = (checkpoint.get(CONFIG, key) for key in _DECLARED)
    return checkpoint.model_type in BUILT_IN or any(
        v not in (ABSENT, None, False) for v in declared
    )


def injected(checkpoint: Checkpoint) -> tuple[Tensor, ...]:
    """Return the tensors of an adapter that were saved among the weights themselves."""
    # there may be 90,000 names: two plain searches first
    likely = (t for t in checkpoint.weights.tensors if ".lora_" in t.name or ".base_" in t.name)
    return tuple(t for t in likely if any(mark in t.name for mark in _MARKS))


def adapter_value(adapter: Adapter, key: str) -> Json:
    """Return a value of adapter_config.json, None where it has none."""
    return None if adapter.config is None else adapter.config.get(key)


def base_model(adapter: Adapter) -> str:
    """Return the model that an adapter says it is for, or an empty string."""
    base = adapter_value(adapter, BASE)
    return base if isinstance(base, str) else ""


def config_file(adapter: Adapter) -> str:
    """Return the path of its adapter_config.json, there or not."""
    return f"{adapter.folder}/{ADAPTER_CONFIG}".removeprefix("/")


def kind(adapter: Adapter) -> str:
    """Name the method of an adapter as papers do."""
    name = adapter_value(adapter, "peft_type")
    if name == LORA:
        return "DoRA" if adapter_value(adapter, "use_dora") is True else "LoRA"
    return name if isinstance(name, str) and name.isidentifier() and len(name) < 40 else "PEFT"


def can_merge(adapter: Adapter) -> bool:
    """Tell adapters that change weights from those that add tokens to the prompt."""
    return adapter_value(adapter, "peft_type") not in PROMPTS


def without_peft(environment: Environment | None, then: str) -> str:
    """Say what happens on this machine if peft is not installed on it; else an empty text."""
    missing = environment is not None and "peft" not in environment.packages
    return f"; peft is not installed here, so {then}" if missing else ""


def adapter_loading(checkpoint: Checkpoint) -> Mapping[Runtime, Loading]:
    """Tell what each version loads from a folder that holds an adapter_config.json."""
    adapter = own_adapter(checkpoint)
    whole = has_weights(checkpoint)
    if adapter is None or ADAPTER_CONFIG not in adapter.files:
        own = Loading(fails="" if whole else "there are no weights")
        return {Runtime.TRANSFORMERS_4: own, Runtime.TRANSFORMERS_5: own}
    old = _of_base(adapter, ADAPTER_TENSORS, ADAPTER_PICKLE)
    new = _of_base(adapter, ADAPTER_TENSORS)
    if CONFIG in checkpoint.files:
        new = _of_folder(adapter, whole=whole)
    return {Runtime.TRANSFORMERS_4: old, Runtime.TRANSFORMERS_5: new}


def _of_base(adapter: Adapter, *readable: str) -> Loading:
    if adapter.config is not None and not base_model(adapter):
        return Loading(fails=f"{ADAPTER_CONFIG} names no {BASE}")
    return _with_adapter(adapter, readable, base_model(adapter))


def _of_folder(adapter: Adapter, *, whole: bool) -> Loading:
    """Follow transformers 5, which takes a folder with a config.json for a whole model."""
    if not whole:
        return Loading(fails=f"with a {CONFIG} beside the adapter it looks for whole weights here")
    return _with_adapter(adapter, (ADAPTER_TENSORS,), "")


def _with_adapter(adapter: Adapter, readable: tuple[str, ...], weights: str) -> Loading:
    if adapter.config is None:
        return Loading(fails=f"{ADAPTER_CONFIG} cannot be read")
    if not can_merge(adapter):
        return Loading(fails="only PeftModel loads what adds tokens to the prompt")
    if not any(file in adapter.files for file in readable):
        return Loading(fails=f"it finds no {readable[0]}")
    return Loading(weights, adapter=True)
