"""Tokens are picked in another way than in the source.

## What it does
Compares the sampling parameters that each runtime ends up with: whether tokens are drawn by
chance at all, ``temperature``, ``top_k``, ``top_p`` and ``min_p`` where they are, and the penalties
for repetition everywhere. That a greedy source became a model that samples, or the other way
round, is its own sentence.

Parameters that count only with chance are not reported where neither side has any, nor a
temperature so low that it is as good as greedy. A parameter that went missing with its file, or
when the file was made anew, is reported by generation-config-regenerated alone.

## Why it is worse
A repetition penalty that went down lets a model loop to the limit, which looks like a slow one. A
model that samples gives another answer each time, so that it cannot be compared with its source
at all. The time for a token stays the same.

## Affects
``generate()`` of both versions. vLLM and SGLang take these values from generation_config.json as
the default of a request, and do not look at ``do_sample``: they draw by chance unless the
temperature is 0. Servers started with ``--generation-config vllm`` (vLLM) or ``--sampling-defaults
openai`` (SGLang) leave the file aside.

## Fix
Writes the source's values.

## Fix safety
Not safe: the model writes something else, as its source's settings would have it.

## References
- https://huggingface.co/docs/transformers/main_classes/text_generation
- https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
- https://github.com/QwenLM/Qwen3/issues/513
"""

from collections.abc import Iterator

from slowlens.facts.decoding.lost import lost_parameters, unread
from slowlens.facts.decoding.sampling import ALWAYS, SAMPLERS, Change, changes, draws
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    Rule,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.fixes import parameter_edit
from slowlens.jsonvalue import ABSENT, written

REASON = "The model writes something else, as its source's settings would have it."
CHANCE = {
    True: "tokens are drawn by chance, where the source takes the likeliest: ",
    False: "the likeliest token is taken, where the source draws by chance: ",
}


def check(merged: Merged, source: Source) -> Iterator[Finding]:
    """Yield a finding for each set of changes, with the runtimes that share it."""
    if not merged.checkpoint.generates:
        return
    if unknown := unread(merged.checkpoint, source.checkpoint):
        raise Undecided(unknown)
    lost = lost_parameters(merged.checkpoint, source.checkpoint)
    groups: list[tuple[tuple[Change, ...], str, list[Runtime]]] = []
    for runtime in SAMPLERS:
        if runtime is Runtime.TRANSFORMERS_4 and merged.discarded:
            continue  # generation-config-regenerated says so
        found = tuple(
            change
            for change in changes(merged.settings, source.settings, runtime)
            if change.key not in lost
        )
        switched = any(change.key not in ALWAYS for change in found)
        group = (found, _chance(merged, source, runtime) if switched else "")
        alike = next((g for g in groups if g[:2] == group), None)
        if alike is not None:
            alike[2].append(runtime)
        elif found:
            groups.append((*group, [runtime]))
    for found, chance, runtimes in groups:
        yield _finding(merged, found, chance, tuple(runtimes))


def _chance(merged: Merged, source: Source, runtime: Runtime) -> str:
    now = draws(merged.settings, runtime)
    return "" if now is draws(source.settings, runtime) else CHANCE[now]


def _finding(
    merged: Merged, found: tuple[Change, ...], chance: str, runtimes: tuple[Runtime, ...]
) -> Finding:
    edits = tuple(
        parameter_edit(
            merged.checkpoint,
            change.key,
            change.merged.decided_by,
            ABSENT if change.source.decided_by == DEFAULT else change.source.value,
        )
        for change in found
    )
    values = ", ".join(
        f"{change.key} is {written(change.merged.value)} instead of {written(change.source.value)}"
        for change in found
    )
    return Finding(
        message=f"{chance}{values} ({edits[0].file})",
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=runtimes,
        evidence=tuple(ValueEvidence(edit.file, edit.pointer, edit.before) for edit in edits),
        cost="other answers, and longer ones where the model repeats itself",
        fix=Fix("Restore the source's sampling", Applicability.UNSAFE, edits, REASON),
    )


RULE = Rule(
    id="sampling-params-changed",
    title="Sampling differs from the source",
    check=check,
    since="0.1.0",
)
