"""config.json chooses the kernel that runs the experts.

## What it does
Reports ``experts_implementation`` or ``_experts_implementation`` at the top level of config.json
when it names another kernel than ``grouped_mm``, which transformers 5 chooses by itself. Not
reported: null, ``grouped_mm``, the same key under ``_experts_implementation_internal`` or in a
nested config (neither is read), a source that says the same, and a model without experts, where
any name that transformers knows does nothing.

## Why it is slow
The kernels do the same work in different ways. ``eager`` loops over the experts one by one: many
small launches, and a wait for the host at each. ``batched_mm`` copies the weights of the chosen
experts for every token: that can be the fastest for one token at a time on a GPU, and costs memory
and time for prompts. A tiny qwen3_moe took 0.24 s for 48 tokens with ``grouped_mm``, 0.26 s with
``eager`` and 0.61 s with ``batched_mm`` (one CPU thread); on an H100 an image model of 30B with
experts ran 3 to 4 times as fast with ``grouped_mm`` as with ``eager``. A kernel from a package
(``deepgemm``, ``sonicmoe``) fails where its package, its GPU or bfloat16 is missing. A name that
transformers does not know stops the load, even of a model without experts.

## Affects
transformers 5, and bare forward loops with it. transformers 4, vLLM, SGLang and llama.cpp do not
read the key.

## Fix
Takes the key out. To choose for one run, pass ``experts_implementation=`` to ``from_pretrained``.

## Fix safety
Safe: the same sums in another order, equal up to rounding.

## References
- https://github.com/huggingface/transformers/pull/42697
- https://github.com/huggingface/transformers/pull/43126
- https://github.com/OpenSenseNova/SenseNova-U1/pull/284
"""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.reading import Merged, Source
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
from slowlens.jsonvalue import ABSENT, Absent, Json

KEYS = ("_experts_implementation", "experts_implementation")
"""The keys that transformers 5 obeys, the stronger one first."""
DEFAULT = "grouped_mm"
COSTS: Mapping[str, str] = {
    "eager": "1.1 times as long per token on a CPU (tiny qwen3_moe), 3 to 4 times on an H100",
    "batched_mm": (
        "2.5 times as long per token on a CPU (tiny qwen3_moe, 48 tokens); on a GPU it depends: "
        "one token at a time may be faster, prompts are slower and take more memory"
    ),
    "deepgemm": "does not run without its package, a recent NVIDIA GPU and bfloat16",
    "deepgemm_megamoe": "does not run without its package and a recent NVIDIA GPU",
    "sonicmoe": "does not run without its package and a recent NVIDIA GPU",
}
"""The names that transformers 5 knows, its default apart."""


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding for the key that transformers 5 obeys."""
    if not merged.checkpoint.has(CONFIG):
        raise Undecided(f"{CONFIG} could not be read")
    key, chosen = _chosen(merged.checkpoint)
    if source is not None and _chosen(source.checkpoint)[1] == chosen:
        return
    known = isinstance(chosen, str) and (chosen in COSTS or chosen == DEFAULT)
    if chosen is ABSENT or chosen == DEFAULT or (known and not merged.layers.experts):
        return
    yield Finding(
        message=f"{CONFIG}: {key} is {chosen!r}" + ("" if known else ", which nobody knows"),
        severity=Severity.WARNING if known else Severity.ERROR,
        confidence=Confidence.READ,
        affects=(Runtime.TRANSFORMERS_5, Runtime.FORWARD),
        evidence=(ValueEvidence(CONFIG, (key,), chosen),),
        cost=COSTS[str(chosen)] if known else "the checkpoint does not load in transformers 5",
        fix=Fix(
            "Let transformers choose the kernel",
            Applicability.SAFE,
            tuple(_edits(merged.checkpoint)),
        ),
    )


def _chosen(checkpoint: Checkpoint) -> tuple[str, Json | Absent]:
    """Return the key that is obeyed and its value; a value by parts is not judged."""
    for key in KEYS:
        value = checkpoint.get(CONFIG, key)
        if value is not ABSENT and value is not None and not isinstance(value, Mapping):
            return key, value
    return "", ABSENT


def _edits(checkpoint: Checkpoint) -> Iterator[Edit]:
    for key in KEYS:
        if (value := checkpoint.get(CONFIG, key)) is not ABSENT:
            yield Edit(CONFIG, (key,), before=value, after=ABSENT)


RULE = Rule(
    id="moe-experts-implementation",
    title="Kernel of the experts chosen by config.json",
    check=check,
    since="0.1.0",
    slows=True,
)
