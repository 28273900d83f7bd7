"""Merged really runs in another dtype, or with another attention, than its source.

## What it does
Compares what both checkpoints were loaded with in a live run: the dtype of the parameters, and the
attention implementation that the text layers use. That is what counts in the end, whichever files,
defaults and installed packages led to it. Where both were timed with the cache in use, the finding
says what the difference costs; it is a warning where merged is slower, or has more than 10 % more
bytes of weights to read for each token, and a note where it is not.

Both were loaded alike: what the plan names (`--dtype`, `--attn-implementation`) holds for both, and
otherwise each gets what its own files ask for.

## Why it is slow
Twice as many bits are twice as many bytes to read for each token, which is what bounds decoding,
and float32 leaves the fast matrix units of a GPU idle. Eager attention writes the whole matrix of
scores to memory; that costs the prefill of a long prompt most, which the time per token does not
show, so the time to the first token stands beside it.

## Affects
The version of transformers that the run was made with. Files mean other things to other versions:
fp32-saved-or-loaded and eager-attention-forced tell them apart.

## Fix
None of its own: fp32-saved-or-loaded, merge-dtype-drift, dtype-keys-conflict and
eager-attention-forced name the file and the edit. Where the files agree, the packages of this
machine decide: FlashAttention can only be used where it is installed.

## Fix safety
Not applicable.

## References
- https://github.com/huggingface/transformers/issues/34743
- https://github.com/axolotl-ai-cloud/axolotl/issues/1510
- https://github.com/huggingface/transformers/issues/38866
- https://huggingface.co/docs/transformers/attention_interface
"""

from collections.abc import Iterator

from slowlens.facts.live.cached_decoding import cached_speed
from slowlens.facts.live.comparison import compared, verdict_of
from slowlens.facts.live.measurement import LoadedModel, Measurement
from slowlens.facts.live.trial import Subject
from slowlens.facts.live.verdict import Outcome
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided
from slowlens.frozen import replace

MORE = 1.10
"""Times as many bytes to read."""
DTYPE = ("fp32-saved-or-loaded", "merge-dtype-drift", "dtype-keys-conflict")
ATTENTION = ("eager-attention-forced",)
"""Rules that name the setting behind another dtype, and behind another attention."""


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield a finding for another dtype and one for another attention."""
    merged, source = (measurement.model(s) for s in (Subject.MERGED, Subject.SOURCE))
    if merged is None or source is None:
        raise Undecided("merged and source were not both loaded")
    if merged.dtype != source.dtype:
        said = f"merged runs in {merged.dtype}, its source in {source.dtype}"
        yield replace(_finding(measurement, said, merged, source), proves=DTYPE)
    known = merged.attention and source.attention
    if known and merged.attention != source.attention:
        said = f"merged runs {merged.attention} attention, its source {source.attention}"
        yield replace(_finding(measurement, said, merged, source), proves=ATTENTION)


def _finding(
    measurement: Measurement, message: str, merged: LoadedModel, source: LoadedModel
) -> Finding:
    ours, theirs = (cached_speed(measurement, s) for s in (Subject.MERGED, Subject.SOURCE))
    slower, cost = False, ""
    evidence: tuple[NumberEvidence, ...] = ()
    if ours is not None and theirs is not None:
        slower, cost = verdict_of(ours, theirs).outcome is Outcome.FAIL, compared(ours, theirs)
        evidence = (
            NumberEvidence("time to first token of merged", 1000 * ours.ttft, "ms"),
            NumberEvidence("time to first token of the source", 1000 * theirs.ttft, "ms"),
        )
    wider = 0 < MORE * source.weights_read < merged.weights_read
    return Finding(
        message=message,
        severity=Severity.WARNING if slower or wider else Severity.NOTE,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=evidence,
        cost=cost,
    )


RULE = Rule(
    id="runtime-precision-differs",
    title="Other dtype or attention at run time, measured",
    check=check,
    since="0.1.0",
    slows=True,
    proves=(*DTYPE, *ATTENTION),
)
