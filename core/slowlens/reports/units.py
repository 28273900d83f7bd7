"""Numbers with their units, as a person reads them."""

import json
from enum import Enum

from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.moment import moment
from slowlens.jsonvalue import ABSENT, Absent, Json

__all__ = ["count", "counted", "milliseconds", "minute", "moment", "plain", "size", "value"]


def size(count: int) -> str:
    """Write bytes with a decimal unit: ``269 MB``."""
    return _scaled(count, ("B", "kB", "MB", "GB", "TB"), " ")


def count(number: int) -> str:
    """Write a number of parameters: ``135M``."""
    return _scaled(number, ("", "K", "M", "B", "T"), "")


def value(item: Json | Absent) -> str:
    """Write a JSON value on one line, or ``(absent)``."""
    if item is ABSENT or isinstance(item, Enum):
        return "(absent)"
    return json.dumps(item, ensure_ascii=False)


def minute(created: str) -> str:
    """Write an ISO time, which is in UTC, to the minute: ``2026-01-02 03:04``."""
    return created[:16].replace("T", " ")


def plain(text: str) -> str:
    """Escape what would drive a terminal: text of a checkpoint may hold control characters."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 finding``, ``2 findings``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _scaled(number: float, units: tuple[str, ...], space: str) -> str:
    for unit in units:
        if number < 1000 or unit == units[-1]:
            digits = f"{number:.0f}" if unit == units[0] or number >= 100 else f"{number:.3g}"
            return f"{digits}{space if unit else ''}{unit}"
        number /= 1000
    raise AssertionError
