"""The adapter was merged into weights of 4 or 8 bits.

## What it does
Reports weights that bitsandbytes packed, where something says that an adapter was merged into
them: the source is packed by bitsandbytes too, or an adapter in the folder names a 4-bit base.
Where the source's weights are plain, the checkpoint may have been quantized on purpose after the
merge, so that this is a note.

GPTQ, AWQ, FP8 and other formats are left alone: PEFT does not merge into them, so that they were
quantized after the merge.

## Why it is worse
To merge into packed weights, they are unpacked, changed and packed again. An adapter's changes
are small beside the steps of 4 bits, so that part of the training is rounded away and the answers
are not those of training, where the adapter was added in 16 bits. There is no way to pack them
without that loss. bitsandbytes also unpacks each weight at each step, which plain 16-bit weights
do not need.

## Affects
Every runtime, as the weights themselves are changed.

## Fix
By hand: load the base model in 16 bits, merge the adapter, save, and quantize the result if it has
to be small. The adapter that was trained is needed for that.

## Fix safety
It changes what the model writes, to what the adapter was trained to write.

## References
- https://github.com/huggingface/peft/issues/2321
- https://github.com/huggingface/transformers/issues/31293
- https://github.com/artidoro/qlora/issues/28
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, Adapter
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import EVERY
from slowlens.facts.weights.adapters import BASE, base_model, config_file
from slowlens.facts.weights.quantization import Quantization
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)

MARKS = ("4bit", "4-bit", "8bit", "8-bit", "nf4")
"""What names of packed models have in common."""
LINES = (
    'base = AutoModelForCausalLM.from_pretrained("the base model, not quantized", '
    'torch_dtype="bfloat16"); PeftModel.from_pretrained(base, "the adapter").merge_and_unload()'
    '.save_pretrained("a new folder")'
)


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding for weights packed by bitsandbytes that come from a merge."""
    now = merged.quantization
    if now.bitsandbytes is None:
        return
    adapter = next((a for a in merged.checkpoint.adapters if _has_packed_base(a)), None)
    if adapter is not None:
        because = f"{config_file(adapter)} names a packed base, {base_model(adapter)[:100]}"
        pointer = ValueEvidence(config_file(adapter), (BASE,), base_model(adapter))
        yield _finding(now, because, Severity.WARNING, (pointer,))
    elif source is not None and source.quantization.bitsandbytes is not None:
        yield _finding(now, "its source is packed in the same way", Severity.WARNING)
    elif source is not None and source.quantization.packed is None:
        yield _finding(now, "the source is not packed", Severity.NOTE)


def _has_packed_base(adapter: Adapter) -> bool:
    return any(mark in base_model(adapter).lower() for mark in MARKS)


def _finding(
    now: Quantization,
    because: str,
    severity: Severity,
    more: tuple[ValueEvidence, ...] = (),
) -> Finding:
    return Finding(
        message=f"the weights are packed in {now.bits} bits by bitsandbytes and {because}: what "
        "was merged into them is rounded with them",
        severity=severity,
        confidence=Confidence.SUSPECTED,
        affects=EVERY,
        evidence=(ValueEvidence(CONFIG, now.pointer, now.declared), *more),
        cost=f"part of the training, rounded to {2**now.bits} steps a weight",
        fix=Fix("Merge in 16 bits", Applicability.MANUAL, reason=LINES),
    )


RULE = Rule(
    id="merged-into-4bit",
    title="Merged into quantized weights",
    check=check,
    since="0.1.0",
)
