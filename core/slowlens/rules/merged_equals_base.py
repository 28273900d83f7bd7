"""The merged checkpoint has the numbers of its source.

## What it does
Reads every weight of both (``--scan-weights``) and counts the tensors that are the same to the
byte. Reports a checkpoint that has nothing of its own: all that both have are the same, and merged
has no tensor that the source lacks. It stays silent where a single tensor differs, and cannot tell
where the dtype of every tensor changed (a bfloat16 copy of float32 weights).

## Why it is worse
The training had no effect on what was saved: the base was saved instead of the trained model, the
adapter was merged with ``lora_alpha`` 0, or the merger took the adapter out and left the base.
Whoever compares the two measures noise.

## Affects
Every runtime.

## Fix
By hand: merge the adapter again, or save the model that was trained.

## Fix safety
Not applicable.

## References
- https://github.com/volcengine/verl/blob/main/verl/model_merger/base_model_merger.py
- https://huggingface.co/docs/peft/developer_guides/model_merging
- https://github.com/gradients-ai/G.O.D/issues/1276
"""

from collections.abc import Iterator

from slowlens.facts.runtimes import EVERY
from slowlens.facts.weights.scan import Scan
from slowlens.facts.weights.tensors import Changes
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    NumberEvidence,
    Rule,
    Severity,
    Undecided,
)

REASON = (
    "PeftModel.from_pretrained(base, adapter).merge_and_unload().save_pretrained(out); first look "
    "whether lora_alpha in adapter_config.json is above 0."
)


def check(scan: Scan, changes: Changes) -> Iterator[Finding]:
    """Yield one finding when not a byte differs."""
    if not scan.compared:
        raise Undecided("source and merged share no tensor of one dtype and shape")
    if scan.identical < scan.compared or scan.compared < changes.compared or changes.extra:
        return
    yield Finding(
        message=f"merged is its source: all {scan.compared} tensors are the same to the byte",
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=EVERY,
        evidence=(NumberEvidence("identical", scan.identical, f"of {scan.compared} tensors"),),
        cost="all that the training cost: the model answers as its source does",
        fix=Fix("Merge the training in", Applicability.MANUAL, reason=REASON),
    )


RULE = Rule(
    id="merged-equals-base",
    title="Merged is its source, to the byte",
    check=check,
    since="0.1.0",
)
