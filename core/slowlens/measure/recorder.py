"""Events in, a Measurement out, at any moment."""

from dataclasses import dataclass, field, replace

from slowlens.facts.environment import Environment
from slowlens.facts.live.measurement import LoadedModel, Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Generation, Step
from slowlens.facts.live.trial import Finish, Trial
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens.measure.protocol import Event, Loaded, Started, Stepped, TrialFinished, TrialStarted


@dataclass(slots=True)
class _Open:
    """The trial that is running."""

    trial: Trial
    prompt_tokens: int
    steps: list[Step] = field(default_factory=list[Step])
    text: list[str] = field(default_factory=list[str])

    def generation(self, seconds: float, finish: Finish) -> Generation:
        steps, text = tuple(self.steps), "".join(self.text)
        return Generation(self.trial, self.prompt_tokens, steps, seconds, finish, text)


class Recorder:
    """Folds the events of one session; not thread-safe."""

    def __init__(self, plan: Plan) -> None:
        self._plan = replace(plan, prompt=plan.prompt or DEFAULT_PROMPT)
        self._trials: tuple[Trial, ...] = ()
        self._environment: Environment | None = None
        self._models: list[LoadedModel] = []
        self._generations: list[Generation] = []
        self._open: _Open | None = None

    def apply(self, event: Event) -> None:
        """Take note of one event; those that change no fact are ignored."""
        match event:
            case Started(environment, trials):
                self._environment, self._trials = environment, trials
            case Loaded(model):
                self._add(model)
            case TrialStarted(trial, prompt_tokens):
                self._open = _Open(self._trials[trial], prompt_tokens)
            case Stepped(_, steps, text) if self._open:
                self._open.steps += steps
                self._open.text.append(text)
            case TrialFinished(_, seconds, finish) if self._open:
                self._generations.append(self._open.generation(seconds, finish))
                self._open = None
            case _:
                pass

    def measurement(self, status: Status, error: str = "", hint: str = "") -> Measurement:
        """Return what is known so far; a trial that is cut off after a step counts as stopped."""
        generations = list(self._generations)
        if self._open and self._open.steps:
            seconds = sum(step.seconds for step in self._open.steps)
            generations.append(self._open.generation(seconds, Finish.STOPPED))
        return Measurement(
            self._plan,
            status,
            tuple(self._models),
            tuple(generations),
            self._environment,
            error,
            hint,
        )

    def _add(self, model: LoadedModel) -> None:
        """Keep the first load only: where memory is short, models are loaded again and again."""
        if all(known.subject is not model.subject for known in self._models):
            self._models.append(model)
