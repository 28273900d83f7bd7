"""The source's weights are packed, and the merged ones are not.

## What it does
With a source whose headers show packed weights (GPTQ, AWQ, bitsandbytes, FP8, MXFP4, compressed
tensors and their like), reports that the merged checkpoint holds plain ones, and by how much it
grew.

Where the source is packed by bitsandbytes, as bases for QLoRA are, this is a note: to merge into
unpacked weights is the right way then.

## Why it is slow
A decoding step reads every weight once, so that on a GPU its time follows their bytes: 16-bit
weights are 4 times those of 4 bits, and 2 times those of 8. They also need that much more memory,
and what no longer fits is moved to the CPU.

## Affects
Transformers, vLLM and SGLang. llama.cpp quantizes anew when it converts.

## Fix
By hand: quantize the merged checkpoint again, with the tool and the settings of the source. Its
``quantization_config`` is in the finding.

## Fix safety
Quantizing loses precision, as it did in the source: compare the answers afterwards.

## References
- https://github.com/huggingface/transformers/issues/31293
- https://huggingface.co/docs/transformers/quantization/overview
- https://docs.vllm.ai/projects/llm-compressor/en/latest/
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.facts.weights.quantization import Quantization
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

AGAIN = {
    "awq": "llm-compressor (AWQModifier)",
    "bitsandbytes": "BitsAndBytesConfig(load_in_4bit=True) at load, then save_pretrained",
    "compressed-tensors": "llm-compressor (oneshot, with the scheme of the source)",
    "fp8": "llm-compressor (scheme FP8_BLOCK), or FineGrainedFP8Config at load",
    "gptq": "GPTQModel, or llm-compressor (GPTQModifier)",
    "mxfp4": "Mxfp4Config at load, or NVIDIA Model Optimizer",
    "torchao": "TorchAoConfig at load, then save_pretrained",
}
OTHER = "the tool that quantized the source"


def check(merged: Merged, source: Source) -> Iterator[Finding]:
    """Yield one finding where only the source is packed."""
    before, now = source.quantization, merged.quantization
    if before.packed is None or now.packed is not None:
        return
    if not merged.checkpoint.weights.tensors:
        raise Undecided("no safetensors headers to read")
    larger = merged.checkpoint.weights.size / max(source.checkpoint.weights.size, 1)
    for_training = before.bitsandbytes is not None
    yield Finding(
        message=f"the source is quantized ({before.method[:40] or 'by its headers'}), and this "
        f"checkpoint is not: {_size(merged)} for {_size(source)}",
        severity=Severity.NOTE if for_training else Severity.WARNING,
        confidence=Confidence.READ,
        affects=(*TRANSFORMERS, *ENGINES),
        evidence=_evidence(before, now),
        cost=f"{larger:.1f} times the bytes to read for each token on a GPU, and to hold in memory",
        fix=Fix(
            "Quantize it again",
            Applicability.MANUAL,
            reason=f"Quantize it with {AGAIN.get(before.method, OTHER)}, and compare the answers.",
        ),
    )


def _size(reading: Merged | Source) -> str:
    return f"{reading.checkpoint.weights.size / 1e9:.3g} GB"


def _evidence(before: Quantization, now: Quantization) -> tuple[ValueEvidence, ...]:
    packed = () if before.packed is None else (before.packed,)
    shown = (ValueEvidence(f"source: {t.file}", (), f"{t.name} {t.dtype}") for t in packed)
    return (ValueEvidence(CONFIG, now.pointer, now.declared), *shown)


RULE = Rule(
    id="quantization-lost",
    title="Quantization lost",
    check=check,
    since="0.1.0",
    slows=True,
)
