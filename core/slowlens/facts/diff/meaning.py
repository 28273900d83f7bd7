"""What a difference in config.json means, given the rest of the two checkpoints."""

from collections.abc import Mapping

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG, Checkpoint
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff.effects import CONFIG as TABLE
from slowlens.facts.diff.effects import GENERATION, Meaning, dtype_effect, meaning
from slowlens.facts.difference import Difference, Effect
from slowlens.frozen import dataclass, replace
from slowlens.jsonvalue import ABSENT, Pointer

_LOOPS = "only for loops of one's own around the model: generate() reads generation_config.json"
_NOT_HERE = "generate() reads generation_config.json instead"
_ALONE = "generate() reads it here, as there is no generation_config.json"
_VOID = "transformers 4 may throw generation_config.json away and read this (_from_model_config)"
_UNKNOWN_KEY = "the config class has no such key"


@dataclass(frozen=True, slots=True)
class ConfigMeaning:
    """The tables, and what the class of the merged checkpoint knows."""

    source: Checkpoint
    merged: Checkpoint
    defaults: ClassDefaults

    def __call__(self, pointer: Pointer) -> Meaning:
        """Return the effect of a key; one that its class does not have changes nothing."""
        found = meaning(pointer, {**GENERATION, **TABLE})
        if not found.known and self._foreign(pointer):
            return Meaning(Effect.COSMETIC, _UNKNOWN_KEY, known=False)
        key = pointer[-1]
        if key in GENERATION and not key.startswith("output_"):
            return self._generation_key(key, found)
        return found

    def by_value(self, difference: Difference) -> Difference:
        """Let the two values decide what a change of dtype does."""
        values = difference.source, difference.merged
        if difference.key.rpartition(".")[2] in {"dtype", "torch_dtype"} and ABSENT not in values:
            return replace(difference, effect=dtype_effect(*values))
        return difference

    def _generation_key(self, key: str, found: Meaning) -> Meaning:
        """Say what a generation key still decides in config.json."""
        sides = self.source, self.merged
        if not all(side.values(GENERATION_CONFIG) is not None for side in sides):
            return Meaning(found.effect, f"{found.note}; {_ALONE}")
        if any(side.get(GENERATION_CONFIG, "_from_model_config") is True for side in sides):
            return Meaning(found.effect, f"{_LOOPS}; but {_VOID}" if key == "use_cache" else _VOID)
        if key == "use_cache":
            return Meaning(found.effect, _LOOPS)
        return Meaning(Effect.COSMETIC, _NOT_HERE)

    def _foreign(self, pointer: Pointer) -> bool:
        """Whether the config class that the pointer leads into is known, and lacks the key."""
        values, depth = self.merged.values(CONFIG) or {}, 0
        row = self.defaults.of(self.merged.model_type)
        while row and depth < len(pointer) - 1 and self._is_part(pointer[: depth + 1], row.parts):
            depth += 1
            row = self.defaults.of(self.defaults.type_at(values, pointer[:depth]))
        if row is None:
            return False
        return pointer[depth] not in {**self.defaults.shared, **row.values}

    def _is_part(self, pointer: Pointer, parts: Mapping[str, str]) -> bool:
        return pointer[-1] in parts
