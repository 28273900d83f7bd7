"""What a sample of timings supports, and None where it supports nothing.

A run, not a token, is the unit: the tokens of one run share its clocks, its neighbours on the
machine and its place in memory. Quantiles of Student's t are scipy's, which may not be there:
whoever needs one gets its ImportError.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import ceil, exp, fsum, log, sqrt

from slowlens.frozen import dataclass

UNSTABLE = 0.20


class Band(StrEnum):
    """How steady runs are, by their coefficient of variation."""

    EXCELLENT = "excellent"
    """Below 5 %."""
    GOOD = "good"
    """Below 10 %."""
    FAIR = "fair"
    """At most 20 %."""
    UNSTABLE = "unstable"


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the ends of its interval, in the unit of the estimate."""

    estimate: float
    low: float
    high: float


def ratio_interval(
    candidate: Sequence[float], reference: Sequence[float], confidence: float = 0.90
) -> Interval:
    """Return how many times ``reference`` ``candidate`` is: Welch's interval for unlike variances.

    It is taken on the logarithms of positive figures of runs, at least two a side, so that the
    interval of the swapped sides is its inverse and the unit does not matter. The estimate is the
    ratio of geometric means.
    """
    ours, theirs = [log(x) for x in candidate], [log(x) for x in reference]
    ratio = geometric_ratio(candidate, reference)
    spread, other = variance(ours) / len(ours), variance(theirs) / len(theirs)
    margin = 0.0
    if spread + other:
        share = spread / (spread + other)
        freedom = 1 / (share**2 / (len(ours) - 1) + (1 - share) ** 2 / (len(theirs) - 1))
        margin = student(freedom, confidence) * sqrt(spread + other)
    return Interval(ratio, ratio * exp(-margin), ratio * exp(margin))


def geometric_ratio(candidate: Sequence[float], reference: Sequence[float]) -> float:
    """Return the ratio of the geometric means of positive figures."""
    return exp(mean([log(x) for x in candidate]) - mean([log(x) for x in reference]))


def variation(values: Sequence[float]) -> float | None:
    """Return the coefficient of variation, standard deviation over mean, of positive values.

    None below two of them.
    """
    return sqrt(variance(values)) / mean(values) if len(values) > 1 else None


def band(cv: float) -> Band:
    """Return the band of a coefficient of variation, as AIPerf draws them."""
    if cv > UNSTABLE:
        return Band.UNSTABLE
    return Band.EXCELLENT if cv < 0.05 else Band.GOOD if cv < 0.10 else Band.FAIR


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the ``share`` quantile (0 to 1, exclusive), interpolated between ranks.

    None where the order of a sample of this size bounds it on one side only, so that it has no
    distribution-free two-sided 95 % interval: below 6 values for p50, 36 for p90, 72 for p95, 368
    for p99 (binomial, 2.5 % a tail). Neighbouring tokens are alike: take those of several runs.
    """
    if len(values) < ceil(log(0.025) / log(max(share, 1 - share))):
        return None
    ranked, place = sorted(values), share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (place - below)


def mean(values: Sequence[float]) -> float:
    """Return the mean of at least one value."""
    return fsum(values) / len(values)


def variance(values: Sequence[float]) -> float:
    """Return the sample variance of at least two values."""
    level = mean(values)
    return fsum((x - level) ** 2 for x in values) / (len(values) - 1)


def student(freedom: float, confidence: float) -> float:
    """Return how many standard errors a two-sided interval reaches to each side."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + confidence) / 2))
