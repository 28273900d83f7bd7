"""Intervals of what fixes save, from the seconds of whole runs. None below two runs a side."""

from collections.abc import Sequence
from math import fsum, sqrt

from slowlens.facts.live.statistics import Interval, mean, student, variance

CONFIDENCE = 0.90
"""As that of a verdict."""

Runs = Sequence[float]


def share_of_gap(slow: Runs, fixed: Runs, target: Runs) -> Interval | None:
    """Return (slow - fixed) / (slow - target) with its interval by Fieller's theorem.

    None as well without scipy, and where the gap may be nothing.
    """
    saved, gap = mean(slow) - mean(fixed), mean(slow) - mean(target)
    if not gap:
        return None
    share = saved / gap
    reach = _reach([(1 - share, slow), (1.0, fixed), (share, target)])
    if reach is None:
        return None
    common, own, other = (variance(runs) / len(runs) for runs in (slow, fixed, target))
    # The roots of (saved - r gap)^2 = reach^2 variance(saved - r gap), a quadratic in r.
    square = gap**2 - reach**2 * (common + other)
    middle = saved * gap - reach**2 * common
    rest = saved**2 - reach**2 * (common + own)
    if square <= 0:
        return None
    margin = sqrt(max(0.0, middle**2 - square * rest))
    return Interval(share, (middle - margin) / square, (middle + margin) / square)


def difference(slow: Runs, fixed: Runs) -> Interval | None:
    """Return slow - fixed, in seconds, with its interval by Welch. None as well without scipy."""
    weighted = [(1.0, slow), (-1.0, fixed)]
    reach = _reach(weighted)
    if reach is None:
        return None
    estimate = mean(slow) - mean(fixed)
    margin = reach * sqrt(fsum(_spreads(weighted)))
    return Interval(estimate, estimate - margin, estimate + margin)


def beyond_sum(slow: Runs, alone: Sequence[Runs], together: Runs) -> Interval | None:
    """Return what ``together`` saves beyond the sum of what each saves alone, in seconds.

    Negative where they cure the same thing. None as well without scipy, and below two of them.
    """
    weighted = [(1.0 - len(alone), slow), *((1.0, runs) for runs in alone), (-1.0, together)]
    reach = _reach(weighted)
    if reach is None or len(alone) < 2:
        return None
    estimate = fsum(weight * mean(runs) for weight, runs in weighted)
    margin = reach * sqrt(fsum(_spreads(weighted)))
    return Interval(estimate, estimate - margin, estimate + margin)


def _reach(weighted: Sequence[tuple[float, Runs]]) -> float | None:
    """Return how many standard errors the interval of a weighted sum reaches, after Welch."""
    if min(len(runs) for _, runs in weighted) < 2:
        return None
    spreads = _spreads(weighted)
    if not fsum(spreads):
        return 0.0
    lost = fsum(s**2 / (len(r) - 1) for s, (_, r) in zip(spreads, weighted, strict=True))
    try:
        return student(fsum(spreads) ** 2 / lost, CONFIDENCE)
    except ImportError:
        return None


def _spreads(weighted: Sequence[tuple[float, Runs]]) -> list[float]:
    return [weight**2 * variance(runs) / len(runs) for weight, runs in weighted]
