"""What a key means when it is missing: the defaults of transformers' config classes."""

from collections.abc import Mapping

from slowlens.frozen import dataclass, field
from slowlens.jsonvalue import ABSENT, Absent, Json, JsonObject, Pointer, lookup


@dataclass(frozen=True, slots=True)
class TypeDefaults:
    """The defaults of one config class, as far as they differ from what all classes share."""

    values: JsonObject = field(default_factory=dict[str, Json])
    """A key whose default is derived from other keys (``head_dim``) is null, or "auto"."""
    derived: frozenset[str] = frozenset()
    """Such keys, where the derivation is more than a formula that Slowlens knows."""
    parts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Nested config to the model type it has unless the file names another."""
    given: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    """What a nested config is given when the file does not mention it at all."""
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """Other names under which keys may be written."""
    layers: tuple[str, ...] = ()
    """Repeated, these are the ``layer_types`` of a model of any depth."""
    flat: str = ""
    """The part whose keys may stand at the top level instead."""


@dataclass(frozen=True, slots=True)
class ClassDefaults:
    """The defaults of one major version of transformers; ``version`` is the exact one."""

    version: str = ""
    shared: JsonObject = field(default_factory=dict[str, Json])
    generation: JsonObject = field(default_factory=dict[str, Json])
    """What ``generate()`` uses where generation_config.json says nothing."""
    types: Mapping[str, TypeDefaults] = field(default_factory=dict[str, TypeDefaults])

    def of(self, model_type: str) -> TypeDefaults | None:
        """Return the defaults of a model type, None when transformers does not know it."""
        return self.types.get(model_type)

    def value(self, model_type: str, key: str) -> Json | Absent:
        """Return a key's default; ``ABSENT`` for a key or model type that is not known.

        Null may also mean that the value is derived from other keys.
        """
        row = self.types.get(model_type)
        if row is None:
            return ABSENT
        key = row.aliases.get(key, key)
        return row.values[key] if key in row.values else self.shared.get(key, ABSENT)

    def value_at(self, config: JsonObject, pointer: Pointer) -> Json | Absent:
        """Return the default for a pointer into a config.json, nested configs included."""
        return self.value(self.type_at(config, pointer[:-1]), pointer[-1])

    def type_at(self, config: JsonObject, part: Pointer) -> str:
        """Return the model type of the nested config at ``part``, empty when not known.

        The file's own word counts, unless it repeats its parent's or names an unknown type.
        """
        written = lookup(config, (*part, "model_type"))
        own = written if isinstance(written, str) else ""
        if not part:
            return own
        parent = self.type_at(config, part[:-1])
        if own != parent and own in self.types:
            return own
        row = self.types.get(parent)
        return row.parts.get(part[-1], own) if row else own
