"""Merged makes less of the memory's bandwidth than its source, with as many bytes to read.

## What it does
To write one token a model reads its weights and its cache once. Those bytes over the time per
token, over the bandwidth that was measured on the device right before, is the model bandwidth
utilization (MBU). It is compared on the same device and in the same run, with the cache in use on
both sides. Reported when merged reads as many bytes of weights as the source, within 10 %, and the
verdict on the times per token says that it is slower: a 90 % interval of the runs' ratio wholly
above 1.1, and above the noise of equal work.

Silent where the run already tells the cause: weights that are not on the GPU (layers-off-gpu), or
another dtype or attention (runtime-precision-differs). Of a side that recomputes as shipped
(recomputed-steps) the trials with the cache forced on are taken. Without a source, or where the
bandwidth was not measured, nothing is decided.

## Why it is slow
The bytes are the same, so the time goes elsewhere. What to look at, in this order:

- *compilation*: the source ships `cache_implementation: static`, which transformers compiles on a
  GPU, and merged lost it. The launches of thousands of small kernels then bound each token;
- *code*: hooks that a trainer left on modules, adapters that were not merged, code of its own
  (`auto_map`) instead of the class in transformers;
- *conversions*: a leftover `quantization_config` that unpacks weights in every step, parts of the
  model in another dtype that are cast back and forth;
- *generation settings* that walk over the text or the vocabulary for each token, such as
  `repetition_penalty` or `no_repeat_ngram_size`;
- *experts*: another `experts_implementation`.

A good stack reaches 60 to 85 %, eager `generate()` on a GPU much less, since it is bound by
launches; so it is the difference that counts here, not the level.

## Affects
The version of transformers that the run was made with.

## Fix
None of its own. The waterfall of the live run shows which part of the token grew; the rules about
files name keys that differ.

## Fix safety
Not applicable.

## References
- https://github.com/huggingface/transformers/issues/43089
- https://github.com/huggingface/transformers/issues/34923
- https://github.com/ml-explore/mlx-lm/issues/931
- https://www.databricks.com/blog/llm-inference-performance-engineering-best-practices
"""

from collections.abc import Iterator

from slowlens.facts.live.cached_decoding import cached_speed
from slowlens.facts.live.comparison import compared, verdict_of
from slowlens.facts.live.explanation import waterfall
from slowlens.facts.live.measurement import LoadedModel, Measurement
from slowlens.facts.live.placement import share_off_gpu
from slowlens.facts.live.speed import Speed
from slowlens.facts.live.trial import Subject
from slowlens.facts.live.verdict import Outcome, percent
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided

ALIKE = 0.10
"""By which the bytes of weights may differ."""


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield one finding when merged is slower than its source with as much to read."""
    merged, source = (measurement.model(s) for s in (Subject.MERGED, Subject.SOURCE))
    if merged is None or source is None:
        raise Undecided("merged and source were not both loaded")
    if not merged.weights_read or not source.weights_read:
        raise Undecided("the bytes that a token reads were not counted")
    if _explained(merged, source):
        return
    ours, theirs = (cached_speed(measurement, model.subject) for model in (merged, source))
    if ours is None or theirs is None:
        raise Undecided("merged and source were not both timed on their newest token alone")
    used, usual = _mbu(measurement, ours), _mbu(measurement, theirs)
    verdict = verdict_of(ours, theirs)
    if verdict.outcome is Outcome.INCONCLUSIVE:
        raise Undecided(verdict.why)
    if verdict.outcome is Outcome.FAIL:
        yield _finding(measurement, ours, theirs, (used, usual))


def _explained(merged: LoadedModel, source: LoadedModel) -> bool:
    """Whether more to read, or something that another rule reports, explains any difference."""
    apart = abs(merged.weights_read - source.weights_read) > ALIKE * source.weights_read
    loaded = (merged.dtype, merged.attention) != (source.dtype, source.attention)
    return apart or loaded or share_off_gpu(merged) > share_off_gpu(source)


def _mbu(measurement: Measurement, speed: Speed) -> float:
    explained = waterfall(measurement, speed.subject, speed.cache)
    if explained is None or explained.mbu is None:
        raise Undecided("the bandwidth of the device was not measured")
    return explained.mbu


def _finding(
    measurement: Measurement, merged: Speed, source: Speed, mbu: tuple[float, float]
) -> Finding:
    used, usual = mbu
    return Finding(
        message=(
            f"merged makes use of {percent(used)} of the memory bandwidth, its source of "
            f"{percent(usual)}, with as many bytes to read: something besides reading takes the "
            "time"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=(
            NumberEvidence("model bandwidth utilization of merged", 100 * used, "%"),
            NumberEvidence("model bandwidth utilization of the source", 100 * usual, "%"),
        ),
        cost=compared(merged, source),
    )


RULE = Rule(
    id="mbu-below-source",
    title="Memory bandwidth used less than by the source, measured",
    check=check,
    since="0.1.0",
)
