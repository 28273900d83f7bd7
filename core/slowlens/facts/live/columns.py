"""Steps as JSON: one list a field instead of one object a step, which is small and quick."""

from collections.abc import Mapping, Sequence
from typing import Any

from cattrs import Converter

from slowlens.facts.live.timing import Step

ALWAYS = ("seconds", "tokens_in", "token")
SOMETIMES = {"kv_length": 0, "dispatch": None, "gpu": None}
"""Left out where no step has them; what a step has then. A time of 0 was measured."""
DIGITS = 9
"""A nanosecond is more than any clock tells."""


def register_steps(converter: Converter) -> None:
    """Teach ``converter`` to write and read ``tuple[Step, ...]`` in columns."""
    converter.register_unstructure_hook_func(_are_steps, to_columns)
    converter.register_structure_hook_func(_are_steps, lambda found, _: from_columns(found))


def to_columns(steps: Sequence[Step]) -> dict[str, Any]:
    """Return the fields of all steps as lists, with the index of the first one."""
    columns: dict[str, Any] = {"first": steps[0].index if steps else 0}
    for name in ALWAYS:
        columns[name] = [_rounded(getattr(step, name)) for step in steps]
    for name, none in SOMETIMES.items():
        values = [_rounded(getattr(step, name)) for step in steps]
        if any(value != none for value in values):
            columns[name] = values
    return columns


def from_columns(found: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Read columns, or the objects that runs of schema 1 hold."""
    if not isinstance(found, Mapping):
        return tuple(Step(**step) for step in found)
    names = [name for name in (*ALWAYS, *SOMETIMES) if name in found]
    rows = zip(*(found[name] for name in names), strict=True)
    first = int(found["first"])
    return tuple(
        Step(first + number, **dict(zip(names, row, strict=True)))
        for number, row in enumerate(rows)
    )


def _are_steps(kind: object) -> bool:
    return kind == tuple[Step, ...]


def _rounded(value: float | None) -> float | None:
    return round(value, DIGITS) if isinstance(value, float) else value
