"""Batches are filled up on the right, where the source fills them up on the left.

## What it does
Compares the side on which the tokenizer pads: ``padding_side`` of tokenizer_config.json, else the
direction that is left in tokenizer.json, else the default of its class, which is left for the
tokenizers of Llama 2, Code Llama, Gemma and Cohere and right for all others. So a changed
``tokenizer_class`` can change the side without any key saying so; that is reported as suspected.
Only for models that write after their input: not for encoder-decoder models, and not where the
source pads on the right as well.

transformers 5 loads most tokenizers whose class is LlamaTokenizer (Mistral, DeepSeek, Phi-3) as
TokenizersBackend, which pads on the right, and writes that. So it pads as it did for the source,
and version 4 does not load what it wrote: then nothing is reported.

## Why it is worse
A decoder writes after the last token of its input. Padded on the right, the shorter prompts of a
batch end in padding, and the model goes on from there: wrong, empty or endless answers. With one
prompt at a time nothing is padded and nothing is wrong. Training wants the right side, which is
where the value comes from.

## Affects
``generate()`` of transformers 4 or 5 with more than one prompt. vLLM, SGLang and llama.cpp do not
pad.

## Fix
Sets ``padding_side`` to left.

## Fix safety
Not safe in the strict sense: answers of batches change, to what they are one by one. Training
scripts that rely on the file should set their own side.

## References
- https://huggingface.co/docs/transformers/llm_tutorial
- https://github.com/Vision-CAIR/MiniGPT-4/issues/129
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.facts.text.tokenizing import (
    LEFT,
    NEW_CLASSES,
    PADDING_SIDE,
    RIGHT,
    has_tokenizer,
    padding_side,
    tokenizer_class,
)
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

MOVED = "LlamaTokenizer"
"""A class that transformers 5 puts another in the place of, for most model types."""


def check(merged: Merged, source: Source) -> Iterator[Finding]:
    """Yield a finding when the side went from left to right."""
    checkpoint = merged.checkpoint
    if not checkpoint.generates or checkpoint.get(CONFIG, "is_encoder_decoder") is True:
        return
    if not (has_tokenizer(checkpoint) or checkpoint.has(TOKENIZER_CONFIG)):
        return
    here, there = padding_side(checkpoint), padding_side(source.checkpoint)
    if (here.value, there.value) != (RIGHT, LEFT):
        return
    affects = _affects(checkpoint, source.checkpoint, there)
    if not affects:
        return
    by_class = DEFAULT in (here.decided_by, there.decided_by)
    before = checkpoint.get(TOKENIZER_CONFIG, PADDING_SIDE)
    where = "the default of its class" if here.decided_by == DEFAULT else here.decided_by
    yield Finding(
        message=f"batches are padded on the right ({where}); the source pads on the left",
        severity=Severity.WARNING,
        confidence=Confidence.SUSPECTED if by_class else Confidence.READ,
        affects=affects,
        evidence=(ValueEvidence(TOKENIZER_CONFIG, (PADDING_SIDE,), before),),
        cost="nothing with one prompt; in a batch the shorter prompts get wrong answers",
        fix=Fix(
            "Pad on the left",
            Applicability.UNSAFE,
            (Edit(TOKENIZER_CONFIG, (PADDING_SIDE,), before=before, after=LEFT),),
            "Answers of batches change; those of single prompts stay the same.",
        ),
    )


def _affects(merged: Checkpoint, source: Checkpoint, there: Setting) -> tuple[Runtime, ...]:
    """Return who loads the tokenizer, and loaded that of the source with the left side."""
    new = merged.get(TOKENIZER_CONFIG, "tokenizer_class") in NEW_CLASSES
    moved = there.decided_by == DEFAULT and tokenizer_class(source) == MOVED
    pads = {Runtime.TRANSFORMERS_4: not new, Runtime.TRANSFORMERS_5: not moved}
    return tuple(runtime for runtime in GENERATE if pads[runtime])


RULE = Rule(
    id="padding-side-right",
    title="Padding moved to the right",
    check=check,
    since="0.1.0",
)
