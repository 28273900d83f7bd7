"""generation_config.json asks for a special kind of key-value cache.

## What it does
Reads the ``cache_implementation`` that each version of ``generate()`` ends up with, and reports
the kinds that fail, that need something a machine may not have, or that cost time: a kind that
the version does not know, ``hybrid`` or ``sliding_window`` for a model without a sliding window
under transformers 4, ``offloaded``, ``quantized``, and static kinds, which are compiled on a GPU.

``hybrid`` on a model with a sliding window (Gemma) is its authors' choice and not reported, nor is
``hybrid`` under transformers 5, which unsets it, nor ``dynamic``, which is the ordinary cache. A
kind that the source asks for as well is a note, and nothing is reported where the cache is off
altogether.

## Why it is slow
A static cache is compiled for each new shape on a GPU: 24 to 27 s in the issue below, 38 to 50 s
for a 7B model on one H100, before the first answer and again for a longer one. Steady generation
is faster after that (9 ms a token against 63 and more there), so it pays for a server and not for
a script. Offloading copies the cache of each layer to the GPU in every step. A quantized
cache is packed and unpacked in every step, and needs optimum-quanto or hqq.

## Affects
``generate()`` of the version named. vLLM, SGLang and llama.cpp have caches of their own.

## Fix
Writes the source's kind, or takes the key away. Nothing is offered for a static kind, which
launch-bound may just have asked for: keep it where one process writes many answers, and take the
key out by hand for scripts that start, answer once and end.

## Fix safety
Safe for kinds that hold the same numbers: the tokens stay the same, up to rounding. Not safe for a
quantized cache, which rounds what the model remembers.

## References
- https://huggingface.co/docs/transformers/kv_cache
- https://github.com/huggingface/transformers/issues/34923
- https://github.com/huggingface/transformers/issues/37447
"""

from collections.abc import Iterator

from slowlens.facts.decoding.cache import USE_CACHE
from slowlens.facts.decoding.cachekind import CACHE_IMPLEMENTATION, DYNAMIC, SLIDING
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import GENERATE, Runtime, only
from slowlens.facts.settings import DEFAULT, Setting
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
from slowlens.jsonvalue import ABSENT, Json, same, written

OFFLOADED = "it copies the cache of each layer between CPU and GPU in every step, and needs a GPU"
QUANTIZED = "it packs the cache in every step, and needs optimum-quanto or hqq to be installed"
STATIC = "on a GPU the decoding step is compiled for each new shape of the cache"
COSTS = {
    OFFLOADED: "slower in every step, by the speed of the bus; less GPU memory",
    QUANTIZED: "slower in every step; an eighth to a half of the cache's memory",
    STATIC: "24 to 50 s before the first answer on a GPU, then faster; nothing on a CPU",
}
BY_HAND = (
    "Keep it where one process writes many answers. For a script that answers once, take "
    f"{CACHE_IMPLEMENTATION} out by hand: the ordinary cache compiles nothing."
)
REASON = "A quantized cache rounds what the model remembers, so without it answers may change."


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield a finding for each kind and what is odd about it, with the versions concerned."""
    if not merged.checkpoint.generates:
        return
    groups: dict[tuple[str, str, bool], tuple[Setting, list[Runtime]]] = {}
    for runtime in GENERATE:
        setting = merged.settings[CACHE_IMPLEMENTATION][runtime]
        cached = merged.settings[USE_CACHE][runtime].value is not False
        trouble = _trouble(setting)
        if cached and trouble:
            known = source is not None and _alike(setting, source, runtime)
            group = (setting.decided_by, trouble, known)
            groups.setdefault(group, (setting, []))[1].append(runtime)
    for (_, trouble, known), (setting, runtimes) in groups.items():
        yield _finding(merged, source, setting, trouble, tuple(runtimes), known=known)


def _trouble(setting: Setting) -> str:
    """Return what is odd about a kind, empty for an ordinary one."""
    kind = setting.value
    if setting.fails:
        return setting.note
    if not isinstance(kind, str) or kind in (DYNAMIC, "paged", *SLIDING):
        return ""
    if kind == "quantized":
        return QUANTIZED
    return OFFLOADED if kind.startswith("offloaded") else STATIC


def _alike(setting: Setting, source: Source, runtime: Runtime) -> bool:
    return same(setting.value, source.settings[CACHE_IMPLEMENTATION][runtime].value)


def _finding(
    merged: Merged,
    source: Source | None,
    setting: Setting,
    trouble: str,
    runtimes: tuple[Runtime, ...],
    *,
    known: bool,
) -> Finding:
    before = None if source is None else source.settings[CACHE_IMPLEMENTATION][runtimes[0]]
    restored = before is not None and before.decided_by != DEFAULT and not before.fails
    after = before.value if before is not None and restored and not known else ABSENT
    edit = parameter_edit(merged.checkpoint, CACHE_IMPLEMENTATION, setting.decided_by, after)
    also = ", as in its source" if known else ""
    return Finding(
        message=(
            f"{edit.file} sets {CACHE_IMPLEMENTATION} to {written(setting.value)}{also}"
            f"{only(runtimes, GENERATE)}: {trouble}"
        ),
        severity=_severity(setting, trouble, known=known),
        confidence=Confidence.READ,
        affects=runtimes,
        evidence=(ValueEvidence(edit.file, edit.pointer, edit.before),),
        cost=COSTS.get(trouble, "no answer at all"),
        fix=_fix(edit, setting.value, trouble),
    )


def _severity(setting: Setting, trouble: str, *, known: bool) -> Severity:
    if setting.fails:
        return Severity.ERROR
    return Severity.NOTE if known or trouble == STATIC else Severity.WARNING


def _fix(edit: Edit, kind: Json, trouble: str) -> Fix:
    if trouble == STATIC:
        return Fix("Decide what it has to be fast at", Applicability.MANUAL, reason=BY_HAND)
    if kind == "quantized":
        return Fix("Use the ordinary cache", Applicability.UNSAFE, (edit,), REASON)
    return Fix("Use the ordinary cache", Applicability.SAFE, (edit,))


RULE = Rule(
    id="cache-implementation-odd",
    title="A special kind of key-value cache",
    check=check,
    since="0.1.0",
    slows=True,
)
