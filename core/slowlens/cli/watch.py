"""A session while it runs: one line per trial on stderr, or raw events on stdout."""

import json

from slowlens.cli.statusline import StatusLine
from slowlens.cli.trialline import figures, title
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
from slowlens.reports.called import called
from slowlens.reports.device import gpus, loaded
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

    def __init__(self, shape: str = "") -> None:
        """``shape`` names the model where it is made up."""
        self._line, self._made_up = StatusLine(called(shape)), bool(shape)
        self._trials: tuple[Trial, ...] = ()
        self._steps: list[Step] = []
        self._running: int | None = None
        self._gpus = ""
        self._why = ""
        """Why the last trial could not be run: if nothing follows, it ends the session, and whoever
        tells that tells why."""

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if self._why and not isinstance(event, Sampled):
            self._line.say(f"  {self._why}")
            self._why = ""
        match event:
            case TrialStarted(trial):
                self._steps, self._running = [], trial
                self._show(trial)
            case Stepped(trial, steps):
                self._steps += steps
                self._show(trial)
            case TrialFinished(trial):
                self._over(trial, self._told(trial))
            case TrialFailed(trial, failure):
                self._over(trial, f"{self._name(trial)}  could not be run")
                self._why = failure.message
            case Profiled(profile):
                self._noted(Purpose.PROFILE, profile.subject, profile.cache)
            case Compared(equality):
                self._noted(Purpose.EQUALITY, equality.subject, Cache.OFF)
            case _:
                self._between_trials(event)

    def _over(self, trial: int, text: str) -> None:
        self._running = None
        self._line.say(text)
        if trial + 1 < len(self._trials):
            self._ahead(trial + 1)

    def _noted(self, purpose: Purpose, subject: str, cache: Cache) -> None:
        """Say that a trial is over whose beginning nobody tells."""
        kind = purpose, subject, cache
        for number, trial in enumerate(self._trials):
            if (trial.purpose, trial.subject, trial.cache) == kind:
                self._over(number, f"{self._name(number)}  {_SILENT[purpose][1]}")

    def _ahead(self, number: int) -> None:
        """Say what is going on while nothing is told."""
        if doing := _SILENT.get(self._trials[number].purpose):
            self._line.move(f"{self._name(number)}  {doing[0]}…")

    def _between_trials(self, event: Event) -> None:
        match event:
            case Started() | Planned():
                self._planned(event)
            case Loading(subject) if self._made_up:
                self._line.say(f"making up {subject} with random weights")
            case Loading(subject, path, bytes_):
                self._line.say(f"loading {subject}: {size(bytes_)} from {path}")
            case LoadProgress(subject, done, bytes_):
                self._line.move(f"loading {subject}: {size(done)} of {size(bytes_)}")
            case WarmingUp(subject, cache):
                self._line.move(f"warming up {Trial(subject, cache, Purpose.SPEED, 0).label}…")
            case Loaded(model):
                self._line.say("\n".join(loaded(model)))
            case Sampled(samples):
                self._looked(", ".join(gpus(samples)))
            case _:
                pass

    def _planned(self, event: Started | Planned) -> None:
        self._trials = event.trials
        if isinstance(event, Started):
            versions = event.environment.packages
            self._line.say(", ".join(f"{name} {versions[name]}" for name in SHOWN))

    def _looked(self, found: str) -> None:
        if found and not self._gpus:
            self._line.say(f"  GPU: {found}")
        self._gpus = f"GPU: {found}" if found else ""
        if self._running is not None:
            self._show(self._running)

    def _show(self, trial: int) -> None:
        self._line.move(self._told(trial))

    def _told(self, index: int) -> str:
        trial = self._trials[index]
        parts = [
            self._name(index),
            f"{len(self._steps):>4}/{trial.new_tokens} tokens",
            *figures(self._steps),
            self._gpus,
        ]
        return "  ".join(part for part in parts if part)

    def _name(self, index: int) -> str:
        return f"[{index + 1:>2}/{len(self._trials)}] {title(self._trials[index]):<28}"
