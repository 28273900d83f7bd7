"""Is one side slower than the other: yes, no, or these runs cannot tell.

How often each answer is wrong is in docs/verdict-calibration.md.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import inf

from slowlens.facts.live.statistics import (
    UNSTABLE,
    Interval,
    geometric_ratio,
    mean,
    ratio_interval,
    variation,
)
from slowlens.frozen import dataclass

THRESHOLD = 0.10
LEAST_SECONDS = 0.0005
LEAST_RUNS = 3
NO_SCIPY = "no verdict: scipy is not installed (pip install 'slowlens[live]')"

Sides = tuple[int, int, float | None, float | None]
"""Runs of each side and how they vary."""


class Outcome(StrEnum):
    """Of a verdict."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a candidate takes longer per token than its reference."""

    outcome: Outcome
    ratio: float | None
    """Candidate over reference, of geometric means; None where a side has no figure."""
    low: float | None
    """The 90 % interval of the ratio; None where there are too few runs for one."""
    high: float | None
    threshold: float
    """What counts as slower, as a share of the reference: 0.1 is 10 %."""
    candidate_runs: int
    reference_runs: int
    candidate_cv: float | None
    """Coefficient of variation between runs; None below two."""
    reference_cv: float | None
    why: str
    """The outcome in words, without the figures."""

    @property
    def reason(self) -> str:
        """Say it in one sentence, with the figures, without a stop."""
        if self.ratio is None:
            return self.why
        runs = f"{self.candidate_runs} against {self.reference_runs} runs"
        seen = ", ".join(filter(None, (self.interval, runs)))
        return f"{times(self.ratio)} times as long per token ({seen}): {self.why}"

    @property
    def interval(self) -> str:
        """Write the interval: ``90 % interval 1.38 to 1.49``; empty without one."""
        if self.low is None or self.high is None:
            return ""
        return f"90 % interval {times(self.low)} to {times(self.high)}"


def judge(
    candidate: Sequence[float],
    reference: Sequence[float],
    threshold: float = THRESHOLD,
    least_seconds: float = LEAST_SECONDS,
    noise: float = 1.0,
) -> Verdict:
    """Judge the time per token of runs, in seconds.

    FAIL when the 90 % interval of the ratio lies wholly above 1 + ``threshold``, PASS when wholly
    below. A threshold that is less than ``least_seconds`` of the reference is raised to it: what
    nobody can feel never fails. ``noise`` is how many times apart equal work was timed beside
    these runs: no ratio that does not exceed it fails, and where it exceeds the threshold nothing
    passes that it could lift to the threshold. Fewer than three runs a side, or runs that vary by
    more than 20 %, have no verdict.
    """
    runs = (len(candidate), len(reference))
    if not all(runs):
        return _open(None, threshold, (*runs, None, None), "no verdict: a side was not measured")
    if not all(0 < seconds < inf for seconds in (*candidate, *reference)):
        return _open(None, threshold, (*runs, None, None), "no verdict: a time is not positive")
    sides = (*runs, variation(candidate), variation(reference))
    bar = max(threshold, least_seconds / mean(reference))
    ratio = geometric_ratio(candidate, reference)
    if min(runs) < LEAST_RUNS:
        why = f"too few runs for a verdict, which takes {LEAST_RUNS} a side"
        return _open(ratio, bar, sides, why)
    try:
        interval = ratio_interval(candidate, reference)
    except ImportError:
        return _open(ratio, bar, sides, NO_SCIPY)
    slower = f"slower by more than {percent(bar)}"
    if bar > threshold:
        least = f"{least_seconds * 1000:.3g} ms"
        slower = f"slower by more than {least}, the least that counts ({percent(bar)})"
    outcome, why = _outcome(interval, bar, sides[2:], noise, slower)
    return Verdict(outcome, ratio, interval.low, interval.high, bar, *sides, why)


def _outcome(
    interval: Interval, bar: float, cvs: Sequence[float | None], noise: float, slower: str
) -> tuple[Outcome, str]:
    """Return the outcome of enough runs, and why."""
    if max(cv or 0 for cv in cvs) > UNSTABLE:
        varied = " and ".join(percent(cv or 0) for cv in cvs)
        return Outcome.INCONCLUSIVE, f"too unstable for a verdict: runs varied by {varied}"
    if interval.low <= 1 + bar <= interval.high:
        return Outcome.INCONCLUSIVE, f"whether it is {slower} is open"
    if interval.low > max(1 + bar, noise):
        return Outcome.FAIL, slower
    worst = interval.high * (noise if noise > 1 + bar else 1.0)
    if worst < 1 + bar:
        return Outcome.PASS, f"not {slower}"
    return Outcome.INCONCLUSIVE, f"equal work beside it was timed {times(noise)} times apart"


def _open(ratio: float | None, bar: float, sides: Sides, why: str) -> Verdict:
    return Verdict(Outcome.INCONCLUSIVE, ratio, None, None, bar, *sides, why)


def all_longer(candidate: Sequence[float], reference: Sequence[float], noise: float = 1.0) -> bool:
    """Whether each run took longer than any of the other side, by more than a verdict minds.

    Told where runs are too few for one; of a single run a side, one is always the longer.
    ``noise`` as in ``judge``.
    """
    return min(candidate) > max(1 + THRESHOLD, noise) * max(reference)


def longer(candidate: Sequence[float], reference: Sequence[float], noise: float = 1.0) -> bool:
    """Whether it takes longer by more than a verdict minds, even where by how much is unsure.

    That is so where the interval says it of runs that vary too much for a verdict, and where each
    run says it of runs that are too few. ``noise`` as in ``judge``.
    """
    verdict = judge(candidate, reference, noise=noise)
    if verdict.low is None:
        return verdict.ratio is not None and all_longer(candidate, reference, noise)
    return verdict.low > max(1 + verdict.threshold, noise)


def times(ratio: float) -> str:
    """Write a factor: ``1.43``, ``24.3``, ``480``."""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}" if ratio < 100 else f"{ratio:.0f}"


def percent(share: float) -> str:
    """Write a share of 1: ``12.5 %``."""
    return f"{round(share * 100, 1):g} %"
