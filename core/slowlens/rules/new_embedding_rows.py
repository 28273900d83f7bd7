"""The vocabulary grew by rows that no training has touched.

## What it does
Reads every weight (``--scan-weights``) and looks at the rows that merged has beyond its source in
the embedding and in the head. Reports rows that are zero and rows that are copies of one another,
which is how libraries fill them. A few rows more than the tokenizer has tokens are ordinary:
they round the vocabulary up, and no token ever reads them.

## Why it is worse
A special token whose row was never trained means nothing to the model: it does not stop at it, or
writes it at random. It is how an end-of-turn token that was added for training gets lost when the
embedding was frozen.

## Affects
Every runtime.

## Fix
By hand: train the new rows (``modules_to_save=["embed_tokens", "lm_head"]`` for an adapter), or use
tokens that the source has already.

## Fix safety
Not applicable.

## References
- https://huggingface.co/docs/transformers/main_classes/model
- https://huggingface.co/docs/peft/developer_guides/lora
- https://github.com/QwenLM/Qwen3/issues/1064
"""

from collections.abc import Iterator

from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import EVERY
from slowlens.facts.weights.scan import NOTHING_READ, NewRows, Scan
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
    'Train them: LoraConfig(modules_to_save=["embed_tokens", "lm_head"]), or take tokens that the '
    "source knows."
)


def check(merged: Merged, scan: Scan) -> Iterator[Finding]:
    """Yield one finding a tensor with untrained rows that a token reads."""
    if not scan.tensors:
        raise Undecided(NOTHING_READ)
    last = max(merged.checkpoint.tokenizer.token_ids.values(), default=-1)
    for rows in scan.new_rows:
        untrained = rows.zero + rows.repeated
        if not untrained or last < rows.first:
            continue
        yield Finding(
            message=f"{rows.tensor.name} has {rows.count} rows more than its source: {_told(rows)}",
            severity=Severity.WARNING,
            confidence=Confidence.SUSPECTED,
            affects=EVERY,
            evidence=(NumberEvidence(rows.tensor.name, untrained, f"of {rows.count} new rows"),),
            cost="answers with these tokens, or that should end with one, are left to chance",
            fix=Fix("Train the new tokens", Applicability.MANUAL, reason=REASON),
        )


def _told(rows: NewRows) -> str:
    zero = [f"{rows.zero} are zero"] if rows.zero else []
    return ", ".join([*zero, f"{rows.repeated} are copies"] if rows.repeated else zero)


RULE = Rule(
    id="new-embedding-rows",
    title="New tokens that were not trained",
    check=check,
    since="0.1.0",
)
