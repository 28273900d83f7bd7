"""Part of the weights is not on the GPU that does the work.

## What it does
Adds up, once the model was loaded for a live run on a GPU, where its weights are: `cuda:0`, `cpu`,
`disk`. What is not on a GPU is reported with its share. The price is the time per token beside the
source's, where the source keeps more of its weights on the GPU; else the time that copying them
takes at the speed that was measured between host and device.

A run on a CPU is silent: there the CPU is where weights belong. Weights that are spread over
several GPUs are silent too. A source with as large a share off the GPU makes it a note: then it is
the machine that is small, not merged that grew.

## Why it is slow
Weights elsewhere are copied to the GPU in every step, module by module, and the GPU waits. The bus
is 20 to 100 times slower than the GPU's own memory, the disk slower still: a model of 13.5 GB took
6.6 ms a token on an H100, 954 ms with half of its layers on the CPU, and 1,644 ms with all.
Transformers says so once, in a warning about parameters "on the meta device".

## Affects
Whoever loads with `device_map="auto"` on a machine like this one. Engines that serve refuse to
start instead.

## Fix
None of its own: cpu-offload-or-meta predicts it from the files and has the edit where 16 bit would
fit. Otherwise free the GPU, raise `max_memory`, use more GPUs or a quantized model. With
`device_map={"": 0}` loading fails at once instead of being slow.

## Fix safety
Not applicable.

## References
- https://github.com/hiyouga/LLaMA-Factory/issues/4809
- https://github.com/hiyouga/LLaMA-Factory/issues/4697
- https://huggingface.co/docs/accelerate/concept_guides/big_model_inference
"""

from collections.abc import Iterator

from slowlens.facts.live.cached_decoding import cached_speed
from slowlens.facts.live.comparison import compared
from slowlens.facts.live.measurement import LoadedModel, Measurement
from slowlens.facts.live.placement import off_gpu, share_off_gpu
from slowlens.facts.live.seconds import milliseconds, rounded
from slowlens.facts.live.trial import Subject
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield one finding when merged ran on a GPU with weights elsewhere."""
    merged = measurement.model(Subject.MERGED)
    if merged is None or not merged.placed:
        raise Undecided("the live run did not tell where the weights are")
    elsewhere, share = off_gpu(merged), share_off_gpu(merged)
    if not elsewhere:
        return
    source = measurement.model(Subject.SOURCE)
    alike = source is not None and share_off_gpu(source) >= share
    away, total = sum(elsewhere.values()), sum(merged.placed.values())
    places = " and ".join(f"{_gb(size)} on the {place}" for place, size in elsewhere.items())
    also = ", as in its source" if alike else ""
    yield Finding(
        message=f"{100 * share:.0f} % of the weights are not on the GPU: {places}{also}",
        severity=Severity.NOTE if alike else Severity.ERROR,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=(
            NumberEvidence("weights off the GPU", away / 1e9, "GB"),
            NumberEvidence("all weights", total / 1e9, "GB"),
        ),
        cost=_cost(measurement, away, None if alike else source),
    )


def _cost(measurement: Measurement, away: int, source: LoadedModel | None) -> str:
    ours = cached_speed(measurement, Subject.MERGED)
    theirs = None if source is None else cached_speed(measurement, Subject.SOURCE)
    if ours is not None and theirs is not None:
        return compared(ours, theirs)
    bus = measurement.peaks.host_to_device if measurement.peaks else None
    if not bus:
        return ""
    measured = f" of {milliseconds(ours.tpot)}" if ours else ""
    return (
        f"to copy {_gb(away)} takes {milliseconds(away / bus)}{measured} a token, at "
        f"{_gb(bus)}/s from pinned memory"
    )


def _gb(size: float) -> str:
    return f"{rounded(size / 1e9)} GB"


RULE = Rule(
    id="layers-off-gpu",
    title="Weights off the GPU, measured",
    check=check,
    since="0.1.0",
    slows=True,
    proves=("cpu-offload-or-meta",),
)
