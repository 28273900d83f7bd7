"""generation_config.json was lost or made anew from config.json.

## What it does
With a source at hand, names the generation parameters that the source's generation_config.json
has and the merged one lacks, or that the whole file is gone. Without a source, reports a file
that transformers 4 throws away: one that is marked ``_from_model_config: true`` beside a
config.json with a generation parameter of its own, such as ``repetition_penalty`` or ``num_beams``.

Not reported: the mark alone, which transformers 5 writes into sound files too; parameters whose
loss changes nothing because the value was the default; end tokens and ``use_cache``, which have
rules of their own (`eos-lost-or-wrong`, `gen-use-cache-false`); parameters that are there with
another value (`sampling-params-changed`); a folder with an adapter alone.

## Why it is worse
A merger that rebuilds the model with ``from_config`` and saves it overwrites a good
generation_config.json, in transformers 4.52.4 and 5.23 alike: of a source's two end tokens,
``do_sample`` and ``temperature``, a single end token was left. EasyR1 did so until July 2026 and
verl until April 2025; mergekit leaves the file out when ``tokenizer_source`` or ``chat_template``
is set. The model then decodes greedily, repeats itself until the limit, or stops at transformers'
own limit of 20 tokens. Longer answers look like a slower model.

In a file with the mark, transformers 4 ignores even a correction made by hand: with
``use_cache: true`` in it and ``use_cache: false`` in config.json, 4.52.4 went without a cache.

## Affects
``generate()`` of transformers 4 and 5, and vLLM, which takes its sampling defaults from this file.

## Fix
Puts the source's parameters back and takes ``_from_model_config`` away.

## Fix safety
Not safe: it changes what the model writes, back to how the source decodes.

## References
- https://github.com/volcengine/verl/issues/1246
- https://github.com/arcee-ai/mergekit/issues/275
- https://huggingface.co/docs/transformers/main_classes/text_generation
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG
from slowlens.facts.decoding.cache import DISCARDED
from slowlens.facts.decoding.generation import FROM_MODEL_CONFIG
from slowlens.facts.decoding.lost import lost_parameters, unread
from slowlens.facts.reading import Merged, Source, wanted_stop_ids
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import (
    Applicability,
    Confidence,
    Edit,
    Evidence,
    Finding,
    Fix,
    Rule,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.jsonvalue import ABSENT, Json

EOS = "eos_token_id"
REASON = "It changes what the model writes, back to how the source decodes."


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding for a lost, emptied or discarded generation_config.json."""
    if CONFIG not in merged.checkpoint.files:  # an adapter alone: its base model has its own
        return
    lost = {} if source is None else lost_parameters(merged.checkpoint, source.checkpoint)
    missing = source is not None and _missing(merged, source)
    if not (lost or missing or merged.mark_matters):
        if unknown := unread(merged.checkpoint, source.checkpoint if source else None):
            raise Undecided(unknown)
        return
    yield Finding(
        message=_message(merged, missing=missing, lost=tuple(lost)),
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=(*GENERATE, Runtime.VLLM) if lost or missing else (Runtime.TRANSFORMERS_4,),
        evidence=_evidence(merged, lost),
        cost="answers of another length or style; the time for one token stays the same",
        fix=Fix(
            "Restore the generation parameters",
            Applicability.UNSAFE,
            _edits(merged, source, lost, missing=missing),
            REASON if lost or missing else f"It changes how transformers 4 decodes: {DISCARDED}.",
        ),
    )


def _missing(merged: Merged, source: Source) -> bool:
    here, there = (r.checkpoint.values(GENERATION_CONFIG) for r in (merged, source))
    return here is None and bool(there) and GENERATION_CONFIG not in merged.checkpoint.files


def _message(merged: Merged, *, missing: bool, lost: tuple[str, ...]) -> str:
    if missing:
        return (
            "generation_config.json is gone; generate() now derives its settings from config.json"
        )
    if lost:
        how = " when it was made anew from config.json" if _marked(merged) else ""
        return f"generation_config.json lost {', '.join(lost)}{how}"
    return DISCARDED.replace("the file", "it")


def _marked(merged: Merged) -> bool:
    return merged.checkpoint.get(GENERATION_CONFIG, FROM_MODEL_CONFIG) is True


def _evidence(merged: Merged, lost: dict[str, Json]) -> tuple[Evidence, ...]:
    mark = merged.checkpoint.get(GENERATION_CONFIG, FROM_MODEL_CONFIG)
    marks = (
        () if mark is ABSENT else (ValueEvidence(GENERATION_CONFIG, (FROM_MODEL_CONFIG,), mark),)
    )
    return (*marks, *(ValueEvidence(GENERATION_CONFIG, (key,), ABSENT) for key in lost))


def _edits(
    merged: Merged, source: Source | None, lost: dict[str, Json], *, missing: bool
) -> tuple[Edit, ...]:
    mark = merged.checkpoint.get(GENERATION_CONFIG, FROM_MODEL_CONFIG)
    edits = [Edit(GENERATION_CONFIG, (k,), before=ABSENT, after=v) for k, v in lost.items()]
    if missing and (ids := wanted_stop_ids(merged, source)):
        edits.append(Edit(GENERATION_CONFIG, (EOS,), before=ABSENT, after=sorted(ids)))
    if mark is not ABSENT:
        edits.append(Edit(GENERATION_CONFIG, (FROM_MODEL_CONFIG,), before=mark, after=ABSENT))
    return tuple(edits)


RULE = Rule(
    id="generation-config-regenerated",
    title="Generation config lost or regenerated",
    check=check,
    since="0.1.0",
)
