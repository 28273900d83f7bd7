"""A session while it runs: one line per trial on stderr, or raw events on stdout."""

import json

from slowlens.cli.gpuline import GpuLine
from slowlens.cli.loadlines import LoadLines
from slowlens.cli.statusline import StatusLine
from slowlens.cli.trialline import NAME, beside, figures, fitting, title
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Purpose, Trial
from slowlens.measure.events import (
    Compared,
    Event,
    Loaded,
    Loading,
    LoadProgress,
    Planned,
    Profiled,
    Sampled,
    Started,
    Stepped,
    TrialFailed,
    TrialFinished,
    TrialStarted,
    WarmingUp,
)
from slowlens.measure.protocol import to_json
from slowlens.measure.stages import Stage, place_of, stage_of
from slowlens.reports.called import called
from slowlens.reports.tables import prose
from slowlens.reports.units import size

SHOWN = ("torch", "transformers")
_SILENT = {
    Purpose.PROFILE: ("recording every kernel of the GPU", "kernels recorded"),
    Purpose.EQUALITY: ("comparing with the cache on", "compared with the cache on"),
}
"""Trials that report no steps: what is said while they run, and then."""


def print_event(event: Event) -> None:
    """Write one event as a JSON line on stdout."""
    print(json.dumps(to_json(event)), flush=True)


class Progress:
    """Says what is going on; where stderr is a terminal, the line of a trial keeps moving."""

    def __init__(self, name: str = "", *, made_up: bool = False) -> None:
        """``name`` stands where merged would; ``made_up`` is a model of random weights."""
        self._line, self._named = StatusLine(), called(name)
        self._models = LoadLines(self._named, made_up=made_up)
        self._trials: tuple[Trial, ...] = ()
        self._steps: list[Step] = []
        self._stage: Stage | None = None
        self._gpus = GpuLine()
        self._why = ""
        """Why the last trial could not be run: if nothing follows, it ends the session, and whoever
        tells that tells why."""

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if self._why and not isinstance(event, Sampled):
            self._say(f"  {self._named(self._why)}")
            self._why = ""
        match event:
            case TrialStarted(trial):
                self._steps = []
                self._gpus.begin()
                self._enter(trial)
                self._show(trial)
            case Stepped(trial, steps):
                self._steps += steps
                self._show(trial)
            case TrialFinished(trial):
                self._over(trial, *self._figures(trial))
            case TrialFailed(trial, failure):
                self._over(trial, "could not be run")
                self._why = failure.message
            case Profiled(profile):
                self._noted(Purpose.PROFILE, profile.subject, profile.cache)
            case Compared(equality):
                self._noted(Purpose.EQUALITY, equality.subject, Cache.OFF)
            case _:
                self._between_trials(event)

    def _over(self, trial: int, *told: str) -> None:
        self._enter(trial)
        indent = len(self._number(trial)) + 1 + NAME
        self._line.say(fitting(self._name(trial), told, indent))
        self._say(self._gpus.over())
        if trial + 1 < len(self._trials):
            self._ahead(trial + 1)

    def _noted(self, purpose: Purpose, subject: str, cache: Cache) -> None:
        """Say that a trial is over whose beginning nobody tells."""
        kind = purpose, subject, cache
        for number, trial in enumerate(self._trials):
            if (trial.purpose, trial.subject, trial.cache) == kind:
                self._over(number, _SILENT[purpose][1])

    def _enter(self, trial: int) -> None:
        """Say which stage begins, where one does."""
        stage = stage_of(self._trials[trial])
        if stage is not self._stage:
            self._stage = stage
            self._line.say(f"{stage}:")

    def _ahead(self, number: int) -> None:
        """Say what is going on while nothing is told."""
        if doing := _SILENT.get(self._trials[number].purpose):
            self._line.move(f"{self._name(number)}  {doing[0]}…")

    def _between_trials(self, event: Event) -> None:
        match event:
            case Started() | Planned():
                self._planned(event)
            case Loading():
                self._line.say(self._models.loading(event))
            case LoadProgress(subject, done, bytes_):
                name = self._named(subject)
                self._line.move(f"loading {name}: {size(done)} of {size(bytes_)}")
            case WarmingUp(subject, cache):
                label = Trial(subject, cache, Purpose.SPEED, 0).label
                self._line.move(f"warming up {self._named(label)}…")
            case Loaded(model):
                for text in self._models.loaded(model):
                    self._say(text)
            case Sampled(samples):
                self._say(self._gpus.look(samples))
            case _:
                pass

    def _planned(self, event: Started | Planned) -> None:
        self._trials = event.trials
        if isinstance(event, Started):
            versions = event.environment.packages
            self._line.say(", ".join(f"{name} {versions[name]}" for name in SHOWN))

    def _say(self, text: str) -> None:
        """Write what may be long, if there is anything to write."""
        if text:
            self._line.say("\n".join(prose(text, hanging="    ")))

    def _show(self, trial: int) -> None:
        self._line.move(beside(self._name(trial), self._figures(trial)))

    def _figures(self, index: int) -> tuple[str, ...]:
        trial = self._trials[index]
        done = f"{len(self._steps):>4}/{trial.new_tokens} tokens"
        return (done, *figures(self._steps, trial.purpose))

    def _name(self, index: int) -> str:
        return f"{self._number(index)} {self._named(title(self._trials[index])):<{NAME}}"

    def _number(self, index: int) -> str:
        place = place_of(index, self._trials)
        return f"[{place.number:>2}/{place.total}]"
