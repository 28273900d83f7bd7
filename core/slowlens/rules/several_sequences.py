"""Each step computed several sequences at once.

## What it does
Reads, from the first steps of the checkpoint as shipped, how many sequences went into each forward
pass. One prompt that asks for one answer is one sequence; beams and several answers to a prompt are
more. Where the source processes as many, it is a note.

The timed trials of a live run decode a single greedy sequence, because steps can only be told apart
that way and trials have to do the same work. So the times per token that are shown beside this
finding are those *without* the extra sequences: what a user of the checkpoint waits for is longer.

## Why it is slow
With four beams each step runs four sequences, keeps four key-value caches and sorts the caches
anew when beams overtake each other. An idle GPU hides part of it, because the weights are read once
for all of them; a CPU, a long prompt or a full GPU hide none. Nothing can be streamed either: no
token is certain before the end.

## Affects
The version of transformers that the run was made with.

## Fix
None of its own: num-beams-left names the file, the key and the edit.

## Fix safety
Not applicable.

## References
- https://huggingface.co/docs/transformers/generation_strategies
- https://huggingface.co/IlyaGusev/saiga_7b_lora/blob/main/generation_config.json
"""

from collections.abc import Iterator

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield one finding when merged as shipped processed more than one sequence a step."""
    merged = _proof(measurement, Subject.MERGED)
    if merged is None or not any(merged.input_lengths):
        raise Undecided("the live run did not count its first steps")
    if merged.rows == 1:
        return
    source = _proof(measurement, Subject.SOURCE)
    alike = source is not None and source.rows >= merged.rows
    also = ", as in its source" if alike else ""
    yield Finding(
        message=(
            f"as shipped, each step processed {merged.rows} sequences for one "
            f"prompt{_asked(measurement)}{also}; the timed trials decode one"
        ),
        severity=Severity.NOTE if alike else Severity.WARNING,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=(NumberEvidence("sequences in each step", merged.rows, "sequences"),),
        cost=f"up to {merged.rows} times the work per token and {merged.rows} key-value caches",
    )


def _proof(measurement: Measurement, subject: Subject) -> Generation | None:
    return next(iter(measurement.find(subject, Cache.AS_SHIPPED, Purpose.PROOF)), None)


def _asked(measurement: Measurement) -> str:
    """Name the settings that ask for it, where they are known."""
    model = measurement.model(Subject.MERGED)
    if model is None:
        return ""
    asked = {"num_beams": model.beams, "num_return_sequences": model.sequences}
    named = [f"{name} {count}" for name, count in asked.items() if count > 1]
    return f" ({', '.join(named)})" if named else ""


RULE = Rule(
    id="several-sequences",
    title="Several sequences in each step, measured",
    check=check,
    since="0.1.0",
    proves=("num-beams-left",),
)
