"""Fixes that several rules offer."""

from collections.abc import Iterator

from slowlens.facts.checkpoint import (
    CONFIG,
    GENERATION_CONFIG,
    TEXT_CONFIG_KEYS,
    TOKENIZER_CONFIG,
    Adapter,
    Checkpoint,
)
from slowlens.facts.decoding.cache import USE_CACHE
from slowlens.facts.decoding.cachekind import CACHE_IMPLEMENTATION, DYNAMIC
from slowlens.facts.decoding.generation import DEFAULTS, FROM_MODEL_CONFIG, decoder_pointer
from slowlens.facts.decoding.staticcache import COMPILED
from slowlens.facts.live.agreement import Judgement, Sameness
from slowlens.facts.weights.adapters import adapter_value, can_merge
from slowlens.facts.weights.dtypes import KEYS as DTYPE_KEYS
from slowlens.findings import Applicability, Edit, Fix, ValueEvidence
from slowlens.jsonvalue import ABSENT, Absent, Json, Pointer

NESTED = (*((key,) for key in TEXT_CONFIG_KEYS), ("thinker_config", "text_config"))
"""Objects of config.json that may hold a ``use_cache`` of their own."""

MERGE_BEFORE_SAVING = Fix(
    "Merge before saving",
    Applicability.MANUAL,
    reason="In the script that saved it, merge first: model = model.merge_and_unload(), then "
    "model.save_pretrained(...). From the file alone it cannot be done: lora_alpha, which scales "
    "the adapter, is not in it.",
)
"""For tensors of an adapter among the weights of a model."""

PRICE_OF_STATIC = (
    "On a GPU the first answer waits until the decoding step is compiled, and so does each later "
    "one of another length. Memory for the whole length is taken from the start."
)


def turn_cache_on(
    checkpoint: Checkpoint, *, keep_mark: bool, measured: Judgement | None = None
) -> Fix:
    """Set ``use_cache`` in every file that has a say; each alone can fail.

    ``keep_mark`` leaves ``_from_model_config`` where taking it away would change how
    transformers 4 decodes. Where a run ``measured`` what the cache does to the results, the fix
    says so.
    """
    edits = [
        Edit(e.file, e.pointer, before=e.found, after=True) for e in cache_switches(checkpoint)
    ]
    if not edits:  # the class default is to blame
        edits.append(Edit(CONFIG, (USE_CACHE,), before=ABSENT, after=True))
    mark = checkpoint.get(GENERATION_CONFIG, FROM_MODEL_CONFIG)
    if mark is not ABSENT and not keep_mark:
        edits.append(Edit(GENERATION_CONFIG, (FROM_MODEL_CONFIG,), before=mark, after=ABSENT))
    applicability, reason = _applicability(checkpoint)
    if measured is not None:
        reason = f"{reason} {measured.sentence}".strip()
        if measured.verdict is Sameness.DIFFERENT:
            applicability = Applicability.UNSAFE
    return Fix("Turn the key-value cache on", applicability, tuple(edits), reason)


def static_cache(checkpoint: Checkpoint, major: int) -> Fix | None:
    """Ask for a cache of a fixed size, whose step this version of transformers compiles on a GPU.

    None where the file names a kind of its own, and for models that this version does not compile:
    they refuse it, or bring a cache that must be able to grow. The tokens stay the same, up to
    rounding. It pays where a GPU waits for the host, after some answers of the same shape: the
    first call compiles, and so does each call that needs another length.
    """
    edit = parameter_edit(checkpoint, CACHE_IMPLEMENTATION, GENERATION_CONFIG, "static")
    own = edit.before not in (ABSENT, None, DYNAMIC)
    if own or checkpoint.model_type not in COMPILED.get(major, ()):
        return None
    return Fix("Use a static cache", Applicability.SAFE, (edit,), PRICE_OF_STATIC)


def cache_switches(checkpoint: Checkpoint) -> tuple[ValueEvidence, ...]:
    """Return every ``use_cache`` that is written and is not true."""
    return tuple(
        ValueEvidence(file, pointer, found)
        for file, pointer in _places()
        if (found := checkpoint.get(file, *pointer)) is not ABSENT and found is not True
    )


def parameter_edit(checkpoint: Checkpoint, key: str, decided_by: str, after: Json | Absent) -> Edit:
    """Set a generation parameter where it was decided; ``ABSENT`` takes it away there."""
    file = decided_by
    if not checkpoint.has(file):  # a default of the library, or of the class
        file = GENERATION_CONFIG if checkpoint.has(GENERATION_CONFIG) else CONFIG
    pointer: Pointer = (key,)
    nested = (*decoder_pointer(checkpoint.values(CONFIG) or {}), key)
    if file == CONFIG and checkpoint.get(CONFIG, key) in (ABSENT, None):
        pointer = nested
    before = checkpoint.get(file, *pointer)
    if before is ABSENT and after is ABSENT:
        after = DEFAULTS.get(key)
    return Edit(file, pointer, before=before, after=after)


def shared_layers(checkpoint: Checkpoint) -> bool:
    """Whether layers take their keys and values from others, as in Gemma's E series."""
    shared = checkpoint.get(CONFIG, "num_kv_shared_layers")
    if shared is ABSENT:
        shared = checkpoint.get(CONFIG, "text_config", "num_kv_shared_layers")
    return isinstance(shared, int) and shared > 0


def _places() -> Iterator[tuple[str, Pointer]]:
    yield CONFIG, (USE_CACHE,)
    for pointer in NESTED:
        yield CONFIG, (*pointer, USE_CACHE)
    yield GENERATION_CONFIG, (USE_CACHE,)


def _applicability(checkpoint: Checkpoint) -> tuple[Applicability, str]:
    if checkpoint.get(CONFIG, "auto_map") is not ABSENT:
        return Applicability.UNSAFE, (
            "The checkpoint brings code of its own (auto_map), which may not support the cache."
        )
    if shared_layers(checkpoint):
        return Applicability.UNSAFE, (
            "Layers of this model share keys and values (num_kv_shared_layers): in versions of "
            "transformers that pass them on in the cache, its numbers are wrong without one, so "
            "the fix changes what it writes, for the better."
        )
    return Applicability.SAFE, ""


def state_dtype(checkpoint: Checkpoint, dtype: str) -> tuple[Edit, ...]:
    """Write ``dtype`` under both keys: each is read by versions that do not know the other."""
    written = ((key, checkpoint.get(CONFIG, key)) for key in DTYPE_KEYS)
    return tuple(Edit(CONFIG, (key,), old, dtype) for key, old in written if old != dtype)


def save_again(checkpoint: Checkpoint, dtype: str) -> str:
    """Return the Python lines that write the checkpoint in ``dtype`` beside itself."""
    names = checkpoint.get(CONFIG, "architectures")
    first = names[0] if isinstance(names, list) and names else ""
    own_code = checkpoint.get(CONFIG, "auto_map") is not ABSENT
    known = isinstance(first, str) and first.isidentifier() and not own_code
    model = first if known else "AutoModelForCausalLM"
    folder = str(checkpoint.root)
    return (
        f"from transformers import {model}; {model}.from_pretrained({folder!r}, "
        f"torch_dtype={dtype!r}).save_pretrained({folder + '-' + dtype!r})"
    )


def merge_adapter(checkpoint: Checkpoint, adapter: Adapter, base: str) -> Fix:
    """Offer the Python lines that merge ``adapter`` into ``base``, into a new folder."""
    title = "Merge the adapter into the weights"
    if not can_merge(adapter):
        never = "Adapters of this type add tokens to the prompt: they cannot be merged."
        return Fix(title, Applicability.MANUAL, reason=never)
    folder, auto = str(checkpoint.root), _auto_class(adapter)
    tokenizer = folder if checkpoint.has(TOKENIZER_CONFIG) else base
    lines = (
        f"from transformers import {auto}, AutoTokenizer",
        "from peft import PeftModel",
        f'base = {auto}.from_pretrained({base or "the base model"!r}, torch_dtype="auto")',
        f"adapted = PeftModel.from_pretrained(base, {str(checkpoint.root / adapter.folder)!r})",
        f"adapted.merge_and_unload().save_pretrained({folder + '-merged'!r})",
        f"AutoTokenizer.from_pretrained({tokenizer!r}).save_pretrained({folder + '-merged'!r})",
    )
    return Fix(title, Applicability.MANUAL, reason="; ".join(lines))


def _auto_class(adapter: Adapter) -> str:
    mapping = adapter_value(adapter, "auto_mapping")
    name = mapping.get("base_model_class") if isinstance(mapping, dict) else ""
    composite = isinstance(name, str) and name.endswith("ForConditionalGeneration")
    return "AutoModelForImageTextToText" if composite else "AutoModelForCausalLM"
