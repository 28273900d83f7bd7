"""The page on the run file names everything that is in one."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import pytest

from runs import a_measurement, a_run
from slowlens.codec import encode
from slowlens.run import SCHEMA_VERSION, Run

PAGE = (Path(__file__).parents[2] / "docs" / "run-format.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([^`\n]+)`", PAGE))


def kinds(kind: Any) -> Iterator[type]:
    """Every class that a value of ``kind`` may hold."""
    for inner in get_args(kind):
        yield from kinds(inner)
    if isinstance(kind, type) and is_dataclass(kind):
        yield kind
        for field in fields(kind):
            yield from kinds(field.type)
    elif isinstance(kind, type) and issubclass(kind, StrEnum):
        yield kind


def words(kind: type) -> set[str]:
    if issubclass(kind, StrEnum):
        return {str(member) for member in kind}
    return {field.name for field in fields(kind)}


def test_every_key_of_a_run_is_named() -> None:
    run = json.loads(encode(a_run(a_measurement())))
    assert run.keys() <= NAMED
    assert f"| `schema_version` | {SCHEMA_VERSION};" in PAGE


@pytest.mark.parametrize("kind", sorted(set(kinds(Run)), key=lambda kind: kind.__name__))
def test_every_key_and_every_word_inside_is_named(kind: type) -> None:
    assert words(kind) <= NAMED
