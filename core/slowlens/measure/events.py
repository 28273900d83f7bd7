"""What a session tells as it goes on: each event is one line across the process boundary."""

from typing import TypeAlias

from slowlens.facts.environment import Environment
from slowlens.facts.live.device import DeviceSample, Peaks, Profile
from slowlens.facts.live.equality import Equality
from slowlens.facts.live.measurement import Failure, LoadedModel, WarmUp
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Trial
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """The worker has imported torch and read the plan."""

    environment: Environment
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What the first trials showed decides which follow: these take the place of those known."""

    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class Loading:
    """A checkpoint is about to be loaded; ``size`` in bytes."""

    subject: str
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """``done`` of ``size`` bytes are where they belong."""

    subject: str
    done: int
    size: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checkpoint is in memory."""

    model: LoadedModel


@dataclass(frozen=True, slots=True)
class Probed:
    """What the device can do at best."""

    peaks: Peaks


@dataclass(frozen=True, slots=True)
class WarmingUp:
    """A subject is about to run unreported; where it compiles, that takes a minute."""

    subject: str
    cache: Cache


@dataclass(frozen=True, slots=True)
class WarmedUp:
    """The timed trials of one subject and setting may begin."""

    warm_up: WarmUp


@dataclass(frozen=True, slots=True)
class Working:
    """What reports no steps is not over, and does not hang either."""


@dataclass(frozen=True, slots=True)
class Comparing:
    """A subject's results are being compared: ``done`` of ``total`` steps, half with its cache."""

    subject: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """The trial with this index of the newest ``Planned`` or ``Started`` begins."""

    trial: int
    prompt_tokens: int
    at: float
    """On the clock of the samples."""
    image_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Stepped:
    """Steps that ended since the last line, and the text that they added."""

    trial: int
    steps: tuple[Step, ...]
    text: str


@dataclass(frozen=True, slots=True)
class TrialFinished:
    """The trial is over."""

    trial: int
    total_seconds: float
    finish: Finish
    memory_peak: int | None = None
    rows: int = 1
    cache_size: int | None = None
    gpu: tuple[float, ...] = ()
    """Seconds on the GPU of each step, read only now; empty where a step is no pass of its own."""
    passes: int | None = None
    """Of the forward: fewer than steps where several tokens were guessed and held."""


@dataclass(frozen=True, slots=True)
class TrialFailed:
    """One trial could not be run; the others go on."""

    trial: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class Profiled:
    """What the GPU did in a trial."""

    profile: Profile


@dataclass(frozen=True, slots=True)
class Compared:
    """Whether a model says the same with its cache and without."""

    equality: Equality


@dataclass(frozen=True, slots=True)
class Sampled:
    """Looks at the machine since the last such event; they come from the parent."""

    samples: tuple[DeviceSample, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """All trials are over."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker gives up: what happened, and what to do."""

    error: str
    hint: str = ""


Event: TypeAlias = (
    Started
    | Planned
    | Loading
    | LoadProgress
    | Loaded
    | Probed
    | WarmingUp
    | WarmedUp
    | Working
    | Comparing
    | TrialStarted
    | Stepped
    | TrialFinished
    | TrialFailed
    | Profiled
    | Compared
    | Sampled
    | Finished
    | Failed
)
