"""A run as JSON text and back. A key that is absent in a checkpoint is absent here too."""

import json
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from cattrs import BaseValidationError, Converter
from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from slowlens.errors import RunFileError
from slowlens.facts.difference import Difference, Effect
from slowlens.facts.live.columns import register_steps
from slowlens.facts.live.samplecolumns import register_samples
from slowlens.facts.provenance import Trace
from slowlens.facts.settings import Setting
from slowlens.findings import Edit, Evidence, ValueEvidence
from slowlens.jsonvalue import ABSENT, finite
from slowlens.run import SCHEMA_VERSION, Run

MAY_BE_ABSENT: dict[type, tuple[str, ...]] = {
    Edit: ("before", "after"),
    ValueEvidence: ("found",),
    Difference: ("source", "merged"),
}
"""Fields whose key is left out when their value is ``ABSENT``."""

Plain = TypeVar("Plain", Setting, Edit, ValueEvidence, Difference, Trace)


def encode(run: Run) -> str:
    """Write a run as indented JSON with a final newline."""
    values = to_json(run)
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:  # the name of a folder need not be text
        return json.dumps(values, indent=2, allow_nan=False) + "\n"
    return text


def decode(text: str) -> Run:
    """Read a run; RunFileError when it is none, or of a newer schema."""
    hint = "It may come from another version of slowlens, or from a run that was cut off."
    try:
        values = json.loads(text)
        version = values["schema_version"]
    except (TypeError, KeyError) as error:
        other = "Results of other tools are read by `slowlens import`."
        raise RunFileError("This is not a run file: no schema_version", hint=other) from error
    except (ValueError, RecursionError) as error:
        raise RunFileError(f"This is not a run file: {error}", hint=hint) from error
    if not isinstance(version, int):
        raise RunFileError(f"This is not a run file: its schema is {version!r}", hint=hint)
    if version > SCHEMA_VERSION:
        message = f"The run file has schema {version}; this slowlens reads up to {SCHEMA_VERSION}"
        raise RunFileError(message, hint="Update slowlens.")
    try:
        return _converter().structure(values, Run)
    except (BaseValidationError, ValueError, TypeError, KeyError) as error:
        raise RunFileError(f"The run file is damaged: {type(error).__name__}", hint=hint) from error


def to_json(run: Run) -> dict[str, Any]:
    """Return a run as JSON values, the schema version first."""
    values: dict[str, Any] = _converter().unstructure(run)
    return {"schema_version": values.pop("schema_version"), **values}


@cache
def _converter() -> Converter:
    converter = make_converter()
    register_steps(converter)
    register_samples(converter)
    for kind in (Setting, Edit, ValueEvidence, Difference, Trace):
        converter.register_unstructure_hook(kind, _present)
        converter.register_structure_hook(kind, _structure)
    configure_tagged_union(Evidence, converter, tag_name="kind")
    return converter


def _present(value: Plain) -> dict[str, Any]:
    """Return the fields that are not ``ABSENT``; their values are JSON but for NaN."""
    found = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: finite(item) for name, item in found if item is not ABSENT}


def _structure(values: dict[str, Any], kind: type[Plain]) -> Plain:
    known = {field.name for field in fields(kind)}
    values = {key: value for key, value in values.items() if key in known}
    missing = dict.fromkeys(MAY_BE_ABSENT.get(kind, ()), ABSENT)
    if "pointer" in values:
        values["pointer"] = tuple(values["pointer"])
    if kind is Difference:
        values["effect"] = Effect(values["effect"])
    return kind(**{**missing, **values})
