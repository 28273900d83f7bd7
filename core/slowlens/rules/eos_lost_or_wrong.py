"""Nothing, or the wrong token, ends an answer.

## What it does
Compares the tokens at which each runtime stops with the tokenizer's end token, with the
end-of-turn token that its chat template writes, and with where the source stops. Once a
generation_config.json exists, ``eos_token_id`` of config.json no longer counts: so a wrong value
there, beside a right one in generation_config.json, is not reported.

Without a source, an end-of-turn token that does not stop generation is a suspicion only: base
models are published with the chat template of their family and without its end token. ``<|end|>``
of GPT-OSS is no such token, since it also ends the thoughts before an answer; nor is an id outside
the vocabulary.

## Why it is slow
The time for a token stays the same, but the model runs past its answer to the token limit and
often writes a second turn: "12 times slower" that is 12 times longer. With ``eos_token_id`` taken
out of generation_config.json, or set to 0, a small chat model wrote all 64 of 64 tokens, where it
had stopped after 8 and 17.

## Affects
``generate()`` of transformers 4 and 5; vLLM as well where the tokenizer's end token is not the
one that the model writes.

## Fix
Sets ``eos_token_id`` to all tokens that should end an answer: those of the source, of this
checkpoint, of the tokenizer and of the chat template.

## Fix safety
Not safe in the strict sense: answers end earlier. What comes before the end stays the same. It
does not help a model that never learned to write its end token.

## References
- https://github.com/huggingface/open-r1/issues/663
- https://github.com/hiyouga/LLaMA-Factory/issues/1922
- https://github.com/unslothai/unsloth/issues/5386
"""

from collections.abc import Iterator
from typing import NamedTuple

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG, Checkpoint
from slowlens.facts.reading import (
    Merged,
    Source,
    outside_vocabulary,
    stop_ids,
    wanted_stop_ids,
)
from slowlens.facts.runtimes import GENERATE, Runtime
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
from slowlens.jsonvalue import same

EOS = "eos_token_id"
COSTS = {
    Severity.ERROR: "not slower per token, but answers run to the limit, often 10 times as long",
    Severity.WARNING: "not slower per token; answers that end with that token run on",
    Severity.NOTE: "",
}


class _Trouble(NamedTuple):
    severity: Severity
    confidence: Confidence
    message: str


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding, the worst, with the runtimes that it affects."""
    if not merged.checkpoint.generates:
        return
    if not (merged.checkpoint.has(CONFIG) or merged.checkpoint.has(GENERATION_CONFIG)):
        raise Undecided(f"{CONFIG} could not be read")
    found = {r: _trouble(merged, source, r) for r in (*GENERATE, Runtime.VLLM)}
    troubles = {runtime: trouble for runtime, trouble in found.items() if trouble is not None}
    if not troubles:
        return
    worst = max(troubles.values(), key=lambda trouble: trouble.severity.rank)
    yield Finding(
        message=worst.message,
        severity=worst.severity,
        confidence=worst.confidence,
        affects=tuple(r for r, t in troubles.items() if t.severity is worst.severity),
        evidence=tuple(
            ValueEvidence(file, (EOS,), merged.checkpoint.get(file, EOS))
            for file in (GENERATION_CONFIG, CONFIG)
            if merged.checkpoint.has(file)
        ),
        cost=COSTS[worst.severity],
        fix=_fix(merged, source),
    )


def _trouble(merged: Merged, source: Source | None, runtime: Runtime) -> _Trouble | None:
    stops = stop_ids(merged, runtime)
    stops -= outside_vocabulary(merged, stops)
    if not stops:
        return _nothing_stops(merged, source, runtime)
    inherited = source is not None and stop_ids(source, runtime) == stops
    tokens = merged.stop_tokens
    if tokens.ids and not tokens.ids & stops:
        names, there = tokens.describe(tokens.ids), tokens.describe(stops)
        message = f"answers should end at {names}, but generation stops at {there}"
        if inherited:
            return _Trouble(Severity.WARNING, Confidence.READ, f"{message}, as its source does")
        return _Trouble(Severity.ERROR, Confidence.READ, message)
    if source is not None and (lost := stop_ids(source, runtime) - stops):
        names = source.stop_tokens.describe(lost)
        message = f"generation no longer stops at {names}, as the source does"
        return _Trouble(Severity.WARNING, Confidence.READ, message)
    turns = frozenset(tokens.end_of_turn.values()) - stops
    if source is None and turns:
        message = (
            f"the chat template ends a turn with {tokens.describe(turns)}, which does not stop "
            "generation: chat answers run on, unless this is a base model"
        )
        return _Trouble(Severity.WARNING, Confidence.SUSPECTED, message)
    return None


def _nothing_stops(merged: Merged, source: Source | None, runtime: Runtime) -> _Trouble:
    wanted = wanted_stop_ids(merged, source)
    if not wanted:
        message = "no file names a token that ends an answer, nor which one it should be"
        return _Trouble(Severity.NOTE, Confidence.SUSPECTED, message)
    decided_by = merged.settings[EOS][runtime].decided_by
    where = GENERATION_CONFIG if decided_by == GENERATION_CONFIG else CONFIG
    names = merged.stop_tokens.describe(wanted)
    message = f"nothing ends an answer: {where} has no usable eos_token_id; it should be {names}"
    return _Trouble(Severity.ERROR, Confidence.READ, message)


def _fix(merged: Merged, source: Source | None) -> Fix | None:
    wanted = sorted(wanted_stop_ids(merged, source))
    if not wanted:
        return None
    after = wanted if len(wanted) > 1 else wanted[0]
    edits = tuple(
        Edit(file, (EOS,), before=before, after=after)
        for file in _deciding_files(merged.checkpoint, discarded=merged.discarded)
        if not same(before := merged.checkpoint.get(file, EOS), after)
    )
    reason = "Answers end earlier; what comes before their end stays the same."
    return Fix("Stop at the end of the answer", Applicability.UNSAFE, edits, reason)


def _deciding_files(checkpoint: Checkpoint, *, discarded: bool) -> tuple[str, ...]:
    if not checkpoint.has(GENERATION_CONFIG):
        return (CONFIG,)
    return (GENERATION_CONFIG, CONFIG) if discarded else (GENERATION_CONFIG,)


RULE = Rule(
    id="eos-lost-or-wrong",
    title="End token lost or wrong",
    check=check,
    since="0.1.0",
)
