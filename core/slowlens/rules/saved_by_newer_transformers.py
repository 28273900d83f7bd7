"""transformers 5 saved it, and transformers 4 will misread it.

## What it does
Where config.json says that transformers 5 wrote it, lists what version 4 reads otherwise:

- the size of pictures, or a processor file that version 4 does not look for;
- a dtype that versions before 4.56 do not see;
- the number of experts of a Qwen3-MoE, which version 5 calls `num_local_experts`: 4.52.4 takes 128
  for it, its default, and stops with an error about sizes where there are more or fewer (the 160 of
  Qwen3-Coder-480B). Add `num_experts` with the same number: both versions read it.

It is one note with everything in it. Rotary positions that are in `rope_parameters` alone, and a
tokenizer class that version 4 does not have, are findings of their own rules,
v5-saved-read-by-v4-rope and tokenizer-class-v5. A checkpoint of transformers 5 that version 4 reads
alike is not reported, nor is anything about `layer_types`, nested text configs and the like, which
are only spelled differently.

## Why it is worse
Mostly nothing fails: a model with the wrong positions loads without a word and answers a little
worse, and much worse over long texts. Somebody who loads "the same checkpoint" on a machine with
transformers 4 looks for the reason in the merge.

## Affects
transformers 4, and engines or tools that bring one along.

## Fix
Load it with transformers 5, or mend each item by the fix of its own rule: all of them add keys that
both versions read.

## Fix safety
By hand. Adding the older keys does not change what transformers 5 reads.

## References
- https://github.com/vllm-project/vllm/issues/44158
- https://github.com/huggingface/transformers/issues/47553
- https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.pictures.pixels import IMAGE_TOKENS
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import Runtime
from slowlens.facts.weights.dtypes import OLD_KEYS, automatic_dtype
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)
from slowlens.jsonvalue import ABSENT, whole

VERSION = "transformers_version"
EXPERTS, NEW_EXPERTS = "num_experts", "num_local_experts"
BY_DEFAULT = (None, 128)
"""Numbers of experts that transformers 4 gets right, or that say nothing."""
BY_HAND = (
    "pip install 'transformers>=5', or apply the fixes of the other findings: they add the older "
    "keys beside the newer ones."
)


def check(merged: Merged) -> Iterator[Finding]:
    """Yield one note with everything that transformers 4 reads otherwise."""
    version = merged.checkpoint.get(CONFIG, VERSION)
    if not (isinstance(version, str) and _major(version) >= 5):
        return
    items = tuple(_misread(merged))
    if not items:
        return
    yield Finding(
        message=f"saved by transformers {version}; version 4 misreads {', '.join(items)}",
        severity=Severity.NOTE,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_4,),
        evidence=(ValueEvidence(CONFIG, (VERSION,), version),),
        fix=Fix("Load it with transformers 5", Applicability.MANUAL, reason=BY_HAND),
    )


def _major(version: str) -> int:
    major = version.partition(".")[0]
    return int(major) if major.isdecimal() and len(major) < 4 else 0


def _misread(merged: Merged) -> Iterator[str]:
    checkpoint = merged.checkpoint
    pictures = merged.settings.get(IMAGE_TOKENS, {})
    seen = [pictures.get(r) for r in (Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5)]
    old, new = ((setting.value, setting.fails) if setting else None for setting in seen)
    if old != new:
        yield "the size of pictures"
    before = automatic_dtype(checkpoint, OLD_KEYS).value
    if before != automatic_dtype(checkpoint).value:
        yield f"before 4.56 the dtype ({before})"
    experts = whole(checkpoint.get(CONFIG, NEW_EXPERTS))
    old_key = checkpoint.get(CONFIG, EXPERTS) is not ABSENT
    if checkpoint.model_type == "qwen3_moe" and not old_key and experts not in BY_DEFAULT:
        yield f"the number of experts ({experts}; it looks for {EXPERTS}) and does not load"


RULE = Rule(
    id="saved-by-newer-transformers",
    title="Saved by a newer transformers",
    check=check,
    since="0.1.0",
)
