"""The weights are pickles (pytorch_model.bin), not safetensors.

## What it does
Reports a folder whose weights are read from ``pytorch_model.bin`` or its shards, because there
are no safetensors that come first. Pickles are never opened here, so that none of the other
rules can look at the tensors. Where the source is a pickle too, this is only a note. It stays
silent about pickles beside safetensors, which nobody reads.

## Why it is slow
Loading takes longer: 269 MB took 0.16 s for 0.07 s with transformers 4, and 0.14 s for 0.11 s
with 5 (SmolLM2-135M, warm disk cache, CPU). A pickle is unpacked through memory, and cannot be
mapped. Once loaded the model is as fast as before. A pickle can also run code when it is opened:
transformers refuses it with a torch older than 2.6, and some servers refuse it always.

## Affects
transformers, vLLM and SGLang. llama.cpp's converter reads both once.

## Fix
By hand: load the checkpoint and save it again, which writes safetensors. The finding has the line.

## Fix safety
The numbers stay the same; keep the dtype of the files as the line does. Only convert pickles that
you trust, since loading them runs what is in them.

## References
- https://huggingface.co/docs/safetensors/index
- https://nvd.nist.gov/vuln/detail/CVE-2025-32434
"""

from collections.abc import Iterator

from slowlens.facts.reading import Merged, Reading, Source
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.facts.weights.files import WeightFiles, weight_files
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding when a load reads pickles."""
    files = weight_files(merged.checkpoint)
    if not files.pickled:
        return
    inherited = source is not None and weight_files(source.checkpoint).pickled
    first = files.loaded[0]
    yield Finding(
        message=f"the weights are read from {_named(files)}: slower to load, refused with torch "
        "before 2.6, and able to run code of its own when it is opened"
        + ("; the source is a pickle too" if inherited else ""),
        severity=Severity.NOTE if inherited else Severity.WARNING,
        confidence=Confidence.READ,
        affects=(*TRANSFORMERS, *ENGINES),
        evidence=(ValueEvidence(first, (), merged.checkpoint.files[first]),),
        cost="1.3 to 2.3 times as long to load (269 MB, warm disk cache); nothing per token",
        fix=Fix("Save as safetensors", Applicability.MANUAL, reason=_lines(merged)),
    )


def _named(files: WeightFiles) -> str:
    more = len(files.loaded) - 1
    return f"the pickle {files.loaded[0]}" + (f" and {more} more" if more else "")


def _lines(merged: Reading) -> str:
    root = repr(str(merged.checkpoint.root))
    return (
        f"In Python: from transformers import AutoModelForCausalLM as A; A.from_pretrained({root}, "
        "torch_dtype='auto').save_pretrained('as-safetensors'); then copy the other files. For a "
        "model that also sees or hears, take AutoModelForImageTextToText or its own class."
    )


RULE = Rule(
    id="bin-instead-of-safetensors",
    title="Weights are pickles",
    check=check,
    since="0.1.0",
)
