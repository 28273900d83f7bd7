"""Each step of generation ran over the whole text again.

## What it does
Reads, from a live run of the checkpoint as shipped, how many tokens went into each step: P, 1, 1
with the cache and P, P+1, P+2 without. No timing is needed to tell the two apart.

## Why it is slow
Without the cache the time for a token grows with its position. Where a trial with the cache
forced on ran beside it, the finding carries the measured factor.

## Affects
The version of transformers that the run was made with.

## Fix
None of its own: gen-use-cache-false names the file and the edit.

## Fix safety
Not applicable.

## References
- https://huggingface.co/docs/transformers/kv_cache
"""

from collections.abc import Iterator

from slowlens.facts.live.comparison import compared, seen_slower, verdict_of
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.facts.live.verdict import Outcome
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided

MORE = "A longer text, or more rounds, shows the price"


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield one finding when merged as shipped recomputed its steps."""
    proofs = measurement.find(Subject.MERGED, Cache.AS_SHIPPED, Purpose.PROOF)
    if not proofs or not (proofs[0].recomputes or proofs[0].cached):
        raise Undecided("the live run did not count its first steps")
    if proofs[0].cached:
        return
    lengths = ", ".join(str(n) for n in proofs[0].input_lengths)
    evidence = tuple(
        NumberEvidence(f"input of step {i + 1}", n, "tokens")
        for i, n in enumerate(proofs[0].input_lengths)
    )
    yield Finding(
        message=f"no key-value cache: as shipped, its first steps processed {lengths} tokens",
        severity=Severity.ERROR,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=evidence,
        cost=_cost(measurement),
    )


def _cost(measurement: Measurement) -> str:
    shipped = speed_of(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    cached = speed_of(measurement, Subject.MERGED, Cache.ON)
    if shipped is None or cached is None:
        return ""
    told = verdict_of(shipped, cached).outcome is Outcome.FAIL or seen_slower(shipped, cached)
    if told or measurement.status is Status.STOPPED:
        return compared(shipped, cached)
    return f"{compared(shipped, cached)}. {MORE}"


RULE = Rule(
    id="recomputed-steps",
    title="Steps recomputed, measured",
    check=check,
    since="0.1.0",
    slows=True,
    proves=("gen-use-cache-false",),
)
