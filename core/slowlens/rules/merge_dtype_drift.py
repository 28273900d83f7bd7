"""bfloat16 weights became float16.

## What it does
Compares the dtype that most of the weights have with that of the source, and with the dtype that a
load without arguments ends up with. It reports bfloat16 that was saved as float16 by a merge, and
bfloat16 files whose config.json has them loaded in float16.

It says nothing about float16 that became bfloat16 (less precise, but nothing can overflow), about
a source that was float16 as well, or about quantized checkpoints, whose kernels often want float16.

## Why it is worse
bfloat16 reaches to 3.4e38, float16 only to 65504. Weights are small, but the numbers that flow
between layers are not: in models that were trained in bfloat16 (Gemma, Qwen, DeepSeek) they exceed
that, become infinity, and then NaN: empty answers, "!!!!" or a crash while sampling. Where nothing
overflows, the answers are a little different at most.

## Affects
Everything that loads the files, where float16 was saved; transformers with ``dtype="auto"``, vLLM
and SGLang, where config.json says so.

## Fix
Sets ``dtype`` and ``torch_dtype`` to bfloat16 where the files are still bfloat16. What was saved
in float16 has to be merged again from the source in bfloat16.

## Fix safety
Not safe: the numbers change, back to those of the source.

## References
- https://github.com/QwenLM/Qwen3/issues/868
- https://github.com/huggingface/transformers/issues/39972
- https://github.com/deepseek-ai/DeepSeek-V2/issues/93
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, EVERY, TRANSFORMERS
from slowlens.facts.weights.dtypes import KEYS, automatic_dtype, is_quantized, main_dtype
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)
from slowlens.fixes import state_dtype
from slowlens.jsonvalue import ABSENT

COST = "not slower; infinity or NaN wherever a number exceeds 65504, else rounding"
MERGE_AGAIN = (
    'Load the source with torch_dtype="bfloat16", merge into it, and save without a cast: '
    "AutoModelForCausalLM.from_pretrained(SOURCE, torch_dtype='bfloat16'), then "
    "PeftModel.from_pretrained(model, ADAPTER).merge_and_unload().save_pretrained(OUT)"
)
RANGE = "The numbers change, back to the range that the weights were trained in."


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding where float16 was saved, or is loaded, in place of bfloat16."""
    if is_quantized(merged.checkpoint):
        return
    saved, before = main_dtype(merged.checkpoint), ""
    if source is not None:
        before = main_dtype(source.checkpoint)
    if saved == "float16" and before == "bfloat16":
        yield _saved(merged)
    elif _is_narrowed(merged) and not (source is not None and _is_narrowed(source)):
        yield _loaded(merged)


def _is_narrowed(reading: Merged | Source) -> bool:
    """Whether bfloat16 files are loaded in float16."""
    loaded = automatic_dtype(reading.checkpoint).value
    return main_dtype(reading.checkpoint) == "bfloat16" and loaded == "float16"


def _saved(merged: Merged) -> Finding:
    files = sorted({t.file for t in merged.checkpoint.weights.tensors if t.dtype == "F16"})
    return Finding(
        message=f"{files[0]}: weights that are bfloat16 in the source were saved as float16",
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=EVERY,
        evidence=(ValueEvidence(files[0], (), "float16"),),
        cost=COST,
        fix=Fix("Merge again in bfloat16", Applicability.MANUAL, reason=MERGE_AGAIN),
    )


def _loaded(merged: Merged) -> Finding:
    written = ((key, merged.checkpoint.get(CONFIG, key)) for key in KEYS)
    stated = tuple(
        ValueEvidence(CONFIG, (key,), found) for key, found in written if found is not ABSENT
    )
    decided_by = automatic_dtype(merged.checkpoint).decided_by
    return Finding(
        message=f"{decided_by} has bfloat16 weights loaded in float16",
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=(*TRANSFORMERS, *ENGINES),
        evidence=stated,
        cost=COST,
        fix=Fix(
            "Load the weights in bfloat16",
            Applicability.UNSAFE,
            state_dtype(merged.checkpoint, "bfloat16"),
            RANGE,
        ),
    )


RULE = Rule(
    id="merge-dtype-drift",
    title="bfloat16 became float16",
    check=check,
    since="0.1.0",
)
