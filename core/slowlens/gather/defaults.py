"""Read the class defaults that come with the package."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from slowlens.facts.defaults import ClassDefaults, TypeDefaults

MAJORS = (4, 5)
"""The major versions of transformers that the package knows."""
NEWEST = MAJORS[-1]
"""Whose spelling and defaults are the common ground when two checkpoints are compared."""
_DATA = Path(__file__).parents[1] / "data"
_TYPES = b'\n"types": {'


def read_defaults(major: int) -> ClassDefaults:
    """Return the defaults of transformers ``major``, or of the nearest that is known."""
    nearest = min(MAJORS, key=lambda known: abs(known - major))
    data = (_DATA / f"defaults-{nearest}.json").read_bytes()
    head, mark, rows = data.partition(_TYPES)
    shared = json.loads(head + mark + b"}}")
    return ClassDefaults(
        version=shared["transformers"],
        shared=shared["shared"],
        generation=shared["generation"],
        types=_Rows(rows),
    )


class _Rows(Mapping[str, TypeDefaults]):
    """Model types, one a line, of which few are ever asked for: each is parsed when it is."""

    def __init__(self, rows: bytes) -> None:
        self._rows = rows
        self._read: dict[str, TypeDefaults | None] = {}

    def __getitem__(self, model_type: str) -> TypeDefaults:
        if model_type not in self._read:
            self._read[model_type] = self._find(model_type)
        if (row := self._read[model_type]) is None:
            raise KeyError(model_type)
        return row

    def __iter__(self) -> Iterator[str]:
        return (json.loads(line.partition(b": ")[0]) for line in self._rows.splitlines()[1:-2])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _find(self, model_type: str) -> TypeDefaults | None:
        name = b"\n" + json.dumps(model_type).encode() + b": "
        start = self._rows.find(name)
        if start < 0:
            return None
        end = self._rows.index(b"\n", start + 1)
        return _row(json.loads(self._rows[start + len(name) : end].rstrip(b",")))


def _row(values: dict[str, Any]) -> TypeDefaults:
    return TypeDefaults(
        values=values.get("values", {}),
        derived=frozenset(values.get("derived", ())),
        parts=values.get("parts", {}),
        given=values.get("given", {}),
        aliases=values.get("aliases", {}),
        layers=tuple(values.get("layers", ())),
        flat=values.get("flat", ""),
    )
