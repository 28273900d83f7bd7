"""Everything that one measuring session learned."""

from collections.abc import Mapping
from enum import StrEnum

from slowlens.facts.environment import Device, Environment
from slowlens.facts.live.device import DeviceSample, Peaks, Profile
from slowlens.facts.live.equality import Equality
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Purpose, Trial
from slowlens.facts.runtimes import Runtime, generate_of
from slowlens.frozen import dataclass, field

TIMED = (Purpose.SPEED, Purpose.CURVE)


class Status(StrEnum):
    """How far a session came."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A checkpoint in memory, as its files asked for."""

    subject: str
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
    missing_names: tuple[str, ...] = ()
    """The first of them."""
    unexpected: int = 0
    """Tensors in the files that the model has no place for."""
    unexpected_names: tuple[str, ...] = ()
    mismatched: int = 0
    """Tensors whose shape is another than the model's, so that they are random."""
    mismatched_names: tuple[str, ...] = ()
    model_type: str = ""
    placed: Mapping[str, int] = field(default_factory=dict[str, int])
    """Bytes of weights by where they are: ``cuda:0``, ``cpu``, ``disk``."""
    memory: Mapping[str, int] = field(default_factory=dict[str, int])
    """Bytes that torch holds on each GPU once it is loaded."""
    weights_read: int = 0
    """Bytes of weights that one decode step reads: all but lookup tables and idle experts."""
    active_parameters: int = 0
    """Parameters that multiply one token."""
    beams: int = 1
    """Beams that it ships."""
    sequences: int = 1
    """Answers to each prompt that it ships."""
    cache_implementation: str = ""
    """As its generation config asks for."""
    thinks: bool | None = None
    """Whether its chat template opens a block of thoughts; None without a tokenizer."""
    gpus: tuple[str, ...] = ()
    """``uuid`` of every GPU that holds weights; empty where ``device`` is the only one."""
    shards: tuple[int, ...] = ()
    """Bytes of weights in each process of a tensor parallel run; empty for a single one."""
    head_parameters: int | None = None
    """Parameters of the output head, which are active too; None in runs of older versions."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What went before the timed trials of one subject and setting, and is in none of them."""

    subject: str
    cache: Cache
    first: float
    """Seconds of the first generation: lazy loading, compilation and tuning are in it."""
    runs: int
    steady: bool
    """Whether the last three differed by less than 5 % (coefficient of variation)."""
    last: float = 0
    """Seconds of the last one."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A trial that could not be run while the others could. Bytes, None when not known."""

    trial: Trial
    message: str
    hint: str = ""
    needed: int | None = None
    free: int | None = None


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
    warm_ups: tuple[WarmUp, ...] = ()
    peaks: Peaks | None = None
    samples: tuple[DeviceSample, ...] = ()
    profiles: tuple[Profile, ...] = ()
    equalities: tuple[Equality, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def runtime(self) -> Runtime:
        """The runtime that was measured, by the version of transformers."""
        packages = self.environment.packages if self.environment else {}
        return generate_of(packages.get("transformers", ""))

    @property
    def timed(self) -> tuple[tuple[str, Cache], ...]:
        """Every kind of trial that was timed, subject and cache, in the order of first runs."""
        trials = (g.trial for g in self.generations if g.trial.purpose in TIMED)
        return tuple(dict.fromkeys((trial.subject, trial.cache) for trial in trials))

    def model(self, subject: str) -> LoadedModel | None:
        """Return what was loaded as ``subject``."""
        return next((model for model in self.models if model.subject == subject), None)

    def find(self, subject: str, cache: Cache, purpose: Purpose) -> tuple[Generation, ...]:
        """Return the finished generations of one kind, in the order in which they ran."""
        return tuple(
            g
            for g in self.generations
            if (g.trial.subject, g.trial.cache, g.trial.purpose) == (subject, cache, purpose)
        )
