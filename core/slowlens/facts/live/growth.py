"""How much longer a token takes for every 1,000 tokens before it: the mark of a missing cache."""

from collections.abc import Sequence
from itertools import pairwise
from math import fsum, sqrt

from slowlens.facts.live.statistics import mean, student, variance
from slowlens.frozen import dataclass

BLOCKS = 5
LEAST_STEPS = 16


@dataclass(frozen=True, slots=True)
class Growth:
    """Seconds that a token takes longer for every 1,000 tokens before it."""

    estimate: float
    low: float | None
    """The 95 % interval; None without scipy."""
    high: float | None
    runs: int

    def telling(self, tpot: float) -> bool:
        """Whether it is known what the growth is, or that there is little of it.

        That is so where the interval leaves 0 out, or is no wider than the time per token. Short
        runs seldom come so far: within 32 tokens little grows but what a missing cache makes grow.
        """
        if self.low is None or self.high is None:
            return False
        return self.low > 0 or self.high < 0 or self.high - self.low <= tpot


def growth(runs: Sequence[Sequence[float]]) -> Growth | None:
    """Return the slope of inter-token latency over position, by ordinary least squares.

    ``runs`` holds the latencies of each run in seconds. From three runs on it is the mean of their
    slopes, with its 95 % interval (Student, runs - 1 degrees of freedom). Below, neighbouring steps
    being alike, the steps (of two runs, their mean at each position) are averaged over 5 blocks and
    the line is laid through those (Student, 3 degrees of freedom): its interval holds while what
    disturbs a step is gone within a block. None below 16 steps.
    """
    if not runs or min(map(len, runs)) < LEAST_STEPS:
        return None
    slope, error = _of_runs(runs) if len(runs) > 2 else _of_blocks(runs)
    try:
        margin = 1000 * error * student(len(runs) - 1 if len(runs) > 2 else BLOCKS - 2, 0.95)
    except ImportError:
        return Growth(1000 * slope, None, None, len(runs))
    return Growth(1000 * slope, 1000 * slope - margin, 1000 * slope + margin, len(runs))


def common_slope(runs: Sequence[Sequence[float]]) -> float:
    """Return the least-squares slope, in seconds a step, that runs of differing levels share.

    Not below 0, for a longer text takes no less; 0 as well where no run has two steps.
    """
    centred = [
        (place - (len(run) - 1) / 2, seconds) for run in runs for place, seconds in enumerate(run)
    ]
    width = fsum(x * x for x, _ in centred)
    return max(0.0, fsum(x * y for x, y in centred) / width) if width else 0.0


def _of_runs(runs: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the mean slope and its standard error, from how far the slopes of runs are apart."""
    slopes = [_line(range(len(run)), run)[0] for run in runs]
    return mean(slopes), sqrt(variance(slopes) / len(slopes))


def _of_blocks(runs: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the slope through the means of blocks of steps and its standard error."""
    steps = [mean(values) for values in zip(*runs, strict=False)]
    cuts = list(pairwise(len(steps) * number // BLOCKS for number in range(BLOCKS + 1)))
    return _line([(a + b) / 2 for a, b in cuts], [mean(steps[a:b]) for a, b in cuts])


def _line(places: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return the least-squares slope and its standard error."""
    middle, level = mean(places), mean(values)
    width = fsum((x - middle) ** 2 for x in places)
    slope = fsum((x - middle) * (y - level) for x, y in zip(places, values, strict=True)) / width
    rest = fsum(
        (y - level - slope * (x - middle)) ** 2 for x, y in zip(places, values, strict=True)
    )
    return slope, sqrt(rest / (len(places) - 2) / width)
