"""A diff as JSON; a key that is absent in a checkpoint is absent here too."""

import json
from dataclasses import fields

from slowlens.facts.difference import Diff, Difference
from slowlens.jsonvalue import ABSENT, Json

SCHEMA_VERSION = 1


def render(diff: Diff) -> str:
    """Render all differences, those that change nothing apart."""
    values = {
        "schema_version": SCHEMA_VERSION,
        "differences": [_row(difference) for difference in diff.differences],
        "unchanged": [_row(difference) for difference in diff.unchanged],
    }
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _row(difference: Difference) -> dict[str, Json]:
    found = ((field.name, getattr(difference, field.name)) for field in fields(difference))
    return {name: value for name, value in found if value is not ABSENT}
