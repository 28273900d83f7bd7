"""Each new length of the text builds a plan for its attention.

## What it does
Times a few steps of a live run on a GPU twice at the same lengths, in a thread that has seen none
before: what the first pass takes longer is the building of plans. Where that is more than a
quarter of a token's time it is reported, with what a step takes at new lengths while torch is kept
from using cuDNN for attention. Timed trials run in new threads for this reason, so that none
profits from the plans of another. A compiled step with a static cache has one length for ever and
builds none.

## Why it is slow
On some GPUs torch hands attention to cuDNN, which builds an execution plan for each combination of
lengths, heads and layout, and keeps it for the thread. While it writes, ``generate()`` meets a new
length at every token, with the cache and without, so every token of a first answer builds a plan,
on the host, while the GPU waits. An answer of the same length in the same thread finds them built:
the second run of a benchmark looks fine, and nobody can say why the first was slow. On an H100 with
torch 2.11 a 1.5B model took 76 to 111 ms a token at new lengths, 20 to 33 ms at lengths that it had
seen, and 33 ms at new lengths without cuDNN attention. No file of the checkpoint decides this, and
a merge is not to blame.

## Affects
The version of transformers that the run was made with, on this GPU and with this version of torch.
vLLM and SGLang bring attention kernels of their own.

## Fix
Set ``TORCH_CUDNN_SDPA_DEPRIORITIZED=1`` in the environment before Python starts, or call
``torch.backends.cuda.enable_cudnn_sdp(False)`` before the first answer. A static cache, see
launch-bound, or ``attn_implementation="flash_attention_2"`` avoid it as well.

## Fix safety
It is no edit of a checkpoint. Another kernel rounds otherwise: tokens stay the same, up to
rounding.

## References
- https://github.com/pytorch/pytorch/pull/155958
- https://github.com/modelscope/FunASR/issues/3704
- https://github.com/meta-pytorch/torchtune/issues/1652
- https://docs.pytorch.org/docs/stable/backends.html
"""

from collections.abc import Iterator

from slowlens.facts.live.device import Profile
from slowlens.facts.live.explanation import planning
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.trial import Subject
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Fix,
    NumberEvidence,
    Rule,
    Severity,
    Undecided,
)

LEAST = 0.25
"""Share of a step at a new length from which planning is reported."""
CURE = 0.8
"""What is left of the time of such a step without plans, at most, for that to be the cure."""
BY_HAND = (
    "Set TORCH_CUDNN_SDPA_DEPRIORITIZED=1 in the environment before Python starts, or call "
    "torch.backends.cuda.enable_cudnn_sdp(False) before the first answer."
)


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield one finding where a new length costs much more than one that was seen before."""
    twice = [
        (p.fresh, p.again, p)
        for p in measurement.profiles
        if p.subject == Subject.MERGED and p.fresh and p.again
    ]
    if not twice:
        raise Undecided("needs a GPU: no step was timed at a new length and once more")
    fresh, again, worst = max(twice, key=lambda one: one[0] / one[1])
    if planning(worst) <= LEAST * fresh:
        return
    yield Finding(
        message=(
            f"attention plans: a token takes {milliseconds(fresh)} where the length of the text is "
            f"new, and {milliseconds(again)} where it was seen before"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=(
            NumberEvidence("a step at a new length", 1000 * fresh, "ms"),
            NumberEvidence("the same step again", 1000 * again, "ms"),
        ),
        cost=_cost(fresh / again, worst),
        fix=_fix(fresh, worst.without_plans),
    )


def _cost(factor: float, profile: Profile) -> str:
    other = profile.without_plans
    times = f"{factor:.1f} times as long per token, cache {profile.cache}"
    if other is None:
        return times
    without = (
        f"{milliseconds(other)} at new lengths while torch was kept from using cuDNN attention"
    )
    return f"{times}; {without}"


def _fix(fresh: float, other: float | None) -> Fix | None:
    """Offer what was seen to help."""
    if other is None or other > CURE * fresh:
        return None
    return Fix("Keep attention away from cuDNN", Applicability.MANUAL, reason=BY_HAND)


RULE = Rule(
    id="attention-plans",
    title="A plan for each length, measured",
    check=check,
    since="0.1.0",
)
