"""Events in, a Measurement out, at any moment."""

from dataclasses import dataclass, field

from slowlens.facts.environment import Environment
from slowlens.facts.live.device import Peaks, Profile
from slowlens.facts.live.equality import Equality
from slowlens.facts.live.measurement import Failure, LoadedModel, Measurement, Status, WarmUp
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Generation, Step
from slowlens.facts.live.trial import Finish, Trial
from slowlens.frozen import replace
from slowlens.measure.events import (
    Compared,
    Event,
    Loaded,
    Planned,
    Probed,
    Profiled,
    Sampled,
    Started,
    Stepped,
    TrialFailed,
    TrialFinished,
    TrialStarted,
    WarmedUp,
)
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens.measure.thinning import Thinned


@dataclass(slots=True)
class _Open:
    """The trial that is running."""

    trial: Trial
    started: TrialStarted
    steps: list[Step] = field(default_factory=list[Step])
    text: list[str] = field(default_factory=list[str])

    def generation(self, end: TrialFinished) -> Generation:
        return Generation(
            self.trial,
            self.started.prompt_tokens,
            _with_gpu(self.steps, end.gpu),
            end.total_seconds,
            end.finish,
            "".join(self.text),
            started=self.started.at,
            memory_peak=end.memory_peak,
            rows=end.rows,
            image_tokens=self.started.image_tokens,
            cache_size=end.cache_size,
        )


@dataclass(slots=True)
class _Facts:
    """What was learned beside the generations."""

    environment: Environment | None = None
    peaks: Peaks | None = None
    models: list[LoadedModel] = field(default_factory=list[LoadedModel])
    warm_ups: list[WarmUp] = field(default_factory=list[WarmUp])
    samples: Thinned = field(default_factory=Thinned)
    profiles: list[Profile] = field(default_factory=list[Profile])
    equalities: list[Equality] = field(default_factory=list[Equality])
    failures: list[Failure] = field(default_factory=list[Failure])


class Recorder:
    """Folds the events of one session; not thread-safe."""

    def __init__(self, plan: Plan) -> None:
        self._plan = replace(plan, prompt=plan.prompt or DEFAULT_PROMPT)
        self._trials: tuple[Trial, ...] = ()
        self._generations: list[Generation] = []
        self._open: _Open | None = None
        self._facts = _Facts()

    def apply(self, event: Event) -> None:
        """Take note of one event; those that change no fact are ignored."""
        match event:
            case Planned(trials):
                self._trials = trials
            case TrialStarted():
                self._open = _Open(self._trials[event.trial], event)
            case Stepped(_, steps, text) if self._open:
                self._open.steps += steps
                self._open.text.append(text)
            case TrialFinished() if self._open:
                self._generations.append(self._open.generation(event))
                self._open = None
            case TrialFailed(_, failure):
                self._facts.failures.append(failure)
                self._open = None
            case _:
                self._learn(event)

    def measurement(self, status: Status, error: str = "", hint: str = "") -> Measurement:
        """Return what is known so far; a trial that is cut off after a step counts as stopped."""
        generations = list(self._generations)
        if self._open and self._open.steps:
            seconds = sum(step.seconds for step in self._open.steps)
            generations.append(self._open.generation(TrialFinished(0, seconds, Finish.STOPPED)))
        facts = self._facts
        return Measurement(
            self._plan,
            status,
            tuple(facts.models),
            tuple(generations),
            facts.environment,
            error,
            hint,
            warm_ups=tuple(facts.warm_ups),
            peaks=facts.peaks,
            samples=tuple(facts.samples),
            profiles=tuple(facts.profiles),
            equalities=tuple(facts.equalities),
            failures=tuple(facts.failures),
        )

    def _learn(self, event: Event) -> None:
        facts = self._facts
        match event:
            case Started(environment, trials):
                facts.environment, self._trials = environment, trials
            case Loaded(model):
                self._add(model)
            case Probed(peaks):
                facts.peaks = peaks
            case WarmedUp(warm_up):
                facts.warm_ups.append(warm_up)
            case Sampled(samples):
                facts.samples += samples
            case Profiled(profile):
                facts.profiles.append(profile)
            case Compared(equality):
                facts.equalities.append(equality)
            case _:
                pass

    def _add(self, model: LoadedModel) -> None:
        """Keep the first load only: where memory is short, models are loaded again and again."""
        if all(known.subject != model.subject for known in self._facts.models):
            self._facts.models.append(model)


def _with_gpu(steps: list[Step], seconds: tuple[float, ...]) -> tuple[Step, ...]:
    """Put the times of the GPU, one a pass, to the steps; assisted passes have several steps."""
    if len(seconds) != len(steps):
        return tuple(steps)
    return tuple(replace(step, gpu=gpu) for step, gpu in zip(steps, seconds, strict=True))
