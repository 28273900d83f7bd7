"""``architectures`` of config.json names another class than the source, or none that engines know.

## What it does
Compares ``architectures`` with the source's. Without a source it reports names that a trainer's
wrapper left (``FSDP…``, ``Peft…``), the name of a bare model (``LlamaModel``) beside a head in
the files, and a key that is missing. It stays silent where the model type changed too, where the
merged weights have a classifier of their own (``score``), and about the order of names.

## Why it is worse
save_pretrained writes the name of the class that is being saved, so that a wrapper or a model
without its head names itself. AutoModel of transformers does not look at the key: the same
tokens come out. Engines choose the class by it: vLLM serves ``LlamaModel`` as a pooling model
that makes embeddings, runs an unknown name through a slower general backend, or refuses.

## Affects
vLLM, SGLang and llama.cpp's converter. Never transformers.

## Fix
Puts the source's value back. Without a source, by hand.

## Fix safety
Safe: transformers does not read the key when it loads a model by its type.

## References
- https://docs.vllm.ai/en/latest/models/supported_models.html
- https://docs.sglang.ai/supported_models/support_new_models.html
- https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.reading import Merged, Reading, Source
from slowlens.facts.runtimes import ENGINES, Runtime
from slowlens.facts.weights.head import ends_of
from slowlens.findings import (
    Applicability,
    Confidence,
    Edit,
    Finding,
    Fix,
    Rule,
    Severity,
    Undecided,
    ValueEvidence,
)

KEY = "architectures"
WRAPPERS = ("FSDP", "Peft", "DeepSpeed", "DistributedDataParallel", "OptimizedModule", "AutoModel")
CLASSIFIERS = ("score.", "classifier.", "v_head.", "classification_head.", "qa_outputs.")
BY_HAND = (
    'Write the class that the model was published with, such as "LlamaForCausalLM", into '
    f"{KEY} of {CONFIG}. Run slowlens check again with --source to have it done."
)


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding when engines would choose another class, or none."""
    checkpoint = merged.checkpoint
    if not checkpoint.has(CONFIG):
        raise Undecided(f"{CONFIG} could not be read")
    here = _names(merged)
    if source is not None and (there := _names(source)):
        same_type = checkpoint.model_type == source.checkpoint.model_type
        if set(here) != set(there) and same_type and not _classifies(checkpoint):
            told = f", not {_listed(there)} as the source does"
            yield _finding(merged, f"{_told(here)}{told}", _restore(merged, there))
    elif trouble := _trouble(checkpoint, here):
        yield _finding(merged, trouble, Fix("Name the class", Applicability.MANUAL, (), BY_HAND))


def _trouble(checkpoint: Checkpoint, names: tuple[str, ...]) -> str:
    head = ends_of(checkpoint.weights).head
    if wrapped := next((name for name in names if name.startswith(WRAPPERS)), ""):
        return f"{CONFIG} names the class {wrapped[:60]}, which is a wrapper of training"
    if names and head is not None and all(name.endswith("Model") for name in names):
        return f"{_told(names)}, a model without a head, but {head.file} holds {head.name[:60]}"
    if not names and checkpoint.model_type and checkpoint.weights.tensors:
        return f"{_told(names)}: engines cannot tell which class to run"
    return ""


def _finding(merged: Merged, message: str, fix: Fix) -> Finding:
    return Finding(
        message=message,
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=(*ENGINES, Runtime.LLAMA_CPP),
        evidence=(ValueEvidence(CONFIG, (KEY,), merged.checkpoint.get(CONFIG, KEY)),),
        cost="engines refuse it, run it more slowly, or serve it as another kind of model",
        fix=fix,
    )


def _restore(merged: Merged, names: tuple[str, ...]) -> Fix:
    before = merged.checkpoint.get(CONFIG, KEY)
    edit = Edit(CONFIG, (KEY,), before=before, after=list(names))
    return Fix("Name the source's class", Applicability.SAFE, (edit,))


def _names(reading: Reading) -> tuple[str, ...]:
    value = reading.checkpoint.get(CONFIG, KEY)
    return tuple(n for n in value if isinstance(n, str)) if isinstance(value, list) else ()


def _told(names: tuple[str, ...]) -> str:
    return f"{CONFIG} names {_listed(names)}" if names else f"{CONFIG} names no {KEY}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(name[:60] for name in names[:3])


def _classifies(checkpoint: Checkpoint) -> bool:
    return any(tensor.name.startswith(CLASSIFIERS) for tensor in checkpoint.weights.tensors)


RULE = Rule(
    id="architectures-mismatch",
    title="Class name that engines do not know",
    check=check,
    since="0.1.0",
)
