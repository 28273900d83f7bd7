"""Ratios and what they say, with no shape of the noise assumed."""

from collections.abc import Sequence
from itertools import accumulate
from math import comb, exp
from statistics import quantiles

HEAD = f"{'against plain generate()':<32}{'median (quartiles)':>26}{'95 % of the median':>26}"


def row(title: str, logs: Sequence[float]) -> str:
    """Return a line of the table under ``HEAD``, from logarithms of ratios."""
    low, middle, high = quantiles(logs, n=4) if len(logs) > 1 else [logs[0]] * 3
    quartiles = f"{_percent(middle)} % ({_percent(low)} to {_percent(high)})"
    return f"{title:<32}{quartiles:>26}{_interval(logs):>26}"


def _interval(logs: Sequence[float]) -> str:
    """Return between which of the sorted values the median lies, with at least 95 %."""
    count = len(logs)
    below = accumulate(comb(count, k) / 2**count for k in range(count))
    outside = sum(share <= 0.025 for share in below)
    if not outside:
        return "n/a: 6 of them at least"
    ordered = sorted(logs)
    return f"{_percent(ordered[outside - 1])} to {_percent(ordered[-outside])} %"


def _percent(ratio: float) -> str:
    return f"{100 * (exp(ratio) - 1):+.2f}"
