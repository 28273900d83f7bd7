"""Values out of JSON that somebody else wrote: what is not as it should be is not there."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite

from slowlens.jsonvalue import Json, JsonObject, lookup


def number(value: Json) -> float | None:
    """Return a finite number, also one that is written as text, as all of CSV is."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def positive(value: Json, scale: float = 1.0) -> float | None:
    """Return a number above 0, times ``scale``: tools write 0 for what was not measured."""
    found = number(value)
    return found * scale if found is not None and found > 0 else None


def count(value: Json) -> int | None:
    """Return a whole number."""
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def numbers(value: Json) -> tuple[float | None, ...]:
    """Return the numbers of a list, None for each that is none."""
    return tuple(map(number, value)) if isinstance(value, list) else ()


def texts(value: Json) -> str:
    """Return a text as it is, and of a list its first."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""


def objects(value: Json) -> tuple[JsonObject, ...]:
    """Return the objects of a list."""
    return tuple(v for v in value if isinstance(v, dict)) if isinstance(value, list) else ()


def at(values: JsonObject, *paths: str) -> Json:
    """Return what the first dotted path leads to that leads to something, else None."""
    for path in paths:
        found = lookup(values, tuple(path.split(".")))
        if isinstance(found, bool | int | float | str | list | dict):
            return found
    return None


def when(seconds: float | None) -> str:
    """Write Unix time as ISO 8601 in UTC; empty where it is none."""
    try:
        return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def settings(**found: Json) -> dict[str, str | int | float]:
    """Keep what was told: texts that are not empty, and numbers."""
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
    }


def average(total: Json, parts: Json) -> float | None:
    """Return a mean from a sum and how many it is of."""
    whole, share = positive(total), positive(parts)
    return None if whole is None or share is None else whole / share


def known(values: Sequence[float | None]) -> list[float]:
    """Return the values that are there."""
    return [value for value in values if value is not None]
