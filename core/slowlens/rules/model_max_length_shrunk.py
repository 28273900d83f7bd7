"""The tokenizer's longest prompt is shorter than the source's and than the model's context.

## What it does
Compares ``model_max_length`` of tokenizer_config.json with the source's. Reported when it became
smaller and is below the context of the model (``max_position_embeddings``). A value that only went
from "no limit" (1e30) to the context of the model is fine, and so is a larger one.

## Why it is worse
Training scripts set it to their sequence length, 512 or 2048, and it is saved. Wherever truncation
is asked for, and pipelines and evaluation tools ask for it, longer prompts then lose their end (or
their beginning) without a word: the question itself, often. Nothing gets slower.

## Affects
transformers 4 and 5 where ``truncation=True`` is given without a ``max_length``.

## Fix
Sets the source's value.

## Fix safety
Not safe in the strict sense: prompts that were cut are read as a whole, so their answers change.

## References
- https://huggingface.co/docs/transformers/pad_truncation
- https://github.com/neulab/prompt2model/issues/87
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.decoding.generation import decoder_pointer
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import GENERATE
from slowlens.findings import (
    Applicability,
    Confidence,
    Edit,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)
from slowlens.jsonvalue import whole

KEY = "model_max_length"


def check(merged: Merged, source: Source) -> Iterator[Finding]:
    """Yield a finding when the limit shrank below the model's context."""
    here, there = _limit(merged.checkpoint), _limit(source.checkpoint)
    if here is None or there is None or here >= there or not merged.checkpoint.generates:
        return
    context = _context(merged.checkpoint)
    if context is not None and here >= context:
        return
    before = merged.checkpoint.get(TOKENIZER_CONFIG, KEY)
    after = source.checkpoint.get(TOKENIZER_CONFIG, KEY)
    limit = f"{there:g}" if there >= 1e15 else f"{there:.0f}"
    yield Finding(
        message=f"{TOKENIZER_CONFIG} says {KEY}: {here:.0f}, the source {limit}"
        + (f"; the model reads {context}" if context else ""),
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=GENERATE,
        evidence=(ValueEvidence(TOKENIZER_CONFIG, (KEY,), before),),
        cost=f"prompts beyond {here:.0f} tokens are cut where truncation is asked for",
        fix=Fix(
            "Take the source's limit",
            Applicability.UNSAFE,
            (Edit(TOKENIZER_CONFIG, (KEY,), before=before, after=after),),
            "Long prompts are no longer cut, so their answers change.",
        ),
    )


def _limit(checkpoint: Checkpoint) -> float | None:
    value = checkpoint.get(TOKENIZER_CONFIG, KEY)
    match value:
        case bool():
            return None
        case int() | float() if 0 < value <= 1e300:
            return float(value)
    return None


def _context(checkpoint: Checkpoint) -> int | None:
    pointer = decoder_pointer(checkpoint.values(CONFIG) or {})
    return whole(checkpoint.get(CONFIG, *pointer, "max_position_embeddings"))


RULE = Rule(
    id="model-max-length-shrunk",
    title="Longest prompt of the tokenizer shrunk",
    check=check,
    since="0.1.0",
)
