"""Positions are computed otherwise than in the source, or the longest text has another length.

## What it does
Compares the base and the scaling of rotary positions, and ``max_position_embeddings``, with those
of the source: as transformers 5 understands both files, with the defaults of the model's class for
keys that are left out. A ``rope_theta`` that a tool dropped is therefore found, and another
spelling of the same is not: ``rope_scaling`` or ``rope_parameters``, ``type`` or ``rope_type``,
``mrope`` or ``default`` with its ``mrope_section``, ``original_max_position_embeddings`` inside or
outside. What only transformers 4 misreads is v5-saved-read-by-v4-rope's matter.

## Why it is worse
The weights were trained with one way to count positions. With a base that fell back to 10,000, or
without the scaling (``llama3``, ``yarn``, ``longrope``) that they had, attention looks in the wrong
places: short texts suffer a little, long ones turn into repetition up to the token limit. Llama 3
without its scaling was reported as fine up to about 29,000 tokens and as a loop from there on.
A scaling that was added, or a larger base, may be meant: that is how a context is extended.

``max_position_embeddings`` changes nothing for ``generate()`` as long as positions are not scaled
by it. Serving engines take it as the longest request: larger, they plan memory for it and may
refuse to start; smaller, they refuse prompts that the source takes. Some training tools write
their own sequence length there.

## Affects
Positions: everybody. The length: vLLM and SGLang.

## Fix
Copies the source's keys, or the source's ``max_position_embeddings``. To keep a large value and
still start an engine, pass ``--max-model-len`` (vLLM) or ``--context-length`` (SGLang) instead.

## Fix safety
Not safe: it changes what the model writes, or how long a text engines accept. Leave it where the
model was trained with the new positions on purpose.

## References
- https://github.com/unslothai/unsloth-zoo/pull/1073
- https://github.com/unslothai/unsloth/issues/6197
- https://github.com/dvlab-research/LongLoRA/issues/181
- https://docs.vllm.ai/en/latest/configuration/conserving_memory.html
"""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.diff.rope import ROPE_KEYS
from slowlens.facts.layers.rope import Rope
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, EVERY
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
from slowlens.jsonvalue import Pointer, same

KEYS = (*sorted(ROPE_KEYS), "original_max_position_embeddings")
BACK = "It changes what the model writes, back to the source's positions."
LENGTH = "Engines then accept texts as long as the source's; generate() is not concerned."
MEANT = ", unless it was trained so on purpose"


def check(merged: Merged, source: Source) -> Iterator[Finding]:
    """Yield a finding about positions and one about the longest text."""
    for reading in (merged, source):
        if not reading.checkpoint.has(CONFIG):
            raise Undecided(f"{CONFIG} could not be read")
    yield from _positions(merged, source)
    yield from _length(merged, source)


def _positions(merged: Merged, source: Source) -> Iterator[Finding]:
    before = {(rope.at, rope.kind): rope for rope in source.ropes[5]}
    pairs = [(before.get((rope.at, rope.kind)), rope) for rope in merged.ropes[5]]
    changed = [(old, new) for old, new in pairs if old and old.computes != new.computes]
    if not changed:
        return
    lost = any(_lost(old, new) for old, new in changed)
    said = "; ".join(dict.fromkeys(_told(old, new) for old, new in changed))
    edits = tuple(_copied(merged.checkpoint, source.checkpoint, {new.at for _, new in changed}))
    yield Finding(
        message=f"{CONFIG}: rotary positions are not the source's: {said}{'' if lost else MEANT}",
        severity=Severity.ERROR if lost else Severity.WARNING,
        confidence=Confidence.READ if lost else Confidence.SUSPECTED,
        affects=EVERY,
        evidence=tuple(ValueEvidence(CONFIG, edit.pointer, edit.before) for edit in edits),
        cost="worse answers, the longer the text the more, up to loops that end at the token limit",
        fix=Fix("Restore the source's positions", Applicability.UNSAFE, edits, BACK),
    )


def _lost(old: Rope, new: Rope) -> bool:
    """Whether the class default stepped in: nobody wants that."""
    fell_back = old.theta != new.theta and not new.theta_at
    return fell_back or (old.type != new.type and new.type == "default")


def _told(old: Rope, new: Rope) -> str:
    said = []
    if old.theta != new.theta:
        fell = "" if new.theta_at else ", the default of its class"
        said.append(f"rope_theta {new.theta}{fell} (source {old.theta})")
    if old.type != new.type:
        said.append(f"type {new.type} (source {old.type})")
    elif old.scaling != new.scaling:
        keys = sorted({*old.scaling, *new.scaling})
        other = [key for key in keys if old.scaling.get(key) != new.scaling.get(key)]
        said.append(f"another {', '.join(other)}")
    where = ".".join((*new.at, new.kind) if new.kind else new.at)
    return " and ".join(said) + (f" in {where}" if where else "")


def _copied(merged: Checkpoint, source: Checkpoint, parts: set[Pointer]) -> Iterator[Edit]:
    """Copy every key that has to do with positions, each part from where the source has it."""
    for part in sorted(parts):
        here, there = _place(merged, part), _place(source, part)
        for key in KEYS:
            before, after = merged.get(CONFIG, *here, key), source.get(CONFIG, *there, key)
            if not same(before, after):
                yield Edit(CONFIG, (*here, key), before=before, after=after)


def _place(checkpoint: Checkpoint, part: Pointer) -> Pointer:
    """Return where a part's keys stand: older files have those of the text part at the top."""
    return part if isinstance(checkpoint.get(CONFIG, *part), Mapping) else ()


def _length(merged: Merged, source: Source) -> Iterator[Finding]:
    now, then = merged.layers.longest, source.layers.longest
    if now is None or then is None or now == then:
        return
    pointer = (*merged.layers.at, merged.layers.longest_key)
    written = merged.checkpoint.get(CONFIG, *pointer)
    said = f"{pointer[-1]} is {now}, the source has {then}"
    yield Finding(
        message=f"{CONFIG}: {said}: {_consequence(now, then)}",
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=ENGINES,
        evidence=(ValueEvidence(CONFIG, pointer, written),),
        cost=_cost(now, then),
        fix=Fix(
            "Restore the source's length",
            Applicability.UNSAFE,
            (Edit(CONFIG, pointer, before=written, after=then),),
            LENGTH,
        ),
    )


def _consequence(now: int, then: int) -> str:
    if now > then:
        return "engines plan memory for such requests and may refuse to start"
    return "engines refuse longer requests"


def _cost(now: int, then: int) -> str:
    if now > then:
        return f"{now / then:.3g} times the key-value cache for the longest request"
    return f"requests between {now} and {then} tokens are refused"


RULE = Rule(
    id="rope-scaling-or-max-position-changed",
    title="Rotary positions or the longest text changed",
    check=check,
    since="0.1.0",
)
