"""Effective settings: the value each runtime ends up with, and the file that decided it."""

from collections.abc import Mapping
from typing import TypeAlias

from slowlens.facts.runtimes import Runtime
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Json

DEFAULT = "default"
"""``decided_by`` when no file says anything: the library's own default."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The value a runtime ends up with, and the file that decided it."""

    value: Json
    decided_by: str
    note: str = ""
    """Why it is not what the file seems to say."""
    fails: bool = False
    """The runtime cannot load or run the checkpoint because of this value; ``note`` says how."""


Settings: TypeAlias = Mapping[str, Mapping[Runtime, Setting]]
"""Setting name to runtime to value; a runtime that has no such setting is left out."""
