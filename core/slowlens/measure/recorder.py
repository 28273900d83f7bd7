"""Events in, a Measurement out, at any moment."""

from dataclasses import dataclass, field

from slowlens.facts.environment import Environment
from slowlens.facts.live.device import Peaks, Profile
from slowlens.facts.live.equality import Equality
from slowlens.facts.live.measurement import Failure, LoadedModel, Measurement, Status, WarmUp
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Trial
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
from slowlens.measure.running import Running
from slowlens.measure.thinning import Thinned


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
        self._running: Running | None = None
        self._facts = _Facts()

    def apply(self, event: Event) -> None:
        """Take note of one event; those that change no fact are ignored."""
        match event:
            case Planned(trials):
                self._trials = trials
            case TrialStarted():
                self._running = Running(self._trials[event.trial], event)
            case Stepped() if self._running:
                self._running.add(event)
            case TrialFinished() if self._running:
                self._generations.append(self._running.finished(event))
                self._running = None
            case TrialFailed(_, failure):
                self._facts.failures.append(failure)
                self._running = None
            case _:
                self._learn(event)

    def measurement(self, status: Status, error: str = "", hint: str = "") -> Measurement:
        """Return what is known so far; a trial that is cut off after a step counts as stopped."""
        partial = self._running.cut_off() if self._running else None
        generations = [*self._generations, *([partial] if partial else [])]
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
