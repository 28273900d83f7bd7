"""The model says something else with its key-value cache than without.

## What it does
Reads, from a live run, the distributions of the next token at the same positions of the same
answer, computed three ways: step by step with the cache, step by step without, and in one pass over
everything. The second and the third use no cache, so what lies between them is rounding. Cached
against uncached is held against that, and against what the source does with its cache where a
source ran in the same dtype. float32 decides: sound models of every family tried stayed below
4e-8 nats at every position, and the mildest planted defect exceeded 3e-5. In bfloat16 and float16
only what lies far beyond rounding is reported; in between the rule says that it cannot tell.
Sampled or free-running text proves nothing: rounding alone makes two greedy answers part within a
few tokens.

The run covers the prompt and a few dozen tokens. What only happens further on, past the length at
which positions are scaled, is not seen by a short prompt.

## Why it is worse
A cache is there to save time. Where it changes the results, evaluations that ran without it (as
training loops and some graders do) tell nothing about what is deployed, and turning the cache on
to make a slow merge fast changes what it writes.

## Affects
The version of transformers that the run was made with.

## Fix
By hand, by what stands alone:

- *Layers that share keys and values* (``num_kv_shared_layers``, Gemma's E series): versions of
  transformers that pass them on in the cache (5.5 does) compute nonsense without one. Turn the
  cache on, and leave it on for training and evaluation, or update transformers.
- *Positions scaled by the length so far* (``rope_type`` ``dynamic``, or ``longrope`` in a class
  that does not start its cache anew): keys in the cache keep the positions of the length at which
  they were written. Even without a cache the results depend on how much is computed in one pass.
  Stay below the length at which scaling begins, or use ``yarn``, whose positions do not move.
- *Steps with the cache stand alone*: code of the model passes wrong positions, a wrong mask or a
  wrong slice of the cache in decoding. Update transformers, or try another
  ``attn_implementation``.
- *Even a pass that fills an empty cache differs*: keys and values change on their way into the
  cache (a quantised cache), or layers read from it.

## Fix safety
None of it is an edit of the files that keeps what the model writes.

## References
- https://huggingface.co/docs/transformers/kv_cache
- https://github.com/huggingface/transformers/issues/45242
- https://github.com/huggingface/transformers/pull/45312
- https://github.com/huggingface/transformers/issues/25104
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.live.agreement import Judgement, Odd, Sameness, judgement_of
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.reading import Merged
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
from slowlens.fixes import shared_layers

_TITLE = "Find out which one is right before turning the cache on or off"
_DECODING = (
    "Without the cache its steps agree with one pass over everything: that is likely right, and "
    "the steps with the cache are wrong. Update transformers, or try another attn_implementation."
)
_LENGTH = (
    "Which one is right is not known: without a cache as well, the results depend on how much is "
    "computed in one pass. Positions that are scaled by the length so far do that (rope_type "
    "dynamic, longrope): stay below the length at which scaling begins."
)
_SHARED = (
    "With the cache it is likely right: its layers share keys and values (num_kv_shared_layers), "
    "and this version of transformers passes them on in the cache. Turn the cache on and leave it "
    "on, or update transformers."
)
_CACHE = (
    "Which one is right is not known: even one pass with an empty cache to fill differs from one "
    "without. Keys and values change on their way into the cache, or layers read from it."
)


def check(measurement: Measurement, merged: Merged) -> Iterator[Finding]:
    """Yield one finding when merged differs with its cache by more than rounding."""
    judgement = judgement_of(measurement)
    if judgement is None:
        raise Undecided("the live run did not compare results with and without the cache")
    if judgement.verdict is Sameness.UNCLEAR:
        raise Undecided(f"{judgement.sentence} Measure again with --dtype float32")
    if judgement.verdict is Sameness.EQUAL:
        return
    yield Finding(
        message=_message(judgement),
        severity=Severity.WARNING if judgement.source_too else Severity.ERROR,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=_evidence(judgement),
        fix=Fix(_TITLE, Applicability.MANUAL, reason=_reason(judgement, merged.checkpoint)),
    )


def _message(judgement: Judgement) -> str:
    found, cached = judgement.found, judgement.found.cached
    source = ", and so does its source" if judgement.source_too else ""
    apart = (
        f"the most likely token differs at {cached.flips} of {found.tokens} positions"
        if cached.flips
        else f"distributions of the next token lie up to {cached.kl_max:.2g} nats apart, while the "
        f"most likely token is the same at all {found.tokens} positions"
    )
    return f"its key-value cache changes the results{source}: {apart} ({found.dtype})"


def _evidence(judgement: Judgement) -> tuple[NumberEvidence, ...]:
    cached, noise = judgement.found.cached, judgement.noise
    return (
        NumberEvidence("KL divergence of cached from uncached, mean", cached.kl_mean, "nats"),
        NumberEvidence("at most", cached.kl_max, "nats"),
        NumberEvidence("of rounding, mean", noise.kl_mean, "nats"),
        NumberEvidence("at most", noise.kl_max, "nats"),
        NumberEvidence("largest lead overtaken", cached.flip_margin, "logits"),
        NumberEvidence("largest difference", cached.max_difference, "logits"),
    )


def _reason(judgement: Judgement, checkpoint: Checkpoint) -> str:
    match judgement.odd:
        case Odd.DECODING:
            return _DECODING
        case Odd.LENGTH:
            return _LENGTH
        case _:
            return _SHARED if shared_layers(checkpoint) else _CACHE


RULE = Rule(
    id="cache-changes-results",
    title="Results change with the key-value cache, measured",
    check=check,
    since="0.1.0",
)
