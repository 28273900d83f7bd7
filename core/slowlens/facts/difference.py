"""One difference between two checkpoints, and what it has an effect on."""

from enum import StrEnum

from slowlens.frozen import dataclass
from slowlens.jsonvalue import ABSENT, Absent, Json


class Effect(StrEnum):
    """What a difference changes, the most urgent first."""

    SPEED = "speed"
    LENGTH = "length"
    MEMORY = "memory"
    OUTPUT = "output"
    COSMETIC = "cosmetic"

    @property
    def rank(self) -> int:
        """Order from the most urgent, 0."""
        return list(Effect).index(self)


@dataclass(frozen=True, slots=True)
class Difference:
    """One key of one file, or one group of tensors, that differs."""

    file: str
    key: str
    """Dotted path of the key, or a tensor name with ``*`` for the layer number."""
    source: Json | Absent = ABSENT
    merged: Json | Absent = ABSENT
    effect: Effect = Effect.OUTPUT
    note: str = ""
    """What it means, or why it changes nothing."""


@dataclass(frozen=True, slots=True)
class Diff:
    """All differences, ranked; ``unchanged`` are those that change nothing."""

    differences: tuple[Difference, ...] = ()
    unchanged: tuple[Difference, ...] = ()
