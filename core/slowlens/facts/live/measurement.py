"""Everything that one measuring session learned."""

from enum import StrEnum

from slowlens.facts.environment import Device, Environment
from slowlens.facts.live.timing import Cache, Generation, Purpose, Subject
from slowlens.frozen import dataclass


class Status(StrEnum):
    """How far a session came."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. ``new_tokens`` steps a timed trial, each trial ``rounds`` times."""

    merged: str
    source: str | None = None
    prompt: str = ""
    new_tokens: int = 64
    rounds: int = 2
    answer_tokens: int = 256
    """Limit of the trials that run until the checkpoint stops by itself."""
    device: str = "auto"
    threads: int = 0
    """CPU threads for torch; 0 leaves one core to whoever watches."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A checkpoint in memory, as its files asked for."""

    subject: Subject
    path: str
    seconds: float
    device: Device
    dtype: str
    attention: str
    parameters: int
    missing: int = 0
    """Tensors that were not in the files, so that they are random."""
    notes: tuple[str, ...] = ()
    """What could not be done as the files ask, in sentences."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A session's plan, what ran, and how it ended."""

    plan: Plan
    status: Status
    models: tuple[LoadedModel, ...] = ()
    generations: tuple[Generation, ...] = ()
    environment: Environment | None = None
    error: str = ""
    hint: str = ""

    def find(self, subject: Subject, cache: Cache, purpose: Purpose) -> tuple[Generation, ...]:
        """Return the finished generations of one kind, in the order in which they ran."""
        return tuple(
            g
            for g in self.generations
            if (g.trial.subject, g.trial.cache, g.trial.purpose) == (subject, cache, purpose)
        )
