"""config.json says that the weights are quantized, and they are not.

## What it does
Reports a ``quantization_config`` at the top of config.json beside weights of which none is packed:
no matrix of bytes or whole numbers, and none of the scales that belong to one. Reports a block
that is null, no object, or without ``quant_method``, which stops transformers before it looks.

A block beside packed weights is what it should be. One for the cache alone has its scales in the
weights. BitNet and FP-Quant pack while loading, so that they are left alone.

## Why it is worse
A merge into 16-bit weights that copies the config of a quantized base leaves the block behind.
transformers then wants the library of that method, and stops where it is missing: so it went with
bitsandbytes, GPTQ, AWQ, compressed-tensors, HQQ, quanto and torchao in transformers 4.52 and 5.23.
Where bitsandbytes 0.50 was there, transformers 5.23 put its layers around plain weights, and the
first forward pass failed on a CPU; on a GPU such weights may be packed while they are loaded, which
is slow and loses precision. FP8 needs a GPU in transformers 4 and is passed over by transformers 5
on a CPU. Methods that transformers does not know, and MXFP4 on a CPU, are passed over by both.

## Affects
``generate()`` and loops of one's own with transformers. vLLM and SGLang choose by the block how
they read the weights; what they then do was not tried.

## Fix
Takes the block out of config.json.

## Fix safety
Safe where the checkpoint did not load with it, or the block was passed over. Not safe for
bitsandbytes and FP8, where it may have loaded with less precision.

## References
- https://github.com/unslothai/unsloth/issues/1601
- https://github.com/huggingface/transformers/issues/34847
- https://github.com/allenai/open-instruct/issues/149
- https://huggingface.co/docs/transformers/quantization/overview
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS, Runtime
from slowlens.facts.weights.quantization import Quantization
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
from slowlens.frozen import replace
from slowlens.jsonvalue import ABSENT

LIBRARIES = {
    "aqlm": "aqlm",
    "auto-round": "auto-round",
    "awq": "gptqmodel or autoawq",
    "bitsandbytes": "bitsandbytes",
    "compressed-tensors": "compressed-tensors",
    "eetq": "kernels",
    "fbgemm_fp8": "fbgemm-gpu and a GPU",
    "gptq": "optimum and gptqmodel",
    "hqq": "hqq",
    "quanto": "optimum-quanto",
    "torchao": "torchao",
    "vptq": "vptq",
}
"""What transformers asks for before it loads weights of a method."""
WITHOUT_PACKING = ("bitnet", "fp_quant")
LOSSY = ("bitsandbytes", "fp8", "fbgemm_fp8")
REASON = "Where the weights were packed while loading, answers change to those of the full weights."


def check(merged: Merged) -> Iterator[Finding]:
    """Yield a finding for a block that the weights do not bear out, and one for the engines."""
    found = merged.quantization
    if found.declared is ABSENT or len(found.pointer) > 1:
        return
    if found.declared is None:
        why = "is null, which transformers 4 cannot read"
        yield _finding(found, why, Severity.ERROR, (Runtime.TRANSFORMERS_4,))
        return
    if found.packed is not None or found.method in WITHOUT_PACKING:
        return
    if not found.method:
        why = "names no quant_method, without which transformers stops"
        yield _finding(found, why, Severity.ERROR, TRANSFORMERS)
        return
    if not merged.checkpoint.weights.tensors:
        raise Undecided("no safetensors headers to read")
    yield from _leftover(found, f"says {found.method[:40]}, but no weight is packed")


def _leftover(found: Quantization, said: str) -> Iterator[Finding]:
    since_5 = (Runtime.TRANSFORMERS_5, Runtime.FORWARD)
    if library := LIBRARIES.get(found.method):
        why = f"{said}: transformers asks for {library} and stops without"
        yield _finding(found, why, Severity.ERROR, TRANSFORMERS)
    elif found.method == "fp8":
        why = f"{said}: transformers 4 does not load it without a GPU"
        yield _finding(found, why, Severity.ERROR, (Runtime.TRANSFORMERS_4,))
        why = f"{said}: transformers 5 passes it over on a CPU"
        yield _finding(found, why, Severity.NOTE, since_5)
    else:
        yield _finding(found, f"{said}: transformers passes it over", Severity.NOTE, TRANSFORMERS)
    why = f"{said}: vLLM and SGLang choose by it how they read the weights"
    yield replace(_finding(found, why, Severity.WARNING, ENGINES), confidence=Confidence.SUSPECTED)


def _finding(
    found: Quantization, why: str, severity: Severity, affects: tuple[Runtime, ...]
) -> Finding:
    lossy = found.method in LOSSY
    return Finding(
        message=f"{CONFIG}: quantization_config {why}",
        severity=severity,
        confidence=Confidence.READ,
        affects=affects,
        evidence=(ValueEvidence(CONFIG, found.pointer, found.declared),),
        cost="" if severity is Severity.NOTE else "it does not load, or in less precision",
        fix=Fix(
            "Take the block out",
            Applicability.UNSAFE if lossy else Applicability.SAFE,
            (Edit(CONFIG, found.pointer, before=found.declared, after=ABSENT),),
            REASON if lossy else "",
        ),
    )


RULE = Rule(
    id="quantization-config-leftover",
    title="Quantization config beside plain weights",
    check=check,
    since="0.1.0",
)
