"""Times per token as a person reads them."""

from collections.abc import Sequence


def milliseconds(seconds: float) -> str:
    """Write seconds as milliseconds with three significant digits: ``8.35 ms``, ``1,644 ms``."""
    shown = seconds * 1000
    return f"{shown:,.0f} ms" if abs(shown) >= 100 else f"{shown:.3g} ms"


def ranged(seconds: Sequence[float]) -> str:
    """Write the median of runs, and their range where they differ: ``48 ms (26 to 70)``."""
    from statistics import median  # a check without a run should start fast

    low, high = (milliseconds(end).removesuffix(" ms") for end in (min(seconds), max(seconds)))
    spread = "" if low == high else f" ({low} to {high})"
    return f"{milliseconds(median(seconds))}{spread}"
