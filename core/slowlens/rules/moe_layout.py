"""The experts are stored in a layout that other runtimes do not read.

## What it does
Looks at the names of routed experts: one by one (``experts.0.up_proj.weight``) or all of a layer
in one tensor (``experts.gate_up_proj``). Reports a change against the source; without a source,
fused experts of a model type whose checkpoints hold them one by one. It stays silent about model
types that are published fused (gpt-oss, Llama 4), and about experts that were split again where
transformers expects them so.

## Why it is worse
transformers 5 fuses the experts in memory, and its save_pretrained writes them as it found them:
one by one, or fused. Savers that take the raw state dict (FSDP and DeepSpeed mergers, torch.save)
write the fused ones. transformers 5 reads them back; transformers 4 finds none of its experts,
fills them with random numbers and says so only in its log; engines look for numbered experts, too.

## Affects
Fused experts: transformers 4, and most likely vLLM, SGLang and llama.cpp's converter. Split
experts of a model that is published fused: every runtime.

## Fix
By hand, with transformers 5: load, put the tensors into a model made from the config, and save
that one, which writes experts one by one. Loading and saving alone keeps them fused. The finding
has the lines.

## Fix safety
The numbers stay the same; for transformers 4 and engines, what the model writes is restored.

## References
- https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md
- https://github.com/huggingface/transformers/blob/main/src/transformers/conversion_mapping.py
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import Tensor
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, EVERY, Runtime
from slowlens.facts.weights.experts import SPLIT_TYPES, Layout, experts, layout
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    Undecided,
    ValueEvidence,
)

COST = "every answer is noise: no expert is the one that was trained"


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield what the runtimes make of experts in the wrong layout."""
    checkpoint = merged.checkpoint
    if not checkpoint.weights.tensors:
        raise Undecided("there are no safetensors headers to read")
    here = layout(checkpoint.weights)
    there = Layout.NONE if source is None else layout(source.checkpoint.weights)
    split_by_class = checkpoint.model_type in SPLIT_TYPES
    wanted = Layout.SPLIT if split_by_class and there is not Layout.FUSED else there
    if Layout.NONE in (here, wanted) or here is wanted:
        return
    found = experts(checkpoint.weights)
    if here is Layout.FUSED:
        yield from _fused(merged, found)
    elif not split_by_class:
        yield _split(found)


def _fused(merged: Merged, found: tuple[Tensor, ...]) -> Iterator[Finding]:
    told = (
        f"{len(found)} tensors hold all experts of a layer at once, such as {found[0].name[:120]}"
    )
    yield Finding(
        message=f"{told}: transformers 4 looks for them one by one and fills them with random "
        "numbers",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_4,),
        evidence=(ValueEvidence(found[0].file, (), found[0].name),),
        cost=COST,
        fix=_fix(merged),
    )
    yield Finding(
        message=f"{told}: engines look for them one by one, and may refuse to load",
        severity=Severity.WARNING,
        confidence=Confidence.SUSPECTED,
        affects=(*ENGINES, Runtime.LLAMA_CPP),
        evidence=(ValueEvidence(found[0].file, (), found[0].name),),
        cost="it does not load, or answers with noise",
        fix=_fix(merged),
    )


def _split(found: tuple[Tensor, ...]) -> Finding:
    return Finding(
        message=f"the experts were split into {len(found)} tensors, such as {found[0].name[:120]}, "
        "which the source holds as one a layer: transformers fills them with random numbers",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=EVERY,
        evidence=(ValueEvidence(found[0].file, (), found[0].name),),
        cost=COST,
        fix=Fix(
            "Save again",
            Applicability.MANUAL,
            reason="Save or merge again from the training run, with save_pretrained of the "
            "transformers version that trained it.",
        ),
    )


def _fix(merged: Merged) -> Fix:
    reason = (
        "With transformers 5. In Python: from transformers import AutoModelForCausalLM as A; "
        f"m = A.from_pretrained({str(merged.checkpoint.root)!r}); "
        "n = A.from_config(m.config, dtype=m.dtype); n.load_state_dict(m.state_dict()); "
        "n.save_pretrained('one-by-one'); then copy the tokenizer's files and "
        "generation_config.json."
    )
    return Fix("Save the experts one by one", Applicability.MANUAL, reason=reason)


RULE = Rule(
    id="moe-layout",
    title="Experts in a layout that is not read",
    check=check,
    since="0.1.0",
)
