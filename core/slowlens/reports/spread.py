"""How far figures vary and grow, as a person reads it; what the sample does not give is n/a."""

from collections.abc import Sequence
from statistics import median

from slowlens.facts.live.growth import Growth
from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.statistics import band
from slowlens.facts.live.verdict import percent

UNKNOWN = "n/a"
TOO_SHORT = f"{UNKNOWN}: runs too short"


def latency(seconds: float | None) -> str:
    """Write a latency that may not be known."""
    return UNKNOWN if seconds is None else milliseconds(seconds)


def variation(cv: float | None) -> str:
    """Write a coefficient of variation with its band: ``3.1 % (excellent)``."""
    return UNKNOWN if cv is None else f"{percent(cv)} ({band(cv)})"


def grown(growth: Growth | None, tpots: Sequence[float]) -> str:
    """Write the growth beside the time per token of runs, or that these cannot tell."""
    if growth is None or growth.low is None or not tpots:
        return UNKNOWN
    return growing(growth) if growth.telling(median(tpots)) else TOO_SHORT


def growing(growth: Growth | None) -> str:
    """Write milliseconds for every 1,000 tokens: ``+3.2 ms (2.9 to 3.5)``."""
    if growth is None:
        return UNKNOWN
    sign = "+" if growth.estimate > 0 else ""
    estimate = f"{sign}{milliseconds(growth.estimate)}"
    if growth.low is None or growth.high is None:
        return estimate
    return f"{estimate} ({_bare(growth.low)} to {_bare(growth.high)})"


def _bare(seconds: float) -> str:
    return milliseconds(seconds).removesuffix(" ms")
