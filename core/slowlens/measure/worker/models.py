"""Which checkpoints are in memory: all where they fit, else one at a time."""

import gc
from collections.abc import Callable
from pathlib import Path

import torch

from slowlens.errors import WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Subject
from slowlens.frozen import replace
from slowlens.measure.events import Event, Loaded, Loading, LoadProgress
from slowlens.measure.session import SLOWEST_DISK
from slowlens.measure.sharing import shares_weights
from slowlens.measure.worker.device import free_memory, release
from slowlens.measure.worker.failure import OutOfMemoryError, during, forgetting
from slowlens.measure.worker.loading import Ready, load, path_of, sharing
from slowlens.measure.worker.opening import size_of
from slowlens.measure.worker.ranks import PATIENCE, gathered, place
from slowlens.measure.worker.settings_swap import generation_config_of
from slowlens.measure.worker.sharding import of_all
from slowlens.measure.worker.together import together

_SPARE = 1.2
"""Memory to ask for per byte of weights: activations, the cache and fragments need some too."""
_TURNS = "not all fit into memory: each is loaded again when its turn comes"


class Models:
    """Loads on demand; subjects that differ in how they generate alone share one model."""

    def __init__(self, plan: Plan, device: torch.device, send: Callable[[Event], None]) -> None:
        self._plan, self._device, self._send = plan, device, send
        self._ready: dict[str, Ready] = {}
        self._unloadable: dict[str, WorkerError] = {}
        self._loads = 0

    @property
    def loads(self) -> int:
        """How many times something was loaded: a change means that what was warm is cold."""
        return self._loads

    def unloadable(self, subject: str) -> bool:
        """Whether it could not be loaded; that is not tried twice."""
        return subject in self._unloadable

    def get(self, subject: str) -> Ready:
        """Return the model of ``subject``; others leave if there is no room for all."""
        if subject in self._unloadable:
            raise self._unloadable[subject]
        if subject not in self._ready:
            try:
                path = path_of(self._plan, subject)
                self._ready[subject] = self._shared(subject, path) or self._loaded(subject, path)
            except WorkerError as error:
                self._unloadable[subject] = forgetting(error)
                raise
        return self._ready[subject]

    def let_go(self) -> None:
        """Free what a generation that failed has left in memory."""
        for ready in self._ready.values():
            ready.meter.start()  # it holds the cache of the last pass
        gc.collect()
        release(self._device)

    def _shared(self, subject: str, path: str) -> Ready | None:
        """Return a model in memory that is the same but for how it generates."""
        if subject in (Subject.MERGED, Subject.SOURCE):
            return None
        for other in self._ready.values():
            if shares_weights(Path(other.card.path), Path(path)):
                with during(f"reading the settings of {subject}", self._device, _check(path)):
                    config = generation_config_of(other.model, path)
                    ready = sharing(self._plan, subject, path, other, config)
                self._send(Loaded(ready.card))
                return ready
        return None

    def _loaded(self, subject: str, path: str) -> Ready:
        size = size_of(path)
        notes = self._make_room(size)
        try:
            return self._load(subject, path, size, notes)
        except OutOfMemoryError:
            if not self._ready:
                raise
        self._clear()  # it takes more than its files, as where they are converted
        return self._load(subject, path, size, (_TURNS,))

    def _load(self, subject: str, path: str, size: int, notes: tuple[str, ...]) -> Ready:
        self._send(Loading(subject, path, size))
        self._loads += 1
        what = f"loading {subject} from {path}"
        what = f"making up {subject}" if self._plan.random_weights else what

        def progress(share: float) -> None:
            self._send(LoadProgress(subject, int(share * size), size))

        def loaded() -> Ready:
            with during(what, self._device, _check(path)):
                return load(self._plan, subject, self._device, notes, progress)

        ready = together("load", loaded, PATIENCE + size / SLOWEST_DISK)
        ready = replace(ready, card=of_all(ready.card))
        self._send(Loaded(ready.card))
        return ready

    def _make_room(self, size: int) -> tuple[str, ...]:
        if not self._ready or all(gathered("room", self._fits(size))):
            return ()
        self._clear()
        return (_TURNS,)

    def _fits(self, size: int) -> bool:
        share = size / place().count if self._device.type == "cuda" else size
        return share * _SPARE < free_memory(self._device)

    def _clear(self) -> None:
        self._ready.clear()
        gc.collect()
        release(self._device)


def _check(path: str) -> str:
    return f"`slowlens check {path}` reads it without loading."
