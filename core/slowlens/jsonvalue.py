"""JSON values, and the difference between null and not there."""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from math import inf, isfinite
from typing import Final, Literal, TypeAlias

Json: TypeAlias = "None | bool | int | float | str | Sequence[Json] | Mapping[str, Json]"
JsonObject: TypeAlias = Mapping[str, Json]
Pointer: TypeAlias = tuple[str, ...]


class _Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return "<absent>"


ABSENT: Final = _Absent.ABSENT
"""The key is missing from the file, which is not the same as ``null``."""

Absent: TypeAlias = Literal[_Absent.ABSENT]


def lookup(values: JsonObject, pointer: Pointer) -> Json | Absent:
    """Follow ``pointer`` into ``values``; ``ABSENT`` where it leads nowhere."""
    here: Json = values
    for key in pointer:
        if not isinstance(here, Mapping) or key not in here:
            return ABSENT
        here = here[key]
    return here


def same(left: Json | Absent, right: Json | Absent) -> bool:
    """Compare as JSON does: ``true`` is not ``1``, but ``1`` is ``1.0``."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right or (left != left and right != right)  # two NaNs are alike


def whole(value: Json | Absent) -> int | None:
    """Return a whole number; None for anything else, ``true`` and ``1.0`` included."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def finite(value: Json) -> Json:
    """Replace infinity and NaN, which are no JSON, by what transformers 5 writes for them."""
    match value:
        case float() if not isfinite(value):
            return {"__float__": {inf: "Infinity", -inf: "-Infinity"}.get(value, "NaN")}
        case Mapping():
            return {key: finite(item) for key, item in value.items()}
        case list() | tuple():
            return [finite(item) for item in value]
        case _:
            return value


def written(value: Json | Absent, longest: int = 60) -> str:
    """Write a value as a JSON file does, on one line, shortened where it is long."""
    text = "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
