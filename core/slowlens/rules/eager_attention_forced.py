"""config.json forces the slow attention kernel.

## What it does
Resolves the attention implementation as each version of transformers does and reports ``eager``
where config.json asks for it. transformers 5 obeys ``attn_implementation`` and
``_attn_implementation``, transformers 4 ``_attn_implementation`` and
``_attn_implementation_internal``; both at the top level of config.json alone. In a nested
``text_config`` or in generation_config.json such a key does nothing, so nothing is said. A leftover
``_attn_implementation_autoset: true`` is reported as a note: transformers 4.51.3 and 4.52.4 were
seen to run eager because of it, 4.57.6 and 5.23 not. With a source at hand, models with code of
their own are looked at too: ``use_flash_attn``, or ``attn_impl`` in ``attn_config``, that the
source had on and merged has off.

Not reported where the source says the same: some models (Gemma 2 with its soft cap, for one) were
published that way.

## Why it is slow
Eager attention writes the whole matrix of scores, prompt length squared for each head, to memory
and reads it back; the fused kernels (SDPA, FlashAttention) never do. The prefill of a long prompt
takes several times as long and much more memory. Short prompts show no difference: generating from
a short prompt took 1.41 to 1.59 s in all modes (SmolLM2-135M, one CPU thread), so measure with
1,000 tokens or more.

## Affects
``generate()`` and bare forward loops of the versions that obey the key. vLLM, SGLang and llama.cpp
bring kernels of their own.

## Fix
Takes the key out, so that transformers chooses: SDPA where the model supports it. Neither version
of ``save_pretrained`` writes the key, so it was a hand or another tool. To choose for one run,
pass ``attn_implementation=`` to ``from_pretrained``, which wins over the file.

## Fix safety
Safe: the same attention, up to rounding. Not safe for a model with code of its own, nor for one
whose config caps attention scores (``attn_logit_softcapping``): SDPA leaves the cap out.

## References
- https://huggingface.co/docs/transformers/attention_interface
- https://huggingface.co/docs/transformers/perf_infer_gpu_one
- https://github.com/huggingface/transformers/issues/31741
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.weights.loading import ATTENTION, AUTOSET, attention_key, autoset
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
from slowlens.jsonvalue import ABSENT, Pointer

EAGER = "eager"
COST = (
    "prefill of long prompts (1,000 tokens and more) several times as slow, with memory that grows "
    "with the square of the prompt; no difference at short ones"
)
OWN_SWITCHES: tuple[tuple[Pointer, object, object], ...] = (
    (("use_flash_attn",), True, False),
    (("llm_config", "use_flash_attn"), True, False),
    (("vision_config", "use_flash_attn"), True, False),
    (("attn_config", "attn_impl"), "flash", "torch"),
)
"""Switches of models with code of their own: where, fast, slow."""


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield a finding for the key that forces it, and one for each switch of a model's own code."""
    if not merged.checkpoint.has(CONFIG):
        raise Undecided(f"{CONFIG} could not be read")
    slow = {r: attention_key(merged.checkpoint, r) for r in GENERATE if _is_eager(merged, r)}
    if autoset(merged.checkpoint) and not (source and autoset(source.checkpoint)):
        yield _leftover()
    if source is not None:
        slow = {runtime: key for runtime, key in slow.items() if not _is_eager(source, runtime)}
        yield from _switched_off(merged.checkpoint, source.checkpoint)
    if not slow:
        return
    keys = tuple(dict.fromkeys(slow.values()))
    yield Finding(
        message=(
            f"{CONFIG} forces eager attention ({', '.join(keys)}) "
            f"on {' and '.join(runtime.label for runtime in slow)}"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=(*slow, Runtime.FORWARD),
        evidence=tuple(ValueEvidence(CONFIG, (k,), merged.checkpoint.get(CONFIG, k)) for k in keys),
        cost=COST,
        fix=_fix(merged.checkpoint, keys),
    )


def _leftover() -> Finding:
    return Finding(
        message=f"{CONFIG}: {AUTOSET} makes transformers 4.51 and 4.52 run eager attention",
        severity=Severity.NOTE,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_4,),
        evidence=(ValueEvidence(CONFIG, (AUTOSET,), found=True),),
        cost=f"up to 4.52: {COST}",
        fix=Fix(
            "Let transformers choose the kernel",
            Applicability.SAFE,
            (Edit(CONFIG, (AUTOSET,), before=True, after=ABSENT),),
        ),
    )


def _is_eager(reading: Merged | Source, runtime: Runtime) -> bool:
    return reading.settings[ATTENTION][runtime].value == EAGER


def _fix(checkpoint: Checkpoint, keys: tuple[str, ...]) -> Fix:
    title = "Let transformers choose the kernel"
    edits = tuple(Edit(CONFIG, (k,), checkpoint.get(CONFIG, k), ABSENT) for k in keys)
    if checkpoint.get(CONFIG, "auto_map") is not ABSENT:
        reason = (
            "The checkpoint brings code of its own (auto_map), which may only know this kernel."
        )
        return Fix(title, Applicability.UNSAFE, edits, reason)
    for part in ((), ("text_config",)):
        cap = checkpoint.get(CONFIG, *part, "attn_logit_softcapping")
        if isinstance(cap, (int, float)) and cap:
            reason = "SDPA leaves out the cap on attention scores (attn_logit_softcapping)."
            return Fix(title, Applicability.UNSAFE, edits, reason)
    return Fix(title, Applicability.SAFE, edits)


def _switched_off(merged: Checkpoint, source: Checkpoint) -> Iterator[Finding]:
    for pointer, fast, slow in OWN_SWITCHES:
        before, after = source.get(CONFIG, *pointer), merged.get(CONFIG, *pointer)
        if before != fast or after != slow:
            continue
        name = ".".join(pointer)
        yield Finding(
            message=f"{CONFIG}: {name} is {after!r}, the source has {before!r}",
            severity=Severity.WARNING,
            confidence=Confidence.SUSPECTED,
            affects=(*GENERATE, Runtime.FORWARD),
            evidence=(ValueEvidence(CONFIG, pointer, after),),
            cost=COST,
            fix=Fix(
                "Turn the fast kernel on again",
                Applicability.UNSAFE,
                (Edit(CONFIG, pointer, before=after, after=before),),
                "It needs the flash-attn package, without which the model's code may not load.",
            ),
        )


RULE = Rule(
    id="eager-attention-forced",
    title="Slow attention kernel forced by config.json",
    check=check,
    since="0.1.0",
    slows=True,
)
