"""Adapter files were left beside the merged weights.

## What it does
Reports an ``adapter_config.json`` in a folder that also holds the weights of a whole model, and
says what each version of transformers loads from it. Reports ``adapter_model.safetensors`` beside
a lone ``model.safetensors`` for vLLM.

Models that carry an adapter on purpose (Granite Speech, Phi-4 multimodal) are left alone, and so
is an adapter in a folder of its own: transformers does not look there.

## Why it is worse
Where peft is installed, ``from_pretrained`` looks for adapter_config.json first. transformers 4
then loads the model that ``base_model_name_or_path`` names, and the adapter: the merged weights
are never read, and where that model cannot be found, nothing is loaded. transformers 5 loads the
merged weights and applies the adapter to them a second time (a loss of 2.661 instead of 2.635 in
one trial). Both compute an unmerged adapter at each step. Without peft both ignore the files, so
that the same folder behaves differently on two machines.

## Affects
``generate()`` and loops of one's own with transformers. vLLM reads every safetensors file of a
folder that has no index, and has no place for an adapter's tensors. llama.cpp's converter reads
the model's own files only.

## Fix
By hand: move the adapter's files into a folder of their own.

## Fix safety
It changes what the model writes, back to what the merged weights say. Nothing is deleted.

## References
- https://github.com/huggingface/peft/issues/1381
- https://github.com/meta-pytorch/torchtune/issues/2224
- https://github.com/huggingface/transformers/pull/43781
- https://github.com/vllm-project/vllm/issues/12961
"""

from collections.abc import Iterator, Mapping
from shlex import quote

from slowlens.facts.checkpoint import Adapter, Checkpoint
from slowlens.facts.environment import Environment
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import GENERATE, TRANSFORMERS, Runtime
from slowlens.facts.weights.adapters import (
    ADAPTER_CONFIG,
    ADAPTER_TENSORS,
    BASE,
    Loading,
    adapter_loading,
    built_in,
    has_weights,
    kind,
    own_adapter,
    without_peft,
)
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)
from slowlens.jsonvalue import ABSENT

ONE_FILE = ("model.safetensors",)
COST = (
    "answers of other weights than the merged ones, and 1.2 times as long per answer with LoRA, 8 "
    "times with DoRA (SmolLM2-135M on a CPU, rank 16, all linear layers, float32)"
)
FOR_VLLM = (
    f"{ADAPTER_TENSORS} lies beside model.safetensors: without an index vLLM reads both, and the "
    "model has no place for an adapter's tensors"
)


def check(merged: Merged, environment: Environment | None) -> Iterator[Finding]:
    """Yield what transformers makes of the files, and what vLLM does."""
    checkpoint = merged.checkpoint
    own = own_adapter(checkpoint)
    if own is None or not has_weights(checkpoint) or built_in(checkpoint):
        return
    fix = _move(checkpoint, own)
    if ADAPTER_CONFIG in own.files:
        loading = adapter_loading(checkpoint)
        fails = all(loading[runtime].fails for runtime in GENERATE)
        note = without_peft(environment, "on this machine both ignore it")
        yield Finding(
            message=f"{ADAPTER_CONFIG} is left beside whole weights: {_told(own, loading)}{note}",
            severity=Severity.ERROR,
            confidence=Confidence.READ,
            affects=TRANSFORMERS,
            evidence=(_evidence(own),),
            cost="" if fails else COST,
            fix=fix,
        )
    if ADAPTER_TENSORS in own.files and checkpoint.weights.files == ONE_FILE:
        yield Finding(
            message=FOR_VLLM,
            severity=Severity.ERROR,
            confidence=Confidence.SUSPECTED,
            affects=(Runtime.VLLM,),
            evidence=(ValueEvidence(ADAPTER_TENSORS, (), ABSENT),),
            fix=fix,
        )


def _told(own: Adapter, loading: Mapping[Runtime, Loading]) -> str:
    parts = []
    for runtime in GENERATE:
        found = loading[runtime]
        name = runtime.label.removesuffix(" generate")
        if found.fails:
            parts.append(f"{name} does not load the folder ({found.fails})")
        elif found.weights:
            parts.append(f"{name} loads {found.weights[:100]} with this adapter instead of them")
        else:
            parts.append(f"{name} applies this {kind(own)} adapter to them once more")
    return ", ".join(parts)


def _evidence(own: Adapter) -> ValueEvidence:
    config = own.config or {}
    pointer = (BASE,) if BASE in config else ()
    return ValueEvidence(ADAPTER_CONFIG, pointer, config.get(BASE, ABSENT))


def _move(checkpoint: Checkpoint, own: Adapter) -> Fix:
    files = " ".join(own.files)
    command = f"cd {quote(str(checkpoint.root))} && mkdir adapter && mv {files} adapter/"
    return Fix("Move the adapter into a folder of its own", Applicability.MANUAL, reason=command)


RULE = Rule(
    id="leftover-adapter-files",
    title="Adapter files beside merged weights",
    check=check,
    since="0.1.0",
)
