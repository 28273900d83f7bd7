"""Looks at the machine as JSON: one list a field, as there may be thousands of looks."""

from collections.abc import Mapping, Sequence
from typing import Any

from cattrs import Converter

from slowlens.facts.live.device import DeviceSample

DIGITS = 6
"""A microsecond is enough for what happens ten times a second."""


def register_samples(converter: Converter) -> None:
    """Teach ``converter`` to write and read ``tuple[DeviceSample, ...]`` in columns."""
    converter.register_unstructure_hook_func(_are_samples, to_columns)
    converter.register_structure_hook_func(_are_samples, lambda found, _: from_columns(found))


def to_columns(samples: Sequence[DeviceSample]) -> dict[str, list[Any]]:
    """Return the fields as lists, without those that no look knows."""
    columns = {
        name: [_plain(getattr(sample, name)) for sample in samples]
        for name in DeviceSample.__match_args__
    }
    return {name: values for name, values in columns.items() if any(v is not None for v in values)}


def from_columns(columns: Mapping[str, Sequence[Any]]) -> tuple[DeviceSample, ...]:
    """Read columns; one that a newer version wrote is passed over."""
    known = {name: c for name, c in columns.items() if name in DeviceSample.__match_args__}
    return tuple(
        DeviceSample(**{name: _fixed(value) for name, value in zip(known, row, strict=True)})
        for row in zip(*known.values(), strict=True)
    )


def _are_samples(kind: object) -> bool:
    return kind == tuple[DeviceSample, ...]


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field
    if isinstance(value, float):
        return round(value, DIGITS)
    return list(value) if isinstance(value, tuple) else value


def _fixed(value: Any) -> Any:  # noqa: ANN401 - any field
    return tuple(value) if isinstance(value, list) else value
