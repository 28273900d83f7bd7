"""The adapter was never merged into the weights.

## What it does
Reports a folder that holds an adapter of PEFT and no weights of a whole model, a ``lora_adapter/``
folder beside the weights, as verl's merger leaves it, and tensors of an adapter (``lora_A``,
``lora_B``) among the weights themselves. Where these weights have names that PEFT left, such as
``base_layer``, no loader finds them: `weights-not-loaded` says so, and this rule does not.

Models that carry an adapter on purpose (Granite Speech, Phi-4 multimodal) are left alone, and so
are adapters in folders of other names.

## Why it is slow
``from_pretrained`` fetches the base model and computes the adapter beside each of its layers, at
each step: two more small matrix products a layer for LoRA, and for DoRA the norm of the whole
weight matrix besides. For SmolLM2-135M on a CPU (rank 16, all linear layers, float32) one answer
took 1.63 s merged, 2.00 s with LoRA and 13.0 s with DoRA. Reports from GPUs: 4.2 s for 2.8 s, and
780 ms for 400 ms. Where an adapter lies in ``lora_adapter/``, the weights beside it most likely
are those of the base model, so that the training has no effect at all.

## Affects
``generate()`` and loops of one's own with transformers, which need peft to load such a folder.
transformers 5 does not load it when it also holds a config.json, as OpenRLHF writes it: it then
looks for whole weights in it. vLLM, SGLang and llama.cpp load no adapter as a model.

## Fix
By hand: load the base model and the adapter, merge, and save into a new folder. The finding has
the lines. Adapters that add tokens to the prompt (prompt tuning, prefix tuning) cannot be merged,
and only PeftModel loads them.

## Fix safety
Merging rounds: the answer stays the same up to rounding. Merge into the weights in 16 or 32 bits,
not into a base that was loaded in 4 or 8.

## References
- https://huggingface.co/docs/peft/developer_guides/lora#merge-lora-weights-into-the-base-model
- https://github.com/huggingface/peft/issues/957
- https://github.com/vllm-project/vllm/issues/3316
- https://github.com/hiyouga/LlamaFactory/issues/5949
- https://github.com/predibase/lorax/issues/304
- https://github.com/verl-project/verl/pull/4704
"""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import Adapter, Checkpoint
from slowlens.facts.environment import Environment
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, EVERY, GENERATE, Runtime
from slowlens.facts.weights.adaptermatch import is_switched_off
from slowlens.facts.weights.adapters import (
    ADAPTER_CONFIG,
    BASE,
    Loading,
    adapter_loading,
    base_model,
    built_in,
    config_file,
    has_weights,
    injected,
    kind,
    own_adapter,
    without_peft,
)
from slowlens.facts.weights.losses import wrappers
from slowlens.findings import (
    Confidence,
    Finding,
    Rule,
    Severity,
    ValueEvidence,
)
from slowlens.fixes import MERGE_BEFORE_SAVING, merge_adapter
from slowlens.jsonvalue import ABSENT

ALONE = "the folder holds an adapter alone, not a merged checkpoint"
DORA_COST = "8 times as long per answer (DoRA, SmolLM2-135M on a CPU, rank 16, all linear layers)"
LORA_COST = (
    "1.2 to 2.4 times as long per answer: 1.2 for SmolLM2-135M on a CPU (rank 16, all linear "
    "layers, float32), 1.5 to 2.4 in reports from GPUs"
)
LOST = "the answers of the base model, as if it had never been trained"


def check(
    merged: Merged, source: Source | None, environment: Environment | None
) -> Iterator[Finding]:
    """Yield a finding for each adapter that was not merged, two where it fails somewhere."""
    checkpoint = merged.checkpoint
    if built_in(checkpoint):
        return
    own = own_adapter(checkpoint)
    if not has_weights(checkpoint):
        if own is not None:
            yield from _alone(checkpoint, own, source, environment)
        return
    for adapter in checkpoint.adapters:
        if adapter.folder and not is_switched_off(adapter):
            yield _beside(checkpoint, adapter)
    yield from _among(checkpoint)


def _alone(
    checkpoint: Checkpoint, own: Adapter, source: Source | None, environment: Environment | None
) -> Iterator[Finding]:
    loading = adapter_loading(checkpoint)
    fix = merge_adapter(
        checkpoint, own, base_model(own) if source is None else str(source.checkpoint.root)
    )
    base = base_model(own)[:100] or "its base model"
    slow = tuple(runtime for runtime in GENERATE if not loading[runtime].fails)
    if slow:
        note = without_peft(environment, "here the folder does not load")
        beside = f"transformers runs {base} and computes the {kind(own)} adapter beside it{note}"
        dora = kind(own) == "DoRA"
        yield Finding(
            message=f"{ALONE}: {beside}",
            severity=Severity.ERROR if dora or note else Severity.WARNING,
            confidence=Confidence.READ,
            affects=(*slow, Runtime.FORWARD),
            evidence=_evidence(own),
            cost=DORA_COST if dora else LORA_COST,
            fix=fix,
        )
    failing = tuple(runtime for runtime in GENERATE if loading[runtime].fails)
    yield Finding(
        message=f"{ALONE}: {_who_fails(loading)} do not load it",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=(*failing, *ENGINES, Runtime.LLAMA_CPP),
        evidence=_evidence(own),
        fix=fix,
    )


def _who_fails(loading: Mapping[Runtime, Loading]) -> str:
    why = {runtime: result.fails for runtime, result in loading.items() if result.fails}
    told = (f"{runtime.label.removesuffix(' generate')} ({why[runtime]})" for runtime in why)
    return ", ".join((*told, "vLLM, SGLang and llama.cpp"))


def _beside(checkpoint: Checkpoint, adapter: Adapter) -> Finding:
    return Finding(
        message=f"{adapter.folder}/ holds a {kind(adapter)} adapter as verl's merger leaves it: "
        "the weights beside it most likely are those of the base model, without the training",
        severity=Severity.WARNING,
        confidence=Confidence.SUSPECTED,
        affects=EVERY,
        evidence=_evidence(adapter),
        cost=LOST,
        fix=merge_adapter(checkpoint, adapter, str(checkpoint.root)),
        slows=False,
    )


def _among(checkpoint: Checkpoint) -> Iterator[Finding]:
    tensors = injected(checkpoint)
    if not tensors or wrappers(checkpoint.weights):
        return
    first = tensors[0]
    yield Finding(
        message=f"{first.file} holds {len(tensors)} tensors of an adapter that was saved without "
        f"being merged, such as {first.name[:200]}",
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=EVERY,
        evidence=(ValueEvidence(first.file, (), first.name),),
        cost=LOST,
        fix=MERGE_BEFORE_SAVING,
        slows=False,
    )


def _evidence(adapter: Adapter) -> tuple[ValueEvidence, ...]:
    if not any(file.endswith(ADAPTER_CONFIG) for file in adapter.files):
        return (ValueEvidence(adapter.files[0], (), ABSENT),)
    config = adapter.config or {}
    keys = (BASE, "peft_type", "r", "use_dora")
    found = tuple(ValueEvidence(config_file(adapter), (k,), config[k]) for k in keys if k in config)
    return found or (ValueEvidence(config_file(adapter), (), ABSENT),)


RULE = Rule(
    id="unmerged-adapter",
    title="Adapter not merged into the weights",
    check=check,
    since="0.1.0",
    slows=True,
)
