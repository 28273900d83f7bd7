"""The config of the part of a model that writes text, class defaults included."""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import CONFIG, TEXT_CONFIG_KEYS, Checkpoint
from slowlens.facts.decoding.generation import decoder_pointer
from slowlens.facts.defaults import ClassDefaults, TypeDefaults
from slowlens.frozen import dataclass, field
from slowlens.jsonvalue import ABSENT, Absent, Json, JsonObject, lookup

TEXT = "text_config"


@dataclass(frozen=True, slots=True)
class Decoder:
    """What config.json says about the part that writes text, and what its class adds."""

    values: JsonObject
    model_type: str
    row: TypeDefaults = field(default_factory=TypeDefaults)

    def get(self, name: str) -> Json | Absent:
        """Return a key's value under any of its names, the class default where none is written."""
        names = tuple(self._names(name))
        for values in (self.values, self.row.values):
            for one in names:
                if (found := values.get(one)) is not None:
                    return found
        return None if name in self.values or name in self.row.values else ABSENT

    def number(self, *names: str) -> int | None:
        """Return the first of ``names`` that is a positive whole number of a credible size."""
        found = (self.get(name) for name in names)
        return next((n for n in found if type(n) is int and 0 < n < 1 << 40), None)

    def knows(self, name: str) -> bool:
        """Whether its class reads a key; any key where the class is not known."""
        values = self.row.values
        return not values or any(one in values for one in self._names(name))

    def written(self, name: str) -> Json | Absent:
        """Return what the file itself says."""
        return self.values.get(name, ABSENT)

    def _names(self, name: str) -> Iterator[str]:
        yield name
        if name in self.row.aliases:
            yield self.row.aliases[name]
        yield from (alias for alias, of in self.row.aliases.items() if of == name)


def decoder_of(checkpoint: Checkpoint, defaults: ClassDefaults) -> Decoder:
    """Find the part that writes text; keys at the top level count where its class says so."""
    config = checkpoint.values(CONFIG) or {}
    pointer = decoder_pointer(config) or _of_own_code(config)
    nested = lookup(config, pointer)
    values = nested if isinstance(nested, Mapping) else {}
    model_type = defaults.type_at(config, pointer)
    if top := defaults.of(checkpoint.model_type):
        part = top.flat or TEXT
        if top.flat:
            values = {**config, **values}
        elif not pointer and part in top.parts:
            values = top.given.get(part, {})
        model_type = model_type if pointer else top.parts.get(part, model_type)
    return Decoder(values, model_type, defaults.of(model_type) or TypeDefaults())


def _of_own_code(config: JsonObject) -> tuple[str, ...]:
    """Return where models with code of their own nest it, under names of their own."""
    nested = (key for key in TEXT_CONFIG_KEYS if isinstance(config.get(key), Mapping))
    return tuple(nested)[:1]
