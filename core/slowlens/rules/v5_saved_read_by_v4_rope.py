"""Rotary positions that only transformers 5 can read; version 4 goes on with wrong ones.

## What it does
transformers 5 writes the base and the scaling of rotary positions into one mapping,
``rope_parameters``, and no ``rope_theta`` or ``rope_scaling`` beside it. transformers 4 does not
know that key. This rule works out what each version reads, at every level of config.json and for
every kind of layer, and reports where the two differ.

It stays silent where they agree: when the older keys stand beside the new one, when the values are
those that the class of transformers 4 has anyway (``rope_theta: 10000`` of a Llama 2), when the
model came after transformers 4 so that it cannot load there at all, and for ``axial`` positions of
vision parts, a new name for what their code always did.

## Why it is worse
Version 4 loads the model without a word and computes with the defaults of its class: a base of
10,000 in place of 500,000 or 1,000,000, and no scaling. Attention then looks in the wrong places.
Short answers are a little worse, long ones repeat themselves or fall apart, and often run on to the
token limit, which looks like a slow model. On SmolLM2-135M, whose base is 100,000, 62 tokens went
from a loss of 2.610 to 2.651, and an answer of 8 tokens became one of 17. Qwen2-VL and its kin do
not even generate: without ``mrope_section`` they stop with a ``TypeError`` at the first token.

## Affects
transformers 4 (seen in 4.52.4 and 4.57.6): everything that generates with it. vLLM, SGLang and
llama.cpp's converter where they read config.json through transformers 4, or are older than
``rope_parameters``: whether yours does is not in the checkpoint, so for them it is a suspicion.
transformers 5 reads both spellings.

## Fix
Writes ``rope_theta``, and ``rope_scaling`` where positions are scaled, beside ``rope_parameters``
at every level concerned, each under the name that its class has in transformers 4
(``rope_local_base_freq`` for Gemma 3). Where no older key can say the same, serve the checkpoint
with transformers 5, or save it again with ``transformers<5`` from the source's config.

## Fix safety
Not safe in the strict sense: what transformers 4 writes changes, back to what the model was trained
for. What transformers 5 writes stays the same.

## References
- https://github.com/vllm-project/vllm/pull/42624
- https://github.com/vllm-project/vllm/issues/44158
- https://github.com/vllm-project/vllm/pull/28542
- https://github.com/sgl-project/sglang/issues/14745
- https://github.com/InternLM/lmdeploy/pull/4304
- https://github.com/ggml-org/llama.cpp/pull/18013
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.diff.rope import ROPE
from slowlens.facts.layers.misread import place_of
from slowlens.facts.layers.rope import MROPE, Rope
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import ENGINES, Runtime
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

CRASH = "generate() of transformers 4 stops with a TypeError at the first token"
WORSE = "answers are worse, the longer the text the more, and may run to the token limit"
REASON = (
    "What transformers 4 and engines on top of it write changes, back to what the model was "
    "trained for; transformers 5 writes the same as before."
)
BY_HAND = (
    "No older key says the same. Serve the checkpoint with transformers 5 "
    "(pip install 'transformers>=5'), or copy the rope keys of the source's config.json."
)


def check(merged: Merged) -> Iterator[Finding]:
    """Yield one finding for transformers 4, and a suspicion about engines that are built on it."""
    if not merged.checkpoint.has(CONFIG):
        raise Undecided(f"{CONFIG} could not be read")
    pairs = merged.misread.pairs
    if not pairs:
        return
    crash = any(MROPE in new.scaling and MROPE not in old.scaling for old, new in pairs)
    said = "; ".join(dict.fromkeys(_told(old, new) for old, new in pairs))
    evidence, fix = _evidence(merged), _fix(merged)
    yield Finding(
        message=f"{CONFIG}: transformers 4 does not know {ROPE} and reads {said}",
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_4,),
        evidence=evidence,
        cost=CRASH if crash else WORSE,
        fix=fix,
    )
    yield Finding(
        message=(
            f"{CONFIG}: an engine that reads {ROPE} through transformers 4, or is older than that "
            f"key, reads {said}"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.SUSPECTED,
        affects=(*ENGINES, Runtime.LLAMA_CPP),
        evidence=evidence,
        cost=f"{WORSE}, if your engine is such a one",
        fix=fix,
    )


def _told(old: Rope, new: Rope) -> str:
    where = f" in {'.'.join(new.at)}" if new.at else ""
    where += f" for {new.kind}" if new.kind else ""
    said = []
    if old.theta != new.theta:
        said.append(f"rope_theta {old.theta} instead of {new.theta}")
    if old.type != new.type:
        said.append(f"positions of type {old.type} instead of {new.type}")
    elif old.scaling != new.scaling:
        said += _parameters(old, new)
    return f"{' and '.join(said)}{where}"


def _parameters(old: Rope, new: Rope) -> Iterator[str]:
    for key, value in sorted(new.scaling.items()):
        if key not in old.scaling:
            yield f"no {key}"
        elif old.scaling[key] != value:
            yield f"{key} {old.scaling[key]} instead of {value}"


def _evidence(merged: Merged) -> tuple[Evidence, ...]:
    pointers = dict.fromkeys((*place_of(new), ROPE) for _, new in merged.misread.pairs)
    return tuple(
        ValueEvidence(CONFIG, pointer, merged.checkpoint.get(CONFIG, *pointer))
        for pointer in pointers
    )


def _fix(merged: Merged) -> Fix:
    edits = tuple(
        Edit(CONFIG, pointer, before=merged.checkpoint.get(CONFIG, *pointer), after=value)
        for pointer, value in merged.misread.legacy.items()
    )
    if not edits:
        return Fix("Let transformers 5 read it", Applicability.MANUAL, reason=BY_HAND)
    return Fix("Write the older keys beside it", Applicability.UNSAFE, edits, REASON)


RULE = Rule(
    id="v5-saved-read-by-v4-rope",
    title="Rotary positions that transformers 4 cannot read",
    check=check,
    since="0.1.0",
)
