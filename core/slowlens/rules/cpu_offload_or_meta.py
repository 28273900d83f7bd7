"""The model needs more memory than the GPU has, so that part of it will run from the CPU.

## What it does
Predicts what a load without arguments takes: the bytes of all tensors in the dtype that they are
loaded in, and the key-value cache of one sequence of 4,096 tokens. It compares that with the GPUs
of this machine, as the driver tells them, and reports

- that the model does not fit, and its source does, or it would in 16 bit;
- that it no longer fits one GPU, as its source does, and has to be spread over several.

The prediction is a lower limit: activations, the CUDA context and what other programs hold come on
top, so a model that just fits is not reported and may still not load. Without a GPU nothing is
decided. A model that is too large in 16 bit too, and whose source is, says nothing about a merge
and is not reported.

The usual reason is a checkpoint that doubled: saved in float32, see fp32-saved-or-loaded, or merged
back from a quantized base.

## Why it is slow
With `device_map="auto"` transformers puts what does not fit into the memory of the CPU, or on the
disk, and leaves empty "meta" tensors in its place. Each layer there is copied to the GPU in every
step, over a bus that is 20 to 100 times slower than the GPU's own memory. A model of 13.5 GB took
6.6 ms a token on an H100, 954 ms with two of its four layers and its head on the CPU, and 1,644 ms
with all four (transformers 5.17, random weights). The GPU idles, the log says "Some parameters are
on the meta device because they were offloaded to the cpu" once, and `model.hf_device_map` lists
what is on "cpu" or "disk".

## Affects
transformers: with `device_map="auto"` it becomes slow, without it loading ends with "CUDA out of
memory". vLLM and SGLang refuse to start instead; they turn float32 into 16 bit first, so they are
concerned where that is still too large.

## Fix
Loads the weights in 16 bit where that is enough, by `dtype` and `torch_dtype` in config.json. Else:
quantize, use more GPUs, or pass `device_map={"": 0}`, which fails at once where the model does not
fit, instead of being slow.

## Fix safety
Not safe in the strict sense where the dtype changes: numbers are rounded to 16 bit. Where a layer
runs does not change what it computes.

## References
- https://github.com/hiyouga/LLaMA-Factory/issues/4809
- https://huggingface.co/docs/accelerate/usage_guides/big_modeling
- https://huggingface.co/docs/accelerate/concept_guides/big_model_inference
"""

from collections.abc import Iterator
from typing import NamedTuple

from slowlens.facts.environment import Hardware
from slowlens.facts.layers.memory import Memory, weights_size
from slowlens.facts.reading import Merged, Reading, Source
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS, Runtime
from slowlens.facts.weights.dtypes import SIXTEEN_BIT, WIDTHS, main_dtype
from slowlens.findings import (
    Applicability,
    Confidence,
    Evidence,
    Finding,
    Fix,
    NumberEvidence,
    Rule,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.fixes import state_dtype

TOKENS = 4096
NARROW_WIDTH = 2
OFFLOADED = (
    "10 to 250 times as long per token, by the share of layers on the CPU and by the bus: 145 "
    "times with half of them there, 249 with all, for 13.5 GB on an H100; users report 10 to 100"
)
SPREAD = (
    "a plain load on one GPU runs out of memory; spread over several, one works while the others "
    "wait, and each step pays for the transfers"
)
BY_HAND = (
    'Load with device_map={"": 0} to fail at once instead of being slow, and make it smaller: '
    "from transformers import BitsAndBytesConfig; from_pretrained(..., "
    "quantization_config=BitsAndBytesConfig(load_in_8bit=True)), or serve the quantized source."
)
ROUNDING = (
    "Numbers are rounded to 16 bit: a close call between two tokens can fall the other way. Load "
    'with device_map={"": 0} to be told at once where it still does not fit.'
)


class _Need(NamedTuple):
    """Bytes as it is loaded, and in 16 bit."""

    loaded: int
    narrow: int


def check(merged: Merged, source: Source | None, hardware: Hardware) -> Iterator[Finding]:
    """Yield one finding where the GPUs are too small for merged and were not for its source."""
    largest = hardware.largest
    if not merged.checkpoint.weights.tensors:
        raise Undecided("no safetensors headers to add up")
    if largest is None:
        raise Undecided("the driver does not tell how much memory the GPU has")
    need = _need(merged)
    if need.loaded <= largest.memory:
        return
    everywhere = need.loaded > hardware.memory
    limit = hardware.memory if everywhere else largest.memory
    before = None if source is None else _need(source).loaded
    fitted = before is not None and 0 < before <= limit
    if fitted or need.narrow <= limit:
        yield _finding(merged, hardware, need, limit, before if fitted else None)


def _finding(
    merged: Merged, hardware: Hardware, need: _Need, limit: int, before: int | None
) -> Finding:
    everywhere = limit == hardware.memory
    return Finding(
        message=_message(hardware, need, limit, before),
        severity=Severity.ERROR if everywhere and before else Severity.WARNING,
        confidence=Confidence.SUSPECTED,
        affects=_affects(need, limit),
        evidence=_evidence(merged, need, limit),
        cost=OFFLOADED if everywhere else SPREAD,
        fix=_fix(merged, need, limit),
    )


def _message(hardware: Hardware, need: _Need, limit: int, before: int | None) -> str:
    largest = hardware.largest
    several = f"all {len(hardware.devices)} GPUs together have"
    name = largest.name if largest else ""
    who = several if limit == hardware.memory and len(hardware.devices) > 1 else f"{name} has"
    if before is not None:
        why = f"its source needs {_gb(before)}"
    else:
        why = f"in 16 bit it would need {_gb(need.narrow)}"
    used = sum(hardware.used.values())
    taken = f" ({_gb(used)} of the GPU memory is in use now)" if used > limit // 20 else ""
    return (
        f"the model needs {_gb(need.loaded)} or more, and {who} {_gb(limit)}{taken}; {why}, "
        "which fits"
    )


def _affects(need: _Need, limit: int) -> tuple[Runtime, ...]:
    return (*TRANSFORMERS, *ENGINES) if need.narrow > limit else TRANSFORMERS


def _evidence(merged: Merged, need: _Need, limit: int) -> tuple[Evidence, ...]:
    memory = merged.memory
    file = merged.checkpoint.weights.files[0]
    return (
        NumberEvidence(f"weights in {memory.dtype}", memory.weights / 1e9, "GB"),
        NumberEvidence(
            f"key-value cache of {TOKENS:,} tokens", (need.loaded - memory.weights) / 1e9, "GB"
        ),
        NumberEvidence("GPU memory", limit / 1e9, "GB"),
        ValueEvidence(file, (), f"{main_dtype(merged.checkpoint) or 'mixed types'}"),
    )


def _fix(merged: Merged, need: _Need, limit: int) -> Fix:
    if need.narrow > limit:
        return Fix("Make it fit the GPU", Applicability.MANUAL, reason=BY_HAND)
    saved = main_dtype(merged.checkpoint)
    narrow = saved if saved in SIXTEEN_BIT else "bfloat16"
    edits = state_dtype(merged.checkpoint, narrow)
    return Fix(f"Load the weights in {narrow}", Applicability.UNSAFE, edits, ROUNDING)


def _need(reading: Reading) -> _Need:
    memory = reading.memory
    loaded = memory.weights + memory.kv_bytes(TOKENS)
    narrow = weights_size(reading.checkpoint, SIXTEEN_BIT[0]) + _narrow_cache(memory)
    return _Need(loaded, min(loaded, narrow))


def _narrow_cache(memory: Memory) -> int:
    return memory.kv_bytes(TOKENS) * NARROW_WIDTH // WIDTHS[memory.dtype]


def _gb(size: int) -> str:
    return f"{size / 1e9:.3g} GB"


RULE = Rule(
    id="cpu-offload-or-meta",
    title="Too large for the GPU",
    check=check,
    since="0.1.0",
    slows=True,
)
