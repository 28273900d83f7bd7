"""The files and config.json disagree on whether the output head is the embedding.

## What it does
Resolves ``tie_word_embeddings`` for each runtime and compares it with the tensors that are there.
A missing key is not "false": each class has its own default, composite models say it twice, and
transformers 4 and 5 read different places. Reported are:

- tied, and yet ``lm_head.weight`` is in the files with other numbers than the embedding: one
  runtime uses the trained head, another throws it away, without a word. Whether they differ is
  told from 16 blocks of 4 KiB of each, never from the whole;
- not tied, and no head in the files: it is filled with random numbers;
- tied for one version and not for the other: transformers 5 saves a tied Qwen2.5-VL with the key
  at the top alone, transformers 4 looks into ``text_config`` and makes up a head;
- tied, and no head in the files, although the source has a head of its own.

It stays silent about a head that is a copy of the embedding (57 MB more for SmolLM2-135M, 272 MB
for Qwen2.5-0.5B, and nothing else), about a tied model without a head, about encoder-decoder
models, about a missing head of models with code of their own (``auto_map``) where there is no
source, and about models that were published without a head because they only make embeddings.

## Why it is worse
A head comes to differ from a tied embedding by LoRA with ``modules_to_save=["lm_head"]``, by
resizing the vocabulary, or by a merger that writes both. transformers 4, vLLM and SGLang then
drop the trained head: the same files are two models. A random head is plain gibberish: the loss
of SmolLM2-135M rose from 2.66 to 11.4.

## Affects
A head that is dropped: transformers 4, vLLM, SGLang; transformers 5 keeps it and does not tie. A
missing head: transformers of either version, each by its own reading of the key, and SGLang; vLLM
refuses to load. llama.cpp takes the embedding where there is no head.

## Fix
A head that is dropped: ``tie_word_embeddings: false`` at every level at which a version reads it.
A missing head: ``true`` where the source or one of the versions ties, else copy the head from the
source by hand.

## Fix safety
Not safe, since it changes what the model writes: back to what was trained.

## References
- https://github.com/huggingface/transformers/issues/45127
- https://github.com/huggingface/transformers/issues/43429
- https://github.com/hiyouga/LLaMA-Factory/issues/6749
- https://github.com/vllm-project/vllm/blob/main/vllm/model_executor/models/qwen2.py
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, Tensor
from slowlens.facts.reading import Merged, Reading, Source
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.weights.head import Ends, ends_of
from slowlens.facts.weights.tied import TIE, expects_head, places, text_pointer
from slowlens.findings import (
    Applicability,
    Confidence,
    Edit,
    Finding,
    Fix,
    Rule,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.jsonvalue import ABSENT, same

DROPPING = (Runtime.TRANSFORMERS_4, Runtime.VLLM, Runtime.SGLANG)
"""Where a model is tied, they throw its head away, whatever is in it."""
BACK = "It changes what the model writes, back to what was trained."


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding at most: a head is dropped, random, or gone."""
    if not merged.checkpoint.has(CONFIG):
        raise Undecided(f"{CONFIG} could not be read")
    if not merged.checkpoint.weights.tensors:
        raise Undecided("there are no safetensors headers to read")
    ends = ends_of(merged.checkpoint.weights)
    if ends.embedding is None or not expects_head(merged.checkpoint):
        return
    if ends.head is None:
        yield from _without_head(merged, source, ends.embedding)
    else:
        yield from _with_head(merged, source, ends, ends.head)


def _with_head(
    merged: Merged, source: Source | None, ends: Ends, head: Tensor
) -> Iterator[Finding]:
    dropping = tuple(runtime for runtime in DROPPING if runtime in _tied(merged, value=True))
    if not dropping:
        return
    differs = _differs(merged, ends)
    if differs is None:
        raise Undecided("head and embedding could not be compared")
    if not differs:
        return
    inherited = source is not None and _was_so(source)
    yield Finding(
        message=f"{head.file} holds {head.name}, which differs from the embedding, but {CONFIG} "
        "ties the two: transformers 5 keeps the head, transformers 4, vLLM and SGLang drop it"
        + (", as with the source" if inherited else ""),
        severity=Severity.WARNING if inherited else Severity.ERROR,
        confidence=Confidence.READ,
        affects=dropping,
        evidence=(*_said(merged), ValueEvidence(head.file, (), head.name)),
        cost="other answers: the head that was trained has no say",
        fix=_say(merged, tied=False),
    )


def _differs(reading: Reading, ends: Ends) -> bool | None:
    """Tell by shape, else by the blocks that were read; None where neither tells."""
    there = [end for end in (ends.head, ends.embedding) if end is not None]
    one_dtype = len({end.dtype for end in there}) == 1
    if one_dtype and len({end.shape for end in there}) > 1:
        return True
    equal = reading.checkpoint.weights.head_is_embedding
    return None if equal is None else not equal


def _was_so(source: Source) -> bool:
    tied = Runtime.TRANSFORMERS_4 in _tied(source, value=True)
    return tied and _differs(source, ends_of(source.checkpoint.weights)) is True


def _without_head(merged: Merged, source: Source | None, embedding: Tensor) -> Iterator[Finding]:
    had = None if source is None else ends_of(source.checkpoint.weights).head
    untied = _tied(merged, value=False)
    if source is not None and had is None and source.checkpoint.weights.tensors:
        untied = tuple(runtime for runtime in untied if runtime not in _tied(source, value=False))
    own_code = merged.checkpoint.get(CONFIG, "auto_map") is not ABSENT
    if own_code and source is None:
        return  # its head may have any name
    if untied:
        yield _random(merged, source, embedding, untied)
    elif source is not None and had is not None and _has_its_own(source):
        yield _gone(merged, source, had)


def _random(
    merged: Merged, source: Source | None, embedding: Tensor, untied: tuple[Runtime, ...]
) -> Finding:
    loops = (Runtime.FORWARD,) if set(GENERATE) <= set(untied) else ()
    return Finding(
        message=f"no file holds lm_head.weight, and {_reason(merged)}: the head is filled with "
        "random numbers",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=(*untied, *loops),
        evidence=(*_said(merged), ValueEvidence(embedding.file, (), embedding.name)),
        cost="every answer is noise (loss 2.66 to 11.4, SmolLM2-135M)",
        fix=_restore(merged, source),
    )


def _gone(merged: Merged, source: Source, head: Tensor) -> Finding:
    return Finding(
        message=f"the source has a head of its own ({head.name}), which no file of the merged "
        "checkpoint holds: the embedding takes its place",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=(*_tied(merged, value=True), Runtime.LLAMA_CPP),
        evidence=_said(merged),
        cost="other answers: the head that was trained is not there",
        fix=_copy(merged, source),
    )


def _has_its_own(source: Source) -> bool:
    """Whether some runtime uses the source's head as one of its own."""
    untied = bool(_tied(source, value=False))
    return untied and source.checkpoint.weights.head_is_embedding is not True


def _tied(reading: Reading, *, value: bool) -> tuple[Runtime, ...]:
    settings = reading.settings.get(TIE, {})
    return tuple(runtime for runtime, setting in settings.items() if setting.value is value)


def _reason(merged: Merged) -> str:
    for said in _said(merged):
        if said.found is True:
            return f"{CONFIG} ties it at {'.'.join(said.pointer)}, where others look"
    if any(found.found is not ABSENT for found in _said(merged)):
        return f"{CONFIG} does not tie it to the embedding"
    return f"{CONFIG} does not name {TIE}, which for {merged.checkpoint.model_type} means false"


def _said(reading: Reading) -> tuple[ValueEvidence, ...]:
    config = reading.checkpoint.values(CONFIG) or {}
    found = (ValueEvidence(CONFIG, p, reading.checkpoint.get(CONFIG, *p)) for p in places(config))
    return tuple(found)


def _restore(merged: Merged, source: Source | None) -> Fix:
    if set(GENERATE) & set(_tied(merged, value=True)):
        return _say(merged, tied=True)
    if source is None:
        reason = (
            f'If its source is tied, write "{TIE}": true into {CONFIG}; if not, copy the head '
            "from the source. Run slowlens check again with --source to be told which."
        )
        return Fix("Bring the head back", Applicability.MANUAL, reason=reason)
    if set(GENERATE) <= set(_tied(source, value=True)):
        return _say(merged, tied=True)
    return _copy(merged, source)


def _say(merged: Merged, *, tied: bool) -> Fix:
    edits = tuple(
        Edit(CONFIG, said.pointer, before=said.found, after=tied)
        for said in _said(merged)
        if not same(said.found, tied)
    )
    title = "Take the embedding for the head" if tied else "Keep the head that was trained"
    return Fix(title, Applicability.UNSAFE, edits, BACK)


def _copy(merged: Merged, source: Source) -> Fix:
    ours, theirs = (repr(str(reading.checkpoint.root)) for reading in (merged, source))
    nested = text_pointer(merged.checkpoint.values(CONFIG) or {})
    auto = "AutoModelForImageTextToText" if nested else "AutoModelForCausalLM"
    reason = (
        f"{BACK} In Python: from transformers import {auto} as A; s = A.from_pretrained({theirs}); "
        f"m = A.from_pretrained({ours}, tie_word_embeddings=False); "
        "m.get_output_embeddings().weight.data.copy_(s.get_output_embeddings().weight); "
        "m.save_pretrained('with-head')"
    )
    return Fix("Copy the head from the source", Applicability.MANUAL, reason=reason)


RULE = Rule(
    id="tie-head-mismatch",
    title="Output head dropped, missing or random",
    check=check,
    since="0.1.0",
)
