"""Answers may run longer than the source's, or are cut off sooner.

## What it does
Compares the limit of an answer that each runtime ends up with when the caller sets none:
``max_new_tokens``, else ``max_length``, which counts the prompt as well, else the library's 20 new
tokens. It also reports a ``max_length`` of null, with which transformers 4 raises an error.

A limit that the source does not have either is not reported, and the 20 tokens of the library are
only where the source had a limit. A limit lost together with its file, or when the file was made
anew, is reported by generation-config-regenerated alone.

## Why it is slow
A model that does not stop by itself, or thinks at length, takes as long as the limit allows: from
2048 to 32768 tokens is 16 times the longest answer, at the same time for a token. A limit that
went down cuts answers off.

## Affects
``generate()`` of both versions for callers that pass no limit of their own, and vLLM, for which
``max_new_tokens`` is the default and the ceiling of every request.

## Fix
Writes the source's limit.

## Fix safety
Not safe: answers become longer or shorter. What comes before the end stays the same.

## References
- https://huggingface.co/docs/transformers/main_classes/text_generation
- https://docs.vllm.ai/en/latest/configuration/engine_args.html
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import GENERATION_CONFIG
from slowlens.facts.decoding.limits import NEW, TOTAL, Limit, answer_limit
from slowlens.facts.decoding.lost import lost_parameters
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import GENERATE, Runtime, only
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
from slowlens.fixes import parameter_edit
from slowlens.jsonvalue import ABSENT, same

LIMITED = (*GENERATE, Runtime.VLLM)
REASON = "Answers become longer or shorter; what comes before their end stays the same."
NULL = (
    "generation_config.json sets max_length to null: generate() of transformers 4 raises an error "
    "unless the caller sets a limit"
)


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield a finding for each change of the limit, and one for a null that breaks a version."""
    if not merged.checkpoint.generates:
        return
    if _is_null(merged):
        yield _null()
    if source is None:
        return
    lost = lost_parameters(merged.checkpoint, source.checkpoint)
    groups: dict[tuple[Limit, Limit], list[Runtime]] = {}
    for runtime in LIMITED:
        here, there = (answer_limit(reading.settings, runtime) for reading in (merged, source))
        if here is None or there is None or (here.tokens, here.key) == (there.tokens, there.key):
            continue
        discarded = runtime is Runtime.TRANSFORMERS_4 and merged.discarded
        gone = there.key in lost and here.key != NEW  # which wins even over what is put back
        if not (discarded or gone):
            groups.setdefault((here, there), []).append(runtime)
    for (here, there), runtimes in groups.items():
        yield _finding(merged, here, there, tuple(runtimes))


def _is_null(merged: Merged) -> bool:
    limit = answer_limit(merged.settings, Runtime.TRANSFORMERS_4)
    null = merged.checkpoint.get(GENERATION_CONFIG, TOTAL) is None
    return null and not merged.discarded and limit is not None and limit.key == ""


def _null() -> Finding:
    edit = Edit(GENERATION_CONFIG, (TOTAL,), before=None, after=ABSENT)
    return Finding(
        message=NULL,
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_4,),
        evidence=(ValueEvidence(GENERATION_CONFIG, (TOTAL,), None),),
        cost="no answer at all for callers that set no limit",
        fix=Fix("Take the null away", Applicability.SAFE, (edit,)),
    )


def _finding(merged: Merged, here: Limit, there: Limit, runtimes: tuple[Runtime, ...]) -> Finding:
    edits = _edits(merged, here, there)
    ampler = there.key == "" and there.tokens is not None
    return Finding(
        message=_message(here, there, runtimes),
        severity=Severity.NOTE if ampler else Severity.WARNING,
        confidence=Confidence.READ,
        affects=runtimes,
        evidence=tuple(ValueEvidence(edit.file, edit.pointer, edit.before) for edit in edits),
        cost=_cost(here, there),
        fix=Fix("Restore the source's limit", Applicability.UNSAFE, edits, REASON),
    )


def _message(here: Limit, there: Limit, runtimes: tuple[Runtime, ...]) -> str:
    who = only(runtimes, LIMITED)
    if here.tokens is None:
        return f"no file limits an answer any more{who}: the source's run {there}"
    if here.key == "":
        return f"answers run {here} and are cut off{who}, by default: the source's run {there}"
    return f"{here.file} lets an answer run {here}{who}, the source's {there}"


def _cost(here: Limit, there: Limit) -> str:
    if here.tokens is None or there.tokens is None or here.key != there.key:
        return "answers of another length; the time for a token stays the same"
    ratio = here.tokens / there.tokens
    return f"{ratio:.1f} times the longest answer; the time for a token stays the same"


def _edits(merged: Merged, here: Limit, there: Limit) -> tuple[Edit, ...]:
    """Write the source's limit, and take away one of the other kind."""
    wanted = {there.key: there.tokens} if there.key else {}
    keys = [key for key in (NEW, TOTAL) if key in (here.key, there.key)]
    edits = (
        parameter_edit(merged.checkpoint, key, here.file, wanted.get(key, ABSENT)) for key in keys
    )
    return tuple(edit for edit in edits if not same(edit.before, edit.after))


RULE = Rule(
    id="max-new-tokens-or-max-length-changed",
    title="Another limit of an answer",
    check=check,
    since="0.1.0",
)
