"""tokenizer.json cuts or fills every text, because it was saved after a call that did.

## What it does
Reports a ``truncation`` or ``padding`` that is not null in tokenizer.json. Calling a tokenizer
with ``truncation=True`` or ``padding="max_length"`` stores both in the tokenizer itself, and
saving it then writes them into the file; transformers 4 and 5 both do so. Truncation at or beyond
the model's own context, and padding to the longest of a batch, change little and are only a note,
as is what the source has just the same.

## Why it is worse
Prompts lose their end without a word, or are filled with padding up to a fixed length, which
costs prefill time. ``tokenizer(...)`` of transformers resets both at each call, so the one who
trained the model never sees it; a reader that loads tokenizer.json itself keeps them.

## Affects
vLLM with pictures, and whatever reads tokenizer.json with the tokenizers library: servers in
Rust, JavaScript, data pipelines. Not ``tokenizer(...)`` of transformers.

## Fix
Sets both to null in tokenizer.json.

## Fix safety
Safe: transformers makes the same tokens as before.

## References
- https://github.com/vllm-project/llm-compressor/issues/2917
- https://github.com/deepjavalibrary/djl/pull/2741
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.decoding.generation import decoder_pointer
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import Runtime
from slowlens.facts.text.tokenizing import TOKENIZER
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
from slowlens.jsonvalue import Json

KEYS = ("truncation", "padding")


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding with what was left in the file."""
    checkpoint = merged.checkpoint
    settings = checkpoint.tokenizer.settings
    left = {key: settings[key] for key in KEYS if isinstance(settings.get(key), dict)}
    if not left or not checkpoint.generates:
        return
    harmless = all(_harmless(key, value, checkpoint) for key, value in left.items())
    inherited = source is not None and all(
        source.checkpoint.tokenizer.settings.get(key) == value for key, value in left.items()
    )
    yield Finding(
        message=f"{TOKENIZER} {' and '.join(_said(key, value) for key, value in left.items())}"
        + (", as its source does" if inherited else ""),
        severity=Severity.NOTE if harmless or inherited else Severity.WARNING,
        confidence=Confidence.READ,
        affects=(Runtime.VLLM,),
        evidence=tuple(ValueEvidence(TOKENIZER, (key,), value) for key, value in left.items()),
        cost="prompts cut or filled to that length where tokenizer.json is read directly",
        fix=Fix(
            "Neither cut nor fill",
            Applicability.SAFE,
            tuple(Edit(TOKENIZER, (key,), before=left[key], after=None) for key in left),
        ),
    )


def _said(key: str, value: Json) -> str:
    match key, value:
        case "truncation", {"max_length": int(length)}:
            return f"cuts every text after {length} tokens"
        case "padding", {"strategy": {"Fixed": int(length)}}:
            return f"fills every text up to {length} tokens"
        case "padding", _:
            return "fills the texts of a batch up to the longest"
    return "cuts every text"


def _harmless(key: str, value: Json, checkpoint: Checkpoint) -> bool:
    match key, value:
        case "truncation", {"max_length": int(length)}:
            pointer = decoder_pointer(checkpoint.values(CONFIG) or {})
            context = checkpoint.get(CONFIG, *pointer, "max_position_embeddings")
            return isinstance(context, int) and length >= context
        case "padding", {"strategy": "BatchLongest"}:
            return True
    return False


RULE = Rule(
    id="tokenizer-truncation-padding-persisted",
    title="Truncation or padding saved in the tokenizer",
    check=check,
    since="0.1.0",
)
