"""The padding token is gone, or is none that the model has.

## What it does
Reports a padding token that the source has and this checkpoint has not, and one whose id lies
outside the vocabulary of config.json, whether the tokenizer, generation_config.json or config.json
names it. Not reported: MusicGen and its like, which have a row for padding behind the vocabulary,
and embeddings that are longer than config.json says. Another padding token than the source's is no
finding by itself: the end token, or the ``<|vision_pad|>`` that Unsloth takes, do as well, because
padding is masked. The unknown token as padding is a note, unless the source does the same.

## Why it is worse
Without one, ``tokenizer(..., padding=True)`` raises. With an id in config.json that the embedding
does not have, the model does not load ("Padding_idx must be within num_embeddings"). With such an
id elsewhere, a batch ends in an IndexError, or in an assertion of the GPU that takes the whole
process down; one prompt at a time works, so it shows only in production.

## Affects
``generate()`` of transformers 4 and 5 with more than one prompt; loading with transformers where
config.json names the id. vLLM, SGLang and llama.cpp do not pad.

## Fix
Names the source's padding token again; where its id does not exist here, the end token.

## Fix safety
Safe: padding is masked, so no token of an answer changes.

## References
- https://huggingface.co/docs/transformers/pad_truncation
- https://github.com/haotian-liu/LLaVA/issues/94
- https://github.com/OpenRLHF/OpenRLHF/issues/87
"""

from collections.abc import Iterator
from functools import partial

from slowlens.facts.checkpoint import (
    CONFIG,
    GENERATION_CONFIG,
    TOKENIZER_CONFIG,
    Tokenizer,
)
from slowlens.facts.decoding.generation import decoder_pointer
from slowlens.facts.effective import as_ids
from slowlens.facts.reading import Merged, Source, outside_vocabulary
from slowlens.facts.runtimes import GENERATE, TRANSFORMERS
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
from slowlens.frozen import replace

TOKEN, ID = "pad_token", "pad_token_id"
ONE_MORE = ("musicgen", "musicgen_melody", "moshi")
"""Families whose embeddings have a row for padding behind the vocabulary."""


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding for the tokenizer and one for each config file."""
    checkpoint = merged.checkpoint
    if not checkpoint.generates:
        return
    if checkpoint.has(TOKENIZER_CONFIG):
        there = Tokenizer() if source is None else source.checkpoint.tokenizer
        yield from _tokenizer(merged, there)
    nested = decoder_pointer(checkpoint.values(CONFIG) or {})
    ids = as_ids(checkpoint.get(GENERATION_CONFIG, ID))
    if any(map(partial(_beyond, merged), ids)):
        said = f"{GENERATION_CONFIG} pads with {ids[0]}, which is outside the vocabulary"
        evidence = ValueEvidence(GENERATION_CONFIG, (ID,), ids[0])
        yield _finding(said, Severity.ERROR, evidence, _usable_id(merged))
    for pointer in dict.fromkeys(((ID,), (*nested, ID))):
        for number in as_ids(checkpoint.get(CONFIG, *pointer)):
            if number >= 0 and _beyond(merged, number):
                said = f"{CONFIG} pads with {number}, for which the embedding has no row"
                evidence = ValueEvidence(CONFIG, pointer, number)
                finding = _finding(said, Severity.ERROR, evidence, _usable_id(merged))
                yield replace(finding, affects=TRANSFORMERS, cost="the model does not load")


def _beyond(merged: Merged, number: int) -> bool:
    """Whether the model has no embedding for this id, as far as files tell."""
    if merged.checkpoint.model_type in ONE_MORE or not outside_vocabulary(merged, (number,)):
        return False
    embeddings = (t for t in merged.checkpoint.weights.tensors if "embed_tokens" in t.name)
    return not any(tensor.shape and tensor.shape[0] > number >= 0 for tensor in embeddings)


def _tokenizer(merged: Merged, there: Tokenizer) -> Iterator[Finding]:
    tokenizer = merged.checkpoint.tokenizer
    pad, number = tokenizer.pad_token, tokenizer.token_ids.get(tokenizer.pad_token or "")
    found = merged.checkpoint.get(TOKENIZER_CONFIG, TOKEN)
    evidence = ValueEvidence(TOKENIZER_CONFIG, (TOKEN,), found)
    usable = _usable(merged, there)
    if pad is None and there.pad_token is not None:
        said = f"there is no padding token, so that batches raise; the source has {there.pad_token}"
        yield _finding(said, Severity.WARNING, evidence, usable)
    elif number is not None and _beyond(merged, number):
        said = f"the padding token {pad} has the id {number}, which is outside the vocabulary"
        yield _finding(said, Severity.ERROR, evidence, usable)
    elif pad is not None and pad == tokenizer.unk_token and there.pad_token not in (None, pad):
        said = f"the padding token is now {pad}, which stands for unknown text as well"
        yield _finding(said, Severity.NOTE, evidence, usable)


def _usable(merged: Merged, there: Tokenizer) -> str | None:
    """Return the source's padding token if the model has it, else the end token."""
    ids = merged.checkpoint.tokenizer.token_ids
    for token in (there.pad_token, merged.checkpoint.tokenizer.eos_token):
        if token is not None and token in ids and not _beyond(merged, ids[token]):
            return token
    return None


def _usable_id(merged: Merged) -> int | None:
    """Return the id of the tokenizer's own padding token, else of its end token."""
    tokenizer = merged.checkpoint.tokenizer
    usable = _usable(merged, tokenizer)
    return None if usable is None else tokenizer.token_ids[usable]


def _finding(
    said: str, severity: Severity, evidence: ValueEvidence, after: str | int | None
) -> Finding:
    before = evidence.found
    edit = Edit(evidence.file, evidence.pointer, before=before, after=after)
    return Finding(
        message=said,
        severity=severity,
        confidence=Confidence.READ,
        affects=GENERATE,
        evidence=(evidence,),
        cost="nothing with one prompt; batches fail" if severity is not Severity.NOTE else "",
        fix=None
        if after is None or after == before
        else Fix("Pad with a token that the model has", Applicability.SAFE, (edit,)),
    )


RULE = Rule(
    id="pad-token-changed",
    title="Padding token lost or unusable",
    check=check,
    since="0.1.0",
)
