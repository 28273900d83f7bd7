"""Every string in a record, whatever it is in."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

from slowlens.facts.live.timing import Step
from slowlens.frozen import replace


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any record
    """Return ``value`` with what ``change`` makes of each of its parts, in records and mappings."""
    if isinstance(value, Mapping):
        return _renamed((change(key), change(item)) for key, item in value.items())
    if isinstance(value, tuple | list):
        return type(value)(change(item) for item in value)
    if names := fields_of(value):
        changed = {name: change(getattr(value, name)) for name in names}
        return replace(value, **changed)
    return value


def fields_of(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - any record
    """Return the names of a record's fields; none of what is no record, or holds numbers alone."""
    if isinstance(value, Enum | str | Step | type):
        return ()
    return getattr(value, "__match_args__", ())


def strings_of(value: Any) -> Iterator[str]:  # noqa: ANN401 - any record
    """Yield each string, keys too."""
    if isinstance(value, str):
        if not isinstance(value, Enum):
            yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from strings_of(key)
            yield from strings_of(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from strings_of(item)
    else:
        for name in fields_of(value):
            yield from strings_of(getattr(value, name))


def _renamed(items: Iterator[tuple[Any, Any]]) -> dict[Any, Any]:
    """Return a mapping of them; of two that became the same name the later one gets a number."""
    found: dict[Any, Any] = {}
    for key, item in items:
        name, number = key, 2
        while name in found:
            name, number = f"{key} ({number})", number + 1
        found[name] = item
    return found
