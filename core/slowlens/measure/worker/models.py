"""Which checkpoints are in memory: both where they fit, else one at a time."""

import gc
from collections.abc import Callable

import torch

from slowlens.facts.live.plan import Plan
from slowlens.measure.protocol import Event, Loaded, Loading
from slowlens.measure.worker.device import free_memory, release
from slowlens.measure.worker.failure import during
from slowlens.measure.worker.loading import Ready, load, path_of, size_of
from slowlens.measure.worker.trial import warm_up

_SPARE = 1.2
"""Memory to ask for per byte of weights: activations, the cache and fragments need some too."""


class Models:
    """Loads on demand, warm and ready to be timed."""

    def __init__(self, plan: Plan, device: torch.device, send: Callable[[Event], None]) -> None:
        self._plan, self._device, self._send = plan, device, send
        self._ready: dict[str, Ready] = {}

    def get(self, subject: str) -> Ready:
        """Return the model of ``subject``; the other one leaves if there is no room for both."""
        if subject not in self._ready:
            path = path_of(self._plan, subject)
            size = size_of(path)
            notes = self._make_room(size)
            self._send(Loading(subject, path, size))
            what = f"loading {subject} ({size / 1e9:.3g} GB from {path})"
            with during(what, self._device, f"`slowlens check {path}` reads it without loading."):
                ready = load(self._plan, subject, self._device, notes)
            self._send(Loaded(ready.card))
            warm_up(ready, self._plan.new_tokens)
            self._ready[subject] = ready
        return self._ready[subject]

    def _make_room(self, size: int) -> tuple[str, ...]:
        if not self._ready or size * _SPARE < free_memory(self._device):
            return ()
        self._ready.clear()
        gc.collect()
        release(self._device)
        return ("both do not fit into memory: each is loaded again when its turn comes",)
