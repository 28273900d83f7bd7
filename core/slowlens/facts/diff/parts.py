"""The config classes that a config.json holds: the whole, and what is nested in it."""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import TEXT_CONFIG_KEYS
from slowlens.facts.defaults import ClassDefaults, TypeDefaults
from slowlens.facts.diff.leaves import Leaves, flatten
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Json, JsonObject, Pointer, lookup

MAX_PARTS = 3
"""How deep configs are nested in configs."""


@dataclass(frozen=True, slots=True)
class Part:
    """One config class within config.json: the whole, or a nested part."""

    leaves: Leaves
    at: Pointer
    model_type: str
    row: TypeDefaults | None
    shared: JsonObject


def parts(leaves: Leaves, defaults: ClassDefaults) -> Iterator[Part]:
    """Yield the whole and its parts, with what they are given where the file has them not."""
    values = leaves.values
    for at in _pointers(values, defaults):
        model_type = defaults.type_at(values, at)
        part = Part(leaves, at, model_type, defaults.of(model_type), defaults.shared)
        _give(part, defaults.of(defaults.type_at(values, at[:-1])))
        yield part


def _give(part: Part, parent: TypeDefaults | None) -> None:
    """Fill in what the parent gives a part that the file leaves out altogether."""
    if part.at and parent and not part.leaves.under(part.at):
        for pointer, value in flatten(parent.given.get(part.at[-1], {})):
            part.leaves.fill((*part.at, *pointer), value)


def _pointers(values: JsonObject, defaults: ClassDefaults, at: Pointer = ()) -> Iterator[Pointer]:
    """Yield the whole and its parts, those that the file leaves out as well."""
    yield at
    here = lookup(values, at)
    written = here if isinstance(here, Mapping) else {}
    names = {key for key, value in written.items() if _is_part(key, value)}
    if row := defaults.of(defaults.type_at(values, at)):
        names |= set(row.parts)
    for name in sorted(names) if len(at) < MAX_PARTS else ():
        yield from _pointers(values, defaults, (*at, name))


def _is_part(key: str, value: Json) -> bool:
    named = key.endswith("_config") and key not in {"quantization_config", "compression_config"}
    return isinstance(value, Mapping) and (named or key in TEXT_CONFIG_KEYS)
