"""Each token takes longer than the one before it, although the cache works.

## What it does
Takes the timed runs in which every step processed its newest token only, as shipped or, where that
recomputes, with the cache forced on, and lays a line through the time of the tokens over their
position. Its slope, with a 95 % interval, is the growth per 1,000 tokens. It is reported when the
low end of the interval is above all of these:

- 10 % of the time per token for every 1,000 tokens. Reading the cache of 1,000 tokens costs a 7B
  model 0.4 % of a token with grouped heads and 4 % with full ones: 57 and 524 kB a token against
  13 to 15 GB of weights;
- a rise of 2 % within the run itself: what a short run shows may be the clock of the device;
- what the source grows, plus that. Without a source: five times what reading the cache takes at the
  bandwidth that was measured. Ordinary kernels on a CPU were seen to need four times that (SmolLM2,
  54 ms a token growing to 59 over 512 tokens).

A source that grows alike means that the model is like that, and nothing is said. Where an interval
leaves it open, as few or short runs do, the rule says so. Runs that recompute belong to
recomputed-steps.

## Why it is slow
The work that grows with the text should be small beside reading the weights. It is not when

- attention is *eager*: it writes all scores to memory and reads them back (eager-attention-forced);
- a *sliding window* was lost, so that all layers look at the whole text (sliding-window-changed);
- the model's *own code* copies or repeats its cache in every step, rebuilds the mask or the
  positions of everything, or keeps lists that grow;
- `repetition_penalty` or `no_repeat_ngram_size` look through the whole text for each token.

## Affects
The version of transformers that the run was made with.

## Fix
None of its own. Compare the attention and the window with the source's: the rules named above have
the edit. Then measure with `--attn-implementation sdpa`; if the growth is gone, it was the kernel.

## Fix safety
Not applicable.

## References
- https://github.com/huggingface/transformers/issues/38866
- https://huggingface.co/docs/transformers/attention_interface
- https://huggingface.co/docs/transformers/kv_cache
"""

from collections.abc import Iterator

from slowlens.facts.live.cached_decoding import cache_per_token, cached_speed
from slowlens.facts.live.growth import Growth
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.speed import Speed
from slowlens.facts.live.trial import Subject
from slowlens.facts.live.verdict import NO_SCIPY
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided

LEAST_SHARE = 0.10
"""Of the time per token, for every 1,000 tokens."""
LEAST_RISE = 0.02
"""Of the time per token, from the beginning of a run to its end."""
READING = 5
"""Times the seconds that reading the cache takes, without a source to compare with."""
FURTHER = 10_000


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield one finding when tokens of merged take ever longer, and those of its source do not."""
    merged = cached_speed(measurement, Subject.MERGED)
    if merged is None:
        raise Undecided("no timed run of merged processed its newest token alone")
    source = cached_speed(measurement, Subject.SOURCE)
    _, low, high = _slope(merged)
    least = max(LEAST_SHARE, LEAST_RISE * 1000 / merged.new_tokens) * merged.tpot
    if high <= least:
        return
    usual, at_most = _usual(measurement, merged, source)
    if high <= least + usual:
        return
    if low <= least + at_most:
        raise Undecided("whether tokens take ever longer is open: more, or longer, runs would tell")
    yield _finding(measurement, merged, source)


def _slope(speed: Speed) -> tuple[float, float, float]:
    """Return seconds per 1,000 tokens and the ends of their interval."""
    found: Growth | None = speed.growth
    if found is None:
        raise Undecided(f"runs of {speed.new_tokens} tokens are too short to see growth")
    if found.low is None:
        raise Undecided(NO_SCIPY)
    assert found.high is not None
    return found.estimate, found.low, found.high


def _usual(measurement: Measurement, merged: Speed, source: Speed | None) -> tuple[float, float]:
    """Return the growth that is no fault of merged, and its bound, in seconds per 1,000 tokens."""
    if source is not None:
        slope, _, high = _slope(source)
        return max(0.0, slope), max(0.0, high)
    size = cache_per_token(measurement, merged)
    if size is None or measurement.peaks is None:
        raise Undecided("without a source, nobody knows how much reading the cache takes")
    reading = READING * 1000 * size / measurement.peaks.bandwidth
    return reading, reading


def _finding(measurement: Measurement, merged: Speed, source: Speed | None) -> Finding:
    slope, low, high = _slope(merged)
    tpot = merged.tpot
    evidence = [
        NumberEvidence("growth per 1,000 tokens", 1000 * slope, "ms"),
        NumberEvidence("time per token", 1000 * tpot, "ms"),
    ]
    against = ""
    if source is not None:
        theirs = _slope(source)[0]
        label = "growth per 1,000 tokens of the source"
        evidence.append(NumberEvidence(label, 1000 * theirs, "ms"))
        against = f"; in the source {milliseconds(theirs)}"
    return Finding(
        message=(
            f"with its cache, a token takes {milliseconds(slope)} longer for every 1,000 tokens "
            f"before it (95 % interval {milliseconds(low).removesuffix(' ms')} to "
            f"{milliseconds(high).removesuffix(' ms')}), which is {100 * slope / tpot:.0f} % of "
            f"{milliseconds(tpot)}{against}{_suspect(measurement)}"
        ),
        severity=Severity.WARNING if source else Severity.NOTE,
        confidence=Confidence.MEASURED,
        affects=(measurement.runtime,),
        evidence=tuple(evidence),
        cost=(
            f"{FURTHER:,} tokens further on a token takes "
            f"{milliseconds(tpot + slope * FURTHER / 1000)}, if it goes on like this"
        ),
    )


def _suspect(measurement: Measurement) -> str:
    model = measurement.model(Subject.MERGED)
    eager = model is not None and model.attention == "eager"
    return "; it runs eager attention" if eager else ""


RULE = Rule(
    id="decode-slows-with-position",
    title="Decoding slows with position, measured",
    check=check,
    since="0.1.0",
)
