"""A long run that recomputes, predicted from a few steps at several lengths.

Without the cache a step processes everything again, so its time follows from the length alone. On
a GPU it is flat while launching takes longer than computing and rises only then: a line through
the first steps misses that, so the times are interpolated between probes that reach the end.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import fsum, sqrt

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.statistics import variation
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Predicted:
    """One whole run as one round of probes foretells it. Seconds."""

    new_tokens: int
    ttft: float
    """Measured, not predicted: the first step of the shortest probe."""
    tpot: float
    """Time per output token, without the first."""
    work: float
    """Share of the steps' tokens that the probes processed."""

    @property
    def total(self) -> float:
        """The whole call."""
        return self.ttft + (self.new_tokens - 1) * self.tpot


def predictions(
    measurement: Measurement, subject: str, cache: Cache, new_tokens: int = 0
) -> tuple[Predicted, ...]:
    """Predict one run a round; nothing where the probes of a round are not complete.

    Without ``new_tokens``, of which there are two at least, runs are as long as the plan has them.
    """
    rounds: dict[int, list[Generation]] = {}
    for probe in measurement.find(subject, cache, Purpose.CURVE):
        if probe.finish is not Finish.STOPPED:
            rounds.setdefault(probe.trial.round, []).append(probe)
    length = max(2, new_tokens or measurement.plan.new_tokens)
    whole = max(map(len, rounds.values()), default=0)
    return tuple(predicted(found, length) for found in rounds.values() if len(found) == whole > 1)


def spread(found: Sequence[Predicted], probes: Iterable[Generation]) -> float | None:
    """Return the coefficient of variation between predicted runs; None below two of them.

    It is no less than what their probes allow, over the root of how many a run rests on: rounds
    whose probes disagree by more may still agree by luck.
    """
    between = variation([each.tpot for each in found])
    if between is None:
        return None
    points = sorted(map(_point, probes))
    return max(between, _disagreement(points) / sqrt(len(points) / len(found)))


def _disagreement(points: Sequence[tuple[float, float]]) -> float:
    """Return how far probes lie from the line between their neighbours, as a share of it.

    That is the standard deviation of one probe; 0 below three of them.
    """
    squares = []
    for (x0, y0), (x, y), (x1, y1) in zip(points, points[1:], points[2:], strict=False):
        after = (x - x0) / (x1 - x0) if x1 > x0 else 0.5
        line = y0 + (y1 - y0) * after
        squares.append((y / line - 1) ** 2 / (1 + after**2 + (1 - after) ** 2))
    return sqrt(fsum(squares) / len(squares)) if squares else 0.0


def predicted(probes: Iterable[Generation], new_tokens: int) -> Predicted:
    """Predict a run of ``new_tokens`` steps from probes at lengths from its first to its last."""
    ordered = sorted(probes, key=lambda g: g.prompt_tokens)
    prompt = ordered[0].prompt_tokens - ordered[0].trial.ahead
    points = [_point(g) for g in ordered]
    steps = list(_interpolated(points, range(prompt, prompt + new_tokens)))
    processed = sum(sum(g.input_lengths) for g in ordered)
    every = sum(range(prompt, prompt + new_tokens))
    later = steps[1:]
    return Predicted(new_tokens, ordered[0].ttft, sum(later) / len(later), processed / every)


def _point(generation: Generation) -> tuple[float, float]:
    """Return the mean input length of a probe, and the median of its steps."""
    from statistics import fmean, median  # a check without a run should start fast

    return fmean(generation.input_lengths), median(step.seconds for step in generation.steps)


def _interpolated(points: Sequence[tuple[float, float]], lengths: Iterable[int]) -> Iterator[float]:
    """Yield a time for each length, along the lines between the points and on beyond the ends.

    Beyond the last no line falls: a longer text takes no less, and what a falling one shows is
    noise.
    """
    lines = list(pairwise(points))
    for length in lengths:
        (x0, y0), (x1, y1) = next((line for line in lines if length <= line[1][0]), lines[-1])
        if length > x1:
            yield y1 + max(0.0, y1 - y0) * (length - x1) / (x1 - x0)
        else:
            yield y0 + (y1 - y0) * (length - x0) / (x1 - x0)
