"""Weights that are not a number, infinite, or nothing but zeros.

## What it does
Reads every weight (``--scan-weights``). Reports tensors with values that are not finite, and
matrices that are zero throughout while the source's are not. Left alone are biases and other
vectors, the B half of an adapter, and the masks and frequencies that transformers computes itself,
all of which may be zero or infinite by right; and whatever is zero in the source too.

## Why it is worse
One value that is not a number makes every number after it one: the model writes the same token
for ever, or fails when it samples. A matrix of zeros is harder to see: a whole MLP without its
output projection cost a 135M model 0.036 of loss per token (SmolLM2, 62 tokens), which nobody
notices in a chat. Both come from a merge in float16 that overflowed, from a save that did not
gather all shards, or from a broken copy.

## Affects
Every runtime.

## Fix
By hand: merge again, in bfloat16 or float32, with all shards gathered.

## Fix safety
Not applicable: no edit of a JSON file brings numbers back.

## References
- https://github.com/huggingface/transformers/issues/20082
- https://github.com/hiyouga/LlamaFactory/issues/2239
- https://huggingface.co/docs/safetensors/index
"""

import re
from collections.abc import Iterator

from slowlens.facts.runtimes import EVERY
from slowlens.facts.weights.scan import NOTHING_READ, BadTensor, Scan
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

SHOWN = 3
BY_RIGHT = re.compile(r"lora_(?:embedding_)?B\b|inv_freq$|masked_bias$|\.(?:attn|attention)\.bias$")
"""Tensors that start at zero, or that transformers computes itself."""
FIX = Fix(
    "Merge again",
    Applicability.MANUAL,
    reason="Merge again from sound shards, in bfloat16 or float32: float16 ends at 65,504.",
)


def check(scan: Scan) -> Iterator[Finding]:
    """Yield one finding for values that are not finite, and one for matrices of zeros."""
    if not scan.tensors:
        raise Undecided(NOTHING_READ)
    told = [bad for bad in scan.bad if not BY_RIGHT.search(bad.tensor.name)]
    broken = [bad for bad in told if bad.nan or bad.infinite]
    zero = [bad for bad in told if bad.zero and len(bad.tensor.shape) > 1]
    if broken:
        yield Finding(
            message=f"{_some(broken)} not finite: {_counts(broken)}",
            severity=Severity.ERROR,
            confidence=Confidence.READ,
            affects=EVERY,
            evidence=_places(broken),
            cost="every answer: one such value makes all that follow it one",
            fix=FIX,
        )
    if zero:
        yield Finding(
            message=f"{_some(zero)} nothing but zeros",
            severity=Severity.WARNING,
            confidence=Confidence.READ if scan.compared else Confidence.SUSPECTED,
            affects=EVERY,
            evidence=_places(zero),
            cost="0.04 to 1 of loss per token, by the layer: an answer is still written",
            fix=FIX,
        )


def _some(bad: list[BadTensor]) -> str:
    names = ", ".join(one.tensor.name for one in bad[:SHOWN])
    more = f" and {len(bad) - SHOWN} more tensors" if len(bad) > SHOWN else ""
    return f"{names}{more} {'is' if len(bad) == 1 else 'are'}"


def _counts(bad: list[BadTensor]) -> str:
    counts = {"NaN": sum(b.nan for b in bad), "infinite": sum(b.infinite for b in bad)}
    return " and ".join(f"{count} {what}" for what, count in counts.items() if count) or "zeros"


def _places(bad: list[BadTensor]) -> tuple[ValueEvidence, ...]:
    return tuple(
        ValueEvidence(one.tensor.file, (one.tensor.name,), _counts([one])) for one in bad[:SHOWN]
    )


RULE = Rule(
    id="nan-inf-or-zero-weights",
    title="Weights that are not finite, or zero",
    check=check,
    since="0.1.0",
)
