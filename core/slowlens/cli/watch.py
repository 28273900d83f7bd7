"""A session while it runs: one line per trial on stderr, or raw events on stdout."""

import json
import sys
from collections.abc import Sequence
from shutil import get_terminal_size
from statistics import fmean

from slowlens.facts.live.measurement import LoadedModel
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Purpose, Trial
from slowlens.measure.protocol import (
    Event,
    Loaded,
    Loading,
    Planned,
    Sampled,
    Started,
    Stepped,
    TrialFinished,
    TrialStarted,
    to_json,
)
from slowlens.reports.device import gpus
from slowlens.reports.units import count, counted, milliseconds, size


def print_event(event: Event) -> None:
    """Write one event as a JSON line on stdout."""
    print(json.dumps(to_json(event)), flush=True)


class Progress:
    """Says what is going on; where stderr is a terminal, the line of a trial keeps moving."""

    def __init__(self) -> None:
        self._moving = sys.stderr.isatty()
        self._trials: tuple[Trial, ...] = ()
        self._steps: list[Step] = []
        self._running: int | None = None
        self._gpus = ""

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case TrialStarted(trial):
                self._steps, self._running = [], trial
                self._show(trial)
            case Stepped(trial, steps):
                self._steps += steps
                self._show(trial)
            case TrialFinished(trial):
                self._running = None
                self._say(self._line(trial))
            case _:
                self._between_trials(event)

    def _between_trials(self, event: Event) -> None:
        match event:
            case Started() | Planned():
                self._planned(event)
            case Loading(subject, path, bytes_):
                self._say(f"loading {subject}: {size(bytes_)} from {path}")
            case Loaded(model):
                self._loaded(model)
            case Sampled(samples):
                self._looked(", ".join(gpus(samples)))
            case _:
                pass

    def _planned(self, event: Started | Planned) -> None:
        self._trials = event.trials
        if isinstance(event, Started):
            packages = event.environment.packages
            self._say(", ".join(f"{name} {packages[name]}" for name in ("torch", "transformers")))

    def _loaded(self, model: LoadedModel) -> None:
        device = model.device
        where = f"{device.name}, {size(device.memory)}" if device.memory else device.name
        self._say(
            f"loaded {model.subject} in {model.seconds:.1f} s: {count(model.parameters)} "
            f"parameters, {model.dtype}, {model.attention or 'unknown'} attention, "
            f"on {device.kind} ({where}, {counted(device.threads, 'thread')})"
        )
        if model.missing:
            self._say(f"  {counted(model.missing, 'tensor')} are not in the files: they are random")
        for note in model.notes:
            self._say(f"  {note}")

    def _looked(self, found: str) -> None:
        if found and not self._gpus:
            self._say(f"  GPU: {found}")
        self._gpus = f"GPU: {found}" if found else ""
        if self._running is not None:
            self._show(self._running)

    def _show(self, trial: int) -> None:
        if self._moving:
            line = self._line(trial)[
                : get_terminal_size().columns - 1
            ]  # \r cannot take back a wrap
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)

    def _say(self, text: str) -> None:
        start = "\r\x1b[K" if self._moving else ""
        print(f"{start}{text}", file=sys.stderr, flush=True)

    def _line(self, index: int) -> str:
        trial = self._trials[index]
        parts = [
            f"[{index + 1:>2}/{len(self._trials)}] {_title(trial):<28}",
            f"{len(self._steps):>4}/{trial.new_tokens} tokens",
            *_figures(self._steps),
            self._gpus,
        ]
        return "  ".join(part for part in parts if part)


def _title(trial: Trial) -> str:
    what = f"round {trial.round + 1}" if trial.purpose is Purpose.SPEED else trial.purpose
    return f"{trial.label} ({what})"


def _figures(steps: Sequence[Step]) -> tuple[str, ...]:
    if not steps:
        return ()
    lengths = ", ".join(str(step.tokens_in) for step in steps[:3])
    later = [step.seconds for step in steps[1:]]
    speed = f"{milliseconds(fmean(later)):>8} per token" if later else ""
    into = f"tokens in {lengths}" + (f" … {steps[-1].tokens_in}" if len(steps) > 3 else "")
    return (speed, into)
