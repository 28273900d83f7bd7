"""The first answer is slow because it is compiled for; the model itself is not.

## What it does
Compares the first generation of the checkpoint as shipped with a later one of the same kind. Where
its own generation_config.json asks for a cache that transformers compiles the decode step for
(`cache_implementation`: `static` and its relatives), and the first one took more than 5 s and more
than 10 times as long, it says so. It is a note: no figure of the timed trials contains it.

Silent where the checkpoint asks for no such cache: what a static cache costs when this program
forces it, to show what it brings, is told beside that trial.

## Why it is slow
The decode step is traced, tuned and compiled when it first runs, and again for each new shape: a
longer prompt with a longer answer than before needs a larger cache. On one H100 the first answer of
a 7B model took 38 to 50 s and each token after that 8.4 to 9.1 ms instead of 63 and more. So a
script that writes one answer loses, a server that writes thousands wins, and a benchmark that
counts the first call measures the compiler.

## Affects
The version of transformers that the run was made with, on a GPU.

## Fix
None is needed for a server: generate once when it starts, with the longest text that is to come,
and keep the process. For scripts that answer once, take `cache_implementation` out of
generation_config.json by hand: the ordinary cache compiles nothing.

## Fix safety
Not applicable.

## References
- https://github.com/huggingface/transformers/issues/34923
- https://huggingface.co/docs/transformers/llm_optims
"""

from collections.abc import Iterator

from slowlens.facts.live.first_call import first_call
from slowlens.facts.live.measurement import Measurement, WarmUp
from slowlens.facts.live.seconds import duration, rounded
from slowlens.facts.live.trial import Cache, Subject
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided

LEAST_SECONDS = 5.0
LEAST_TIMES = 10
ORDINARY = ("", "dynamic", "dynamic_full")


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield one finding when the first answer of merged took far longer than later ones."""
    model = measurement.model(Subject.MERGED)
    if model is None:
        raise Undecided("merged was not loaded")
    if model.cache_implementation in ORDINARY:
        return
    warm = _warm_up(measurement)
    if warm is None or not warm.last:
        raise Undecided("the live run did not warm up with the settings that merged ships")
    first = first_call(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    if first <= LEAST_SECONDS or first <= LEAST_TIMES * warm.last:
        return
    yield Finding(
        message=(
            f"the first call took {duration(first)} and later ones {duration(warm.last)}: with its "
            f"cache_implementation {model.cache_implementation} the decode step is compiled first, "
            "and again for each new shape; the model is not slow"
        ),
        severity=Severity.NOTE,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=(
            NumberEvidence("first call", first, "s"),
            NumberEvidence("the same call once it is warm", warm.last, "s"),
        ),
        cost=f"{rounded(first - warm.last)} s once, and again for each new shape",
    )


def _warm_up(measurement: Measurement) -> WarmUp | None:
    kind = (Subject.MERGED, Cache.AS_SHIPPED)
    return next((w for w in measurement.warm_ups if (w.subject, w.cache) == kind), None)


RULE = Rule(
    id="first-call-compiles",
    title="First call compiles, measured",
    check=check,
    since="0.1.0",
)
