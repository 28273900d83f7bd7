"""Everything that one diagnosis learned: the store, the export and the share."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from slowlens.diagnose import Found, Outcome
from slowlens.facts.checkpoint import CONFIG, FileProblem
from slowlens.facts.difference import Diff
from slowlens.facts.environment import Environment
from slowlens.facts.layers.memory import Memory
from slowlens.facts.live.imported import Imported
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.provenance import Writer
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import Settings
from slowlens.frozen import dataclass, field
from slowlens.standing import Silence, Standing, standings

SCHEMA_VERSION = 2


class Stamp(NamedTuple):
    """What a run gets when it is made."""

    id: str
    created: str


def stamp() -> Stamp:
    """Return an id, which sorts behind all earlier ones, and the time, in UTC.

    Behind the second follow ticks of it, 15 µs each, and chance for what another process makes.
    """
    second, rest = divmod(time.time_ns(), 10**9)
    now = time.gmtime(second)
    suffix = f"{rest * 0x10000 // 10**9:04x}{os.urandom(1).hex()}"
    id_ = f"{time.strftime('%Y%m%d-%H%M%S', now)}-{suffix}"
    return Stamp(id_, time.strftime("%Y-%m-%dT%H:%M:%S+00:00", now))


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
    modified: Mapping[str, float] = field(default_factory=dict[str, float])
    """When each weights file was last written, in Unix time: their digests would take long."""
    origin: str = ""
    """``org/name@commit`` where it is a model of the hub, and ``path`` is in a cache."""
    memory: Memory | None = None
    """What a load without arguments takes; None in runs of older versions."""

    @property
    def title(self) -> str:
        """What people call it: the name of the folder, or the id with a short commit."""
        repo, _, commit = self.origin.partition("@")
        return f"{repo}@{commit[:7]}" if repo else Path(self.path).name

    @property
    def argument(self) -> str:
        """What to pass to a command to get the same."""
        return self.origin or self.path

    @property
    def weights(self) -> Mapping[str, tuple[int | None, float]]:
        """Size and time of each weights file, to tell them from others of the same name."""
        return {name: (self.files.get(name), time) for name, time in self.modified.items()}

    def same_files(self, other: "CheckpointSummary") -> bool:
        """Whether both are of the very same files, as far as digests, sizes and times tell."""
        mine = (self.sha256, self.files, self.modified)
        return mine == (other.sha256, other.files, other.modified)


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
    judged: tuple[Runtime, ...] = ()
    """The runtimes whose findings count, empty for all."""
    judged_because: str = ""
    """Why these, where nobody named them and no transformers is installed."""
    silences: tuple[Silence, ...] = ()
    """The silences that cover this checkpoint, whether or not there is something to silence."""
    provenance: tuple[Writer, ...] = ()
    """Who most likely wrote merged."""
    imported: Imported | None = None
    """The result of another benchmark; nothing was checked then, and merged is only a name."""
    redacted: Mapping[str, int] = field(default_factory=dict[str, int])
    """How much of which kind a report has left out of it; empty as it was kept."""
    schema_version: int = SCHEMA_VERSION

    @property
    def unloadable(self) -> FileProblem | None:
        """Why config.json could not be read, where that is so: nothing loads without it."""
        unread = (p for p in self.problems if p.file == CONFIG and CONFIG not in self.merged.sha256)
        return next(unread, None)

    @property
    def findings(self) -> tuple[Found, ...]:
        """What counts: rule and finding, the gravest first."""
        return self.standings[Standing.COUNTED]

    @property
    def standings(self) -> Mapping[Standing, tuple[Found, ...]]:
        """All findings by what they mean for the verdict."""
        silenced = {silence.rule for silence in self.silences}
        return standings(self.outcomes, self.judged, silenced)
