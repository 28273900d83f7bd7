"""Times as a person reads them."""

from collections.abc import Sequence

STEP, MINUTE = 5, 60
ALMOST = 55
"""Seconds from which a time that is left is told in minutes."""


def rounded(number: float) -> str:
    """Write three significant digits, and no exponent: ``8.35``, ``135``, ``1,644``."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def milliseconds(seconds: float) -> str:
    """Write seconds as milliseconds: ``8.35 ms``."""
    return f"{rounded(seconds * 1000)} ms"


def duration(seconds: float) -> str:
    """Write seconds as a person waits for them: ``350 ms``, ``2.5 s``."""
    return f"{rounded(seconds)} s" if seconds >= 1 else milliseconds(seconds)


def roughly(seconds: float) -> str:
    """Write seconds that are still to come, as nobody counts them: ``5 s``, ``40 s``, ``3 min``."""
    if seconds < ALMOST:
        return f"{max(STEP, round(seconds / STEP) * STEP)} s"
    return f"{round(seconds / MINUTE)} min"


def ranged(seconds: Sequence[float]) -> str:
    """Write the median of runs, and their range where they differ: ``48 ms (26 to 70)``."""
    from statistics import median  # a check without a run should start fast

    low, high = (milliseconds(end).removesuffix(" ms") for end in (min(seconds), max(seconds)))
    spread = "" if low == high else f" ({low} to {high})"
    return f"{milliseconds(median(seconds))}{spread}"
