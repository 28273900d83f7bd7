"""A session while it runs: one line per trial on stderr, or raw events on stdout."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from shutil import get_terminal_size
from statistics import fmean

from slowlens.facts.environment import Device, DeviceLoad
from slowlens.facts.live.measurement import LoadedModel
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Purpose, Trial
from slowlens.gather.devices import device_load
from slowlens.measure.protocol import (
    Event,
    Loaded,
    Loading,
    Started,
    Stepped,
    TrialFinished,
    TrialStarted,
    to_json,
)
from slowlens.reports.units import count, counted, milliseconds, size

LOOK = 1.0
"""Seconds between two looks at the GPU."""


def print_event(event: Event) -> None:
    """Write one event as a JSON line on stdout."""
    print(json.dumps(to_json(event)), flush=True)


class Progress:
    """Says what is going on; where stderr is a terminal, the line of a trial keeps moving."""

    def __init__(self, look: Callable[[str], DeviceLoad | None] = device_load) -> None:
        self._moving = sys.stderr.isatty()
        self._look = look
        self._trials: tuple[Trial, ...] = ()
        self._steps: list[Step] = []
        self._device: Device | None = None
        self._load = ""
        self._looked = 0.0

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Started(environment, trials):
                self._trials = trials
                versions = (f"{n} {environment.packages[n]}" for n in ("torch", "transformers"))
                self._say(", ".join(versions))
            case Loading(subject, path, bytes_):
                self._say(f"loading {subject}: {size(bytes_)} from {path}")
            case Loaded(model):
                self._device = model.device
                self._loaded(model)
            case TrialStarted(trial):
                self._steps = []
                self._show(trial)
            case Stepped(trial, steps):
                self._steps += steps
                self._watch_device()
                self._show(trial)
            case TrialFinished(trial):
                self._say(self._line(trial))
            case _:
                pass

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
        self._watch_device()
        if self._load:
            self._say(f"  {self._load}")

    def _watch_device(self) -> None:
        if self._device is None or self._device.kind != "cuda":
            return
        if (now := time.monotonic()) - self._looked < LOOK:
            return
        self._looked = now
        if load := self._look(self._device.uuid):
            self._load = (
                f"GPU: {size(load.memory_used)} of {size(load.memory_total)} in use, "
                f"{load.utilization} % busy, {load.power:.0f} W, {load.temperature} °C"
            )

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
            self._load,
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
