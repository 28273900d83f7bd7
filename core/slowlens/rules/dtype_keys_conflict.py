"""config.json names two dtypes.

## What it does
Compares ``dtype`` with ``torch_dtype`` of config.json, and both with the dtype that a nested config
(``text_config``, ``vision_config``) names. The pair is what remains when a version of transformers
4 that does not know ``dtype`` saves a checkpoint of version 5: it keeps the key that it does not
understand and writes its own beside it.

A nested dtype is reported only where it is float32 below a 16-bit model, which is what remains of
a model that was built in float32 and cast: transformers 5 ignores it.

## Why it is slow
Versions before 4.56 obey ``torch_dtype``, later ones ``dtype``: one folder, two models, of which
one takes twice the memory and time, or overflows in float16. The difference looks like one between
two machines. transformers 4 with ``dtype="auto"`` builds each part of a composite model in the
dtype of its own config, so that a float32 text part stays float32.

## Affects
transformers 4 with ``dtype="auto"``. Without a dtype it loads float32 in any case, and where
transformers 5 and the engines end up with the wrong one of the two, fp32-saved-or-loaded or
merge-dtype-drift says so.

## Fix
Writes one dtype under both keys: the 16-bit one, of two 16-bit ones that of the weights.

## Fix safety
Not safe: one of the versions computes in another type than before, and a close call between two
tokens can fall the other way.

## References
- https://github.com/huggingface/transformers/pull/39782
- https://huggingface.co/docs/transformers/main_classes/configuration
"""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import Runtime
from slowlens.facts.weights.dtypes import SIXTEEN_BIT, main_dtype, stated_dtypes
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
from slowlens.fixes import state_dtype
from slowlens.jsonvalue import JsonObject

WIDE = "float32"
COST = (
    'with dtype="auto" about 2 times the memory and up to 2 times the time per token on a GPU for '
    "what is loaded in float32"
)
RANGE = "not slower; float16 overflows above 65504, where bfloat16 does not"
REASON = "One of the versions computes in another type than before, up to rounding."


def check(merged: Merged) -> Iterator[Finding]:
    """Yield a finding for two keys that disagree, and one for parts that stay float32."""
    values = merged.checkpoint.values(CONFIG) or {}
    stated = stated_dtypes(values)
    if len(set(stated.values())) > 1:
        yield _two_keys(merged, stated)
    model = next(iter(stated.values()), "")
    parts = {
        name: wide
        for name, part in values.items()
        if isinstance(part, Mapping) and (wide := _wide_keys(part))
    }
    if model in SIXTEEN_BIT and parts:
        yield _wide_parts(merged, parts, model)


def _wide_keys(part: JsonObject) -> tuple[str, ...]:
    return tuple(key for key, dtype in stated_dtypes(part).items() if dtype == WIDE)


def _two_keys(merged: Merged, stated: Mapping[str, str]) -> Finding:
    new, old = stated["dtype"], stated["torch_dtype"]
    checkpoint = merged.checkpoint
    narrow = [dtype for dtype in (new, old) if dtype in SIXTEEN_BIT]
    saved = main_dtype(checkpoint)
    target = saved if saved in narrow else next(iter(narrow), new)
    return Finding(
        message=(
            f"config.json has dtype {new} and torch_dtype {old}: versions before 4.56 load {old}, "
            f"later ones {new}"
        ),
        severity=Severity.NOTE if new == WIDE else Severity.WARNING,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_4,),
        evidence=tuple(
            ValueEvidence(CONFIG, (key,), checkpoint.get(CONFIG, key)) for key in stated
        ),
        cost=COST if WIDE in {new, old} else RANGE,
        fix=Fix(
            f"Write {target} under both keys",
            Applicability.UNSAFE,
            state_dtype(checkpoint, target),
            REASON,
        ),
    )


def _wide_parts(merged: Merged, parts: Mapping[str, tuple[str, ...]], model: str) -> Finding:
    edits = tuple(
        Edit(CONFIG, (part, key), before=merged.checkpoint.get(CONFIG, part, key), after=model)
        for part, keys in parts.items()
        for key in keys
    )
    return Finding(
        message=(
            f"config.json has {', '.join(parts)} in {WIDE} and the model in {model}: with "
            f'dtype="auto" transformers 4 loads that part in {WIDE}'
        ),
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_4,),
        evidence=tuple(ValueEvidence(CONFIG, edit.pointer, edit.before) for edit in edits),
        cost=COST,
        fix=Fix(f"Write {model} in every part", Applicability.UNSAFE, edits, REASON),
    )


RULE = Rule(
    id="dtype-keys-conflict",
    title="Two dtypes in config.json",
    check=check,
    since="0.1.0",
)
