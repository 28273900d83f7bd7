"""Everything that one diagnosis learned: the store, the export and the share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slowlens.diagnose import Outcome
from slowlens.facts.checkpoint import FileProblem
from slowlens.facts.difference import Diff
from slowlens.facts.environment import Environment
from slowlens.facts.measurement import Measurement
from slowlens.facts.settings import Settings

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class CheckpointSummary:
    """What a run keeps of a checkpoint; sizes in bytes."""

    path: str
    model_type: str
    files: Mapping[str, int]
    parameters: int
    weights_size: int
    dtype_sizes: Mapping[str, int]
    sha256: Mapping[str, str] = field(default_factory=dict[str, str])
    """Digest of each JSON file that was read."""


@dataclass(frozen=True, slots=True)
class Run:
    """One diagnosis of ``merged``, with what was measured if it was."""

    id: str
    created: str
    """UTC, ISO 8601."""
    slowlens: str
    environment: Environment
    merged: CheckpointSummary
    source: CheckpointSummary | None
    settings: Settings
    """Effective settings of merged."""
    source_settings: Settings
    answer: str
    """Why is it slow, in one sentence."""
    outcomes: tuple[Outcome, ...]
    problems: tuple[FileProblem, ...] = ()
    diff: Diff | None = None
    measurement: Measurement | None = None
    schema_version: int = SCHEMA_VERSION
