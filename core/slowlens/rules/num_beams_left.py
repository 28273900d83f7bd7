"""Each step computes several sequences, or several passes.

## What it does
Reads the generation parameters that each version of ``generate()`` ends up with and reports those
that multiply the work of a step: ``num_beams``, ``num_return_sequences``, contrastive search
(``penalty_alpha`` with ``top_k``) and ``guidance_scale``. It also reports the ones with which a
version cannot run at all: ``num_return_sequences`` without sampling, and group, constrained,
contrastive and DoLa decoding, which transformers 5 took out of the library.

``num_beams`` in config.json counts only where generation_config.json is missing, and for
transformers 4 also where it throws that file away; elsewhere it is not reported. What the source
does as well, and beams of a model with an encoder (translation, summaries, speech), whose authors
mostly mean them, are a note.

## Why it is slow
With four beams every step runs four sequences and keeps four key-value caches: seen as a batch of
4 in the calls of the model. A large batch on an idle GPU hides some of it, a long prompt or a CPU
does not. Guidance runs the model twice for each token.

## Affects
``generate()`` of the versions that read the parameter. vLLM, SGLang and llama.cpp do not.

## Fix
Writes the source's value, or takes the parameter away.

## Fix safety
Not safe: beam search finds other answers than greedy decoding, often shorter ones.

## References
- https://huggingface.co/docs/transformers/generation_strategies
- https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md
- https://huggingface.co/IlyaGusev/saiga_7b_lora/blob/main/generation_config.json
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.decoding.parameters import default_of, effective
from slowlens.facts.decoding.work import Work, work
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import GENERATE, Runtime
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
from slowlens.jsonvalue import ABSENT, Absent, Json, same, written

REASON = "Another way of decoding gives other answers: back to those of the source, or to greedy."


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield a finding for each parameter, with the versions that it concerns."""
    if not merged.checkpoint.generates:
        return
    found: dict[tuple[str, str, str, bool], tuple[Work, list[Runtime]]] = {}
    for runtime in GENERATE:
        before = () if source is None else work(source.settings, runtime)
        for extra in work(merged.settings, runtime):
            known = any(same_work(extra, old) for old in before)
            group = (extra.key, extra.file, extra.trouble, known)
            found.setdefault(group, (extra, []))[1].append(runtime)
    for (*_, known), (extra, runtimes) in found.items():
        yield _finding(merged, source, extra, tuple(runtimes), known=known)


def same_work(one: Work, other: Work) -> bool:
    """Whether both do the same, whichever file says so."""
    return one.key == other.key and same(one.value, other.value)


def _finding(
    merged: Merged,
    source: Source | None,
    extra: Work,
    runtimes: tuple[Runtime, ...],
    *,
    known: bool,
) -> Finding:
    wanted = _wanted(source, extra, runtimes[0])
    edit = parameter_edit(merged.checkpoint, extra.key, extra.file, wanted)
    also = ", as in its source" if known else ""
    return Finding(
        message=f"{_where(edit)} sets {extra.key} to {written(extra.value)}{also}: {_what(extra)}",
        severity=_severity(merged, source, extra, known=known),
        confidence=Confidence.READ,
        affects=runtimes,
        evidence=(ValueEvidence(edit.file, edit.pointer, edit.before),),
        cost=_cost(extra),
        fix=None if known else Fix("Decode one sequence", Applicability.UNSAFE, (edit,), REASON),
    )


def _where(edit: Edit) -> str:
    return "the class default" if edit.before is ABSENT else edit.file


def _severity(merged: Merged, source: Source | None, extra: Work, *, known: bool) -> Severity:
    if known:
        return Severity.NOTE
    if extra.trouble:
        return Severity.ERROR
    meant = source is None and merged.checkpoint.get(CONFIG, "is_encoder_decoder") is True
    return Severity.NOTE if meant else Severity.WARNING


def _what(extra: Work) -> str:
    if extra.trouble:
        return extra.trouble
    if extra.key == "guidance_scale":
        return "every step runs the model twice"
    return f"every step computes {extra.factor} sequences"


def _cost(extra: Work) -> str:
    if extra.trouble:
        return "no answer at all"
    if extra.key == "guidance_scale":
        return "2 times the work per token, and a second key-value cache"
    return f"up to {extra.factor} times the work per token and {extra.factor} key-value caches"


def _wanted(source: Source | None, extra: Work, runtime: Runtime) -> Json | Absent:
    """Return the source's value, ``ABSENT`` for the library's default.

    The source may say the same to no effect; then the value goes.
    """
    if source is None:
        return ABSENT
    value = effective(source.settings, extra.key, runtime).value
    idle = same(value, extra.value) or same(value, default_of(extra.key, runtime))
    return ABSENT if idle else value


RULE = Rule(
    id="num-beams-left",
    title="Several sequences in each step",
    check=check,
    since="0.1.0",
)
