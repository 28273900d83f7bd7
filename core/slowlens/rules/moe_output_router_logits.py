"""A training switch of a mixture of experts was left on: router scores are returned.

## What it does
Looks for ``output_router_logits: true`` in config.json, at the top level and in the config of the
part that writes text, for models with experts. Trainers of mixtures of experts
turn it on for the load-balancing loss, and ``save_pretrained`` keeps it.

It is silent for ``false``, and for model types that have no experts: there nobody reads it.

## Why it is worse
In transformers 4 most of these models compute the load-balancing loss on every forward pass, also
without labels. With a cache the attention mask is longer than the one new token, and
``generate()`` stops at the second token: ``RuntimeError: The size of tensor a (4) must match the
size of tensor b (0)``. Seen with tiny random models in 4.52.4 or 4.57.6: dbrx, ernie4_5_moe,
gpt_oss, granitemoe, minimax, mixtral, olmoe, phimoe, qwen2_moe, qwen3_moe, qwen3_next. Others
(jamba, jetmoe, the text part of qwen3_vl_moe) generate all the same. transformers 5 generates at
equal speed and keeps scores that nobody looks at; a single bare forward pass works everywhere.

## Affects
``generate()`` of transformers 4, as an error. transformers 5 as a note. vLLM, SGLang and llama.cpp
do not read it.

## Fix
Sets the key to false. Turn it on for training only: ``model.config.output_router_logits = False``
before saving.

## Fix safety
Safe: the scores and the loss have no part in which token is chosen.

## References
- https://github.com/huggingface/transformers/issues/29087
- https://github.com/huggingface/transformers/issues/30731
- https://github.com/huggingface/transformers/pull/29249
- https://github.com/huggingface/transformers/issues/39203
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import Runtime
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

KEY = "output_router_logits"
CRASHING = frozenset(
    {
        "dbrx",
        "ernie4_5_moe",
        "gpt_oss",
        "granitemoe",
        "minimax",
        "mixtral",
        "olmoe",
        "phimoe",
        "qwen2_moe",
        "qwen3_moe",
        "qwen3_next",
    }
)
"""Model types whose ``generate()`` was seen to fail in transformers 4."""


def check(merged: Merged) -> Iterator[Finding]:
    """Yield one finding: an error where transformers 4 fails, else a note."""
    checkpoint = merged.checkpoint
    if not checkpoint.has(CONFIG):
        raise Undecided(f"{CONFIG} could not be read")
    parts = dict.fromkeys(((), merged.layers.at))
    written = tuple((*at, KEY) for at in parts if checkpoint.get(CONFIG, *at, KEY) is True)
    crashes = checkpoint.model_type in CRASHING and (KEY,) in written
    if not written or not (crashes or merged.layers.experts):
        return
    evidence = tuple(ValueEvidence(CONFIG, pointer, found=True) for pointer in written)
    edits = tuple(Edit(CONFIG, pointer, before=True, after=False) for pointer in written)
    fix = Fix("Return no router scores", Applicability.SAFE, edits)
    name = ".".join(written[0])
    if crashes:
        yield Finding(
            message=f"{CONFIG}: {name} is true: generate() of transformers 4 stops with an error",
            severity=Severity.ERROR,
            confidence=Confidence.READ,
            affects=(Runtime.TRANSFORMERS_4,),
            evidence=evidence,
            cost="no answer: a RuntimeError at the second token",
            fix=fix,
        )
    yield Finding(
        message=f"{CONFIG}: {name} is true, a switch for training: scores are kept for nobody",
        severity=Severity.NOTE,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_5, Runtime.FORWARD),
        evidence=evidence,
        cost="a few numbers for each token, layer and expert; no time was seen to be lost",
        fix=fix,
    )


RULE = Rule(
    id="moe-output-router-logits",
    title="Router scores returned at inference",
    check=check,
    since="0.1.0",
)
