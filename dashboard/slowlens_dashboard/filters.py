"""Which differences a reader wants to see: words to look for, effects, and what changes nothing."""

from collections.abc import Collection

from slowlens.facts.difference import Difference
from slowlens.reports.units import value


def matches(difference: Difference, wanted: str, effects: Collection[str] = ()) -> bool:
    """Whether every word of ``wanted`` stands in the row, and its effect is one of ``effects``.

    No effect in ``effects`` stands for all of them.
    """
    d = difference
    text = f"{d.file} {d.key} {value(d.source)} {value(d.merged)} {d.note} {d.effect}".lower()
    words = wanted.lower().split()
    return all(word in text for word in words) and (not effects or d.effect in effects)
