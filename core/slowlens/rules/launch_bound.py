"""The GPU waits for the host most of the time.

## What it does
Reads, from a live run on a GPU, where the time of a token goes with the cache on: the profiler
tells how long the GPU works in a step, CUDA events how long the forward pass lasts. It reports
that more than half of a token's time is the GPU waiting for the host to launch its next kernel.
Where that was seen at the start of the run, a static cache was measured beside it, and the finding
carries the factor and what the first answer pays for it.

A model without a cache is told of the recomputation first, see recomputed-steps: launching may be
what bounds it next. A run on a CPU launches nothing and is not judged.

## Why it is slow
``generate()`` runs Python for every layer of every token, and Python launches one to three
thousand small kernels. A fast GPU finishes each before the next one comes: a model shaped like
Qwen2.5-7B works 8 ms of a token on an H100, and took 39 to 42 ms with the host of that machine
(transformers 5.17), plans of its attention not counted. The size of the model then hardly matters,
and a slow host looks like a slow model. Source and merged are hit alike, so a merge is not to
blame; the answer is slow all the same.

## Affects
The version of transformers that the run was made with. vLLM and SGLang replay recorded graphs
of kernels and do not wait for Python.

## Fix
Writes ``cache_implementation: "static"`` into generation_config.json: a cache of a fixed size, for
which transformers compiles the decode step into one recorded graph. Offered where the class of
the model supports it.

The price: the first answer, and the first one of each longer total length, waits for the compiler
(half a minute for a 1.5B model on an H100), and the cache takes the memory of the whole length from
the start. It pays for a server or a batch of answers, and not for a script that asks one question.

## Fix safety
Safe: the tokens stay the same, up to rounding.

## References
- https://huggingface.co/docs/transformers/llm_optims
- https://github.com/huggingface/transformers/issues/34923
- https://pytorch.org/blog/accelerating-generative-ai-2/
"""

from collections.abc import Iterator

from slowlens.facts.live.comparison import seen_slower, verdict_of
from slowlens.facts.live.explanation import waterfall
from slowlens.facts.live.first_call import static_first_call
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.seconds import duration, milliseconds
from slowlens.facts.live.speed import Speed, Work, speed_of, work_of
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.facts.live.verdict import Outcome, times
from slowlens.facts.live.waterfall import Share, Waterfall
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Confidence, Finding, Fix, NumberEvidence, Rule, Severity, Undecided
from slowlens.fixes import static_cache

WAITING = 0.5
"""Share of a token's time from which the waiting is what bounds it; plans of its attention, which
another rule tells of, not counted."""


def check(measurement: Measurement, merged: Merged) -> Iterator[Finding]:
    """Yield one finding where the GPU waits longer than it works, with the cache on."""
    explained = _cached(measurement)
    if explained is None:
        raise Undecided("no trial with the cache on was timed to its end")
    if explained.kernels is None:
        raise Undecided("needs a GPU: nothing is launched on a CPU")
    waiting, planned = explained.seconds(Share.LAUNCH), explained.seconds(Share.PLANS)
    if waiting <= WAITING * (explained.tpot - planned):
        return
    pair = _with_static(measurement, explained.cache)
    runtime = measurement.runtime
    worth = pair is None or verdict_of(*pair).outcome is Outcome.FAIL
    yield Finding(
        message=(
            f"launch-bound: of {milliseconds(explained.tpot)} a token the GPU waits "
            f"{milliseconds(waiting)} for the host to launch {explained.kernels:,.0f} kernels"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.MEASURED,
        affects=(runtime,),
        evidence=(
            NumberEvidence("time per token, cached", 1000 * explained.tpot, "ms"),
            NumberEvidence("GPU at work", 1000 * _working(explained), "ms"),
            NumberEvidence("kernels per token", explained.kernels, "kernels"),
        ),
        cost=_cost(measurement, waiting / explained.tpot, pair),
        fix=_fix(measurement, merged, runtime) if worth else None,
    )


def _cached(measurement: Measurement) -> Waterfall | None:
    """Return the waterfall of merged with its cache on, by choice or as shipped."""
    forced = waterfall(measurement, Subject.MERGED, Cache.ON)
    proofs = measurement.find(Subject.MERGED, Cache.AS_SHIPPED, Purpose.PROOF)
    if forced is None and any(work_of(proof) is Work.NEWEST for proof in proofs):
        return waterfall(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    return forced


def _working(explained: Waterfall) -> float:
    return explained.seconds(Share.FLOOR) + explained.seconds(Share.BUSY)


def _with_static(measurement: Measurement, cache: Cache) -> tuple[Speed, Speed] | None:
    """Return the speed with the usual cache and with a static one, where both were timed."""
    plain = speed_of(measurement, Subject.MERGED, cache)
    compiled = speed_of(measurement, Subject.MERGED, Cache.STATIC)
    return (plain, compiled) if plain and compiled else None


def _cost(measurement: Measurement, share: float, pair: tuple[Speed, Speed] | None) -> str:
    if pair is None:
        untold = "what a static cache gives back was not measured beside it"
        return f"{100 * share:.0f} % of the time per token; {untold}"
    per_token = " against ".join(milliseconds(each.tpot) for each in pair)
    figures = f"{per_token} per token, {_price(measurement)}"
    gain = verdict_of(*pair)
    factor = f"{times(gain.ratio or 0)} times as long as with a static cache"
    if gain.outcome is Outcome.FAIL:
        return f"{factor}: {figures}"
    if seen_slower(*pair):
        return f"{factor}: {figures}; {gain.why}"
    return f"a static cache was not clearly faster: {figures}"


def _price(measurement: Measurement) -> str:
    """Say what a static cache costs before it is fast."""
    first = static_first_call(measurement)
    return "after compiling" if first is None else f"after {duration(first)} of compiling once"


def _fix(measurement: Measurement, merged: Merged, runtime: Runtime) -> Fix | None:
    shipped = {model.subject: model.cache_implementation for model in measurement.models}
    if shipped.get(Subject.MERGED) == "static":
        return None
    return static_cache(merged.checkpoint, 4 if runtime is Runtime.TRANSFORMERS_4 else 5)


RULE = Rule(
    id="launch-bound",
    title="GPU waits for the host, measured",
    check=check,
    since="0.1.0",
)
