"""The answer ran to the token limit.

## What it does
Compares live runs that were free to stop: merged went on to the limit where its source ended
its answer by itself. Without an answer of a source it reports the limit as a suspicion. Nothing is
decided where the plan leaves answers out (`answer_tokens` 0), nor for a made-up model, which knows
no end.

## Why it is slow
The time for a token is the same, but there are more of them: every answer takes as long as the
limit allows.

## Affects
The version of transformers that the run was made with.

## Fix
None of its own: eos-lost-or-wrong names the file and the edit where a file is to blame. A model
that never learned to write its end token cannot be mended by a file.

## Fix safety
Not applicable.

## References
- https://github.com/huggingface/open-r1/issues/663
- https://github.com/hiyouga/LLaMA-Factory/issues/1922
"""

from collections.abc import Iterator

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import answer_of
from slowlens.facts.live.trial import Finish, Subject
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided

NO_ANSWER = "did not come to an answer"


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield one finding when merged did not stop by itself."""
    if measurement.plan.random_weights:
        raise Undecided("a made-up model knows no end")
    merged = answer_of(measurement, Subject.MERGED)
    source = answer_of(measurement, Subject.SOURCE)
    if merged is None:
        left_out = not measurement.plan.answer_tokens
        raise Undecided(f"the live run {'left answers out' if left_out else NO_ANSWER}")
    if merged.finish is not Finish.LENGTH:
        return
    if source is not None and source.finish is Finish.LENGTH:
        raise Undecided("merged and source both ran to the limit; allow more answer tokens")
    ran, known = len(merged.steps), source is not None
    against = f"; the source stopped after {len(source.steps)}" if source is not None else ""
    yield Finding(
        message=f"the answer ran to the limit of {ran} tokens{against}",
        severity=Severity.ERROR if known else Severity.NOTE,
        confidence=Confidence.MEASURED if known else Confidence.SUSPECTED,
        affects=(measurement.runtime,),
        evidence=(NumberEvidence("answer", ran, "tokens"),),
        cost=f"at least {ran / len(source.steps):.1f} times as many tokens" if source else "",
    )


RULE = Rule(
    id="endless-answer",
    title="Answer without end, measured",
    check=check,
    since="0.1.0",
    proves=("eos-lost-or-wrong",),
)
