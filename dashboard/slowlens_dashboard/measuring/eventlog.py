"""What a page that watches a run is told: its events as JSON objects, in a list that grows."""

from collections.abc import Callable, Sequence
from time import monotonic

from slowlens.facts.live.measurement import Status
from slowlens.facts.live.speed import work_of
from slowlens.facts.live.trial import Purpose
from slowlens.measure.events import (
    Comparing,
    Event,
    Loading,
    LoadProgress,
    Planned,
    Sampled,
    Started,
    TrialFinished,
)
from slowlens.measure.protocol import to_json
from slowlens.measure.recorder import Recorder
from slowlens.reports.device import gpus, host
from slowlens_dashboard.charts.steps import shown

LOOK_INTERVAL = 1.0
"""Seconds between two words on the machine in a log that only grows."""

Entry = dict[str, object]


class EventLog:
    """Written by one thread; any other may read it meanwhile."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._entries: list[Entry] = []
        self._looked = -LOOK_INTERVAL

    @property
    def entries(self) -> Sequence[Entry]:
        """Everything so far. A viewer's cursor is an index into it, so it only ever grows."""
        return self._entries

    def tell(self, event: Event, recorder: Recorder) -> None:
        """Write what the page needs of an event, which ``recorder`` has taken note of."""
        match event:
            case Sampled():
                self._tell_of_machine(event)
            case Started(_, trials) | Planned(trials):
                self._entries.append({"event": "Planned", "trials": shown(trials)})
            case Loading() | LoadProgress() | Comparing():
                # how fast they come tells how long the rest takes, also to who comes later
                self._entries.append(to_json(event) | {"at": round(self._clock(), 3)})
            case TrialFinished(trial):
                self._entries.append(to_json(event))
                self._judge(trial, recorder)
            case _:
                self._entries.append(to_json(event))

    def _judge(self, trial: int, recorder: Recorder) -> None:
        """Tell what the steps of a proof processed, as the engine says it."""
        done = recorder.measurement(Status.RUNNING).generations[-1:]
        for generation in done:
            if generation.trial.purpose is Purpose.PROOF:
                work = work_of(generation)
                self._entries.append({"event": "Proved", "trial": trial, "work": work})

    def _tell_of_machine(self, event: Sampled) -> None:
        """Tell the last look alone, in words: the recorder keeps the figures."""
        last = event.samples[-1]
        words = gpus(event.samples) or host(last)
        if words and last.at - self._looked >= LOOK_INTERVAL:
            self._looked = last.at
            self._entries.append({"event": "Sampled", "machine": words})
