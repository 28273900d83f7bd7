"""The picture became another number of tokens than in the source.

## What it does
Shows the same picture to both checkpoints in a live run, each through the processor files that it
has, and counts the tokens of the prompt that stand for it. It reports a difference of more than a
tenth, in either direction.

It says nothing about a prompt without a picture, about a run without a source, nor about other
pictures: a budget shows only on those that are larger than the smaller budget, or smaller than the
larger minimum. vlm-pixel-budget-changed works out all sizes from the files.

## Why it is slow
Every token of a picture goes through the whole model before the first token of the answer, and
stays in the key-value cache: with twice the image tokens the prefill takes about twice as long, and
the picture takes twice the memory. Where the cache is off, each step pays for all of them again.
Fewer tokens are faster, but small print and coordinates suffer.

## Affects
The version of transformers that the run was made with: versions read the budget from different
keys, so another version may well count the same.

## Fix
None of its own: vlm-pixel-budget-changed names the key (`max_pixels`, `min_pixels` or `size`) and
writes the source's budget, processor-config-split the file where two of them disagree.

## Fix safety
Not applicable.

## References
- https://github.com/huggingface/transformers/issues/41955
- https://github.com/modelscope/ms-swift/issues/3721
- https://huggingface.co/docs/transformers/model_doc/qwen2_vl
"""

from collections.abc import Iterator

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Purpose, Subject
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided

TOLERANCE = 0.1
"""Share of the source's image tokens by which the count may differ."""
WITH_THE_PROMPT = (Purpose.PROOF, Purpose.LENGTH)
"""Trials whose prompt is what was asked for, neither cut nor repeated."""


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield one finding when the counts differ by more than a tenth."""
    ours, theirs = (_image_tokens(measurement, s) for s in (Subject.MERGED, Subject.SOURCE))
    if not ours and not theirs:
        raise Undecided("no picture was shown in the live run")
    if abs(ours - theirs) > TOLERANCE * theirs:
        yield _finding(measurement, ours, theirs)


def _image_tokens(measurement: Measurement, subject: Subject) -> int:
    for generation in measurement.generations:
        if generation.trial.subject == subject and generation.trial.purpose in WITH_THE_PROMPT:
            return generation.image_tokens
    raise Undecided(f"{subject} was not shown the prompt in the live run")


def _finding(measurement: Measurement, ours: int, theirs: int) -> Finding:
    return Finding(
        message=(
            f"the same picture became {ours} tokens, and {theirs} in the source: "
            "vlm-pixel-budget-changed names the key, if a file is to blame"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=(
            NumberEvidence("picture in merged", ours, "tokens"),
            NumberEvidence("picture in source", theirs, "tokens"),
        ),
        cost=_cost(ours, theirs),
    )


def _cost(ours: int, theirs: int) -> str:
    if ours < theirs:
        return f"{theirs - ours} fewer tokens before each answer: faster, but with less detail"
    times = f"{ours / theirs:.1f} times the" if theirs else f"{ours} more"
    return f"{times} image tokens: the prefill and the key-value cache grow with them"


RULE = Rule(
    id="more-image-tokens",
    title="Picture of another number of tokens, measured",
    check=check,
    since="0.1.0",
    proves=("vlm-pixel-budget-changed", "processor-config-split"),
)
