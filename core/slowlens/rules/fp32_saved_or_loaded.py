"""The weights were saved, or are loaded, in float32.

## What it does
Adds up the bytes of each dtype in the safetensors headers, and resolves the dtype that a load
without arguments ends up with (``dtype``, then ``torch_dtype`` of config.json, then the first
tensor). It reports three things:

- more than half of the bytes are float32, the model is loaded so, and the source is 16 bit. A
  model was merged after ``.float()``, trained with float32 master weights that were saved as they
  were, or loaded by transformers 4 without a dtype, which always means float32, and saved again;
- the files are float32 and config.json says 16 bit: twice the disk and the download, but only
  loading takes longer;
- the files are 16 bit and config.json says float32: transformers 5 widens them as it loads.

Without a source, float32 weights are reported from a billion parameters on, as a suspicion: small
models were often published that way.

It stays silent where less than half of the bytes are float32. Norms, routers, the ``A_log`` and
``dt_bias`` of state-space models and the modules that transformers keeps in float32 (``wo`` of T5)
are so on purpose. It stays silent for quantized checkpoints, for a model whose source is float32
too, and about transformers 4 without a dtype argument, which loads every checkpoint in float32:
compare two models with the same explicit dtype, or you compare loaders.

## Why it is slow
To write one token a GPU reads every weight once, and reading is what it waits for. Twice the bytes
take about twice the time: 21.4 ms a token in place of 11.7 for a model of 13 billion parameters and
one sequence on an H100 (transformers 5.17). They also take twice the memory, so that a model that
fitted no longer does and is moved to the CPU in part (see cpu-offload-or-meta). flash-attention
does not run in float32 at all. On a CPU without 16-bit units float32 can be the faster one: dtype
is not to be judged there.

## Affects
transformers 5, and transformers 4 from 4.56 on where it is given ``dtype="auto"``. vLLM and SGLang
turn float32 into 16 bit as they load; they pay with disk and loading time alone.

## Fix
Writes the 16-bit type into ``dtype`` and ``torch_dtype`` of config.json, so that the weights are
narrowed as they are loaded. To get the disk back too, save the checkpoint once more in that type;
the finding shows the lines.

## Fix safety
Not safe in the strict sense: numbers are rounded to 16 bit, as they were in the source, and a
close call between two tokens can fall the other way. Where float32 files came from 16-bit weights
the rounding is exact, and only the arithmetic changes. float16 is not offered for a model that was
bfloat16: large values overflow in it.

## References
- https://github.com/huggingface/peft/issues/890
- https://github.com/axolotl-ai-cloud/axolotl/issues/904
- https://github.com/qiancheng0/ToolRL/issues/34
- https://huggingface.co/docs/transformers/main_classes/model
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.reading import Merged, Reading, Source
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.facts.weights.dtypes import (
    KEYS,
    SIXTEEN_BIT,
    automatic_dtype,
    dtype_sizes,
    is_quantized,
    main_dtype,
)
from slowlens.findings import (
    Applicability,
    Confidence,
    Evidence,
    Finding,
    Fix,
    Rule,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.fixes import save_again, state_dtype
from slowlens.jsonvalue import ABSENT

WIDE = "float32"
LARGE = 1_000_000_000
"""Parameters from which on hardly a model was published in float32."""
COST = (
    "2 times the GPU memory, and up to 2 times the time per token where a GPU waits for the "
    "weights: 1.8 times with 13B parameters and one sequence on an H100; not to be judged on a CPU"
)
DISK = (
    "2 times the disk and the download; loading took up to 3 times as long in a test with 135M "
    "parameters on a CPU; a token takes the same time"
)
ROUNDING = (
    "Numbers are computed in 16 bit, as the weights of the source are: a close call between two "
    "tokens can fall the other way."
)


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding where float32 was saved or is loaded without need."""
    if is_quantized(merged.checkpoint):
        return
    if not merged.checkpoint.weights.tensors:
        raise Undecided("no safetensors headers to read")
    saved, loaded = main_dtype(merged.checkpoint), automatic_dtype(merged.checkpoint).value
    before = "" if source is None else main_dtype(source.checkpoint)
    if saved in SIXTEEN_BIT and loaded == WIDE:
        yield _widened(merged, source, saved)
    elif saved == WIDE and loaded in SIXTEEN_BIT and before != WIDE:
        yield _on_disk(merged, str(loaded))
    elif saved == WIDE == loaded and before in SIXTEEN_BIT:
        yield _saved(merged, before, Confidence.READ, f", and its source is {before}")
    elif saved == WIDE == loaded and source is None and _is_large(merged):
        why = ": models of this size are published in 16 bit"
        yield _saved(merged, "bfloat16", Confidence.SUSPECTED, why)


def _is_large(merged: Merged) -> bool:
    return merged.checkpoint.weights.parameters >= LARGE


def _widened(merged: Merged, source: Source | None, saved: str) -> Finding:
    decided_by = automatic_dtype(merged.checkpoint).decided_by
    inherited = source is not None and _is_widened(source)
    same = ", as its source is" if inherited else ""
    return Finding(
        message=f"{decided_by} makes transformers load {saved} weights in {WIDE}{same}",
        severity=Severity.NOTE if inherited else Severity.WARNING,
        confidence=Confidence.READ,
        affects=TRANSFORMERS,
        evidence=_evidence(merged),
        cost=COST,
        fix=Fix(
            f"Load the weights in {saved}",
            Applicability.UNSAFE,
            state_dtype(merged.checkpoint, saved),
            ROUNDING,
        ),
    )


def _is_widened(reading: Reading) -> bool:
    narrow = main_dtype(reading.checkpoint) in SIXTEEN_BIT
    return narrow and automatic_dtype(reading.checkpoint).value == WIDE


def _on_disk(merged: Merged, loaded: str) -> Finding:
    return Finding(
        message=f"{_share(merged)} is {WIDE} on disk, and config.json loads it in {loaded}",
        severity=Severity.NOTE,
        confidence=Confidence.READ,
        affects=(*TRANSFORMERS, *ENGINES),
        evidence=_evidence(merged),
        cost=DISK,
        fix=Fix(
            f"Save the checkpoint in {loaded}",
            Applicability.MANUAL,
            reason=save_again(merged.checkpoint, loaded),
        ),
    )


def _saved(merged: Merged, narrow: str, confidence: Confidence, because: str) -> Finding:
    lines = save_again(merged.checkpoint, narrow)
    return Finding(
        message=f"{_share(merged)} is saved and loaded in {WIDE}{because}",
        severity=Severity.WARNING,
        confidence=confidence,
        affects=TRANSFORMERS,
        evidence=_evidence(merged),
        cost=COST,
        fix=Fix(
            f"Load the weights in {narrow}",
            Applicability.UNSAFE,
            state_dtype(merged.checkpoint, narrow),
            f"{ROUNDING} The files stay as large as they are, until they are saved again: {lines}",
        ),
    )


def _share(merged: Merged) -> str:
    wide, total = dtype_sizes(merged.checkpoint)[WIDE], merged.checkpoint.weights.size
    return f"{100 * wide / total:.0f} % of the weights ({wide / 1e9:.3g} GB)"


def _evidence(merged: Merged) -> tuple[Evidence, ...]:
    keys = ((key, merged.checkpoint.get(CONFIG, key)) for key in KEYS)
    stated = (ValueEvidence(CONFIG, (key,), found) for key, found in keys if found is not ABSENT)
    files = (ValueEvidence(file, (), WIDE) for file in _wide_files(merged)[:1])
    return (*stated, *files)


def _wide_files(merged: Merged) -> list[str]:
    return sorted({t.file for t in merged.checkpoint.weights.tensors if t.dtype == "F32"})


RULE = Rule(
    id="fp32-saved-or-loaded",
    title="Saved or loaded in float32",
    check=check,
    since="0.1.0",
    slows=True,
)
