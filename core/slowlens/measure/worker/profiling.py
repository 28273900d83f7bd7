"""What the GPU does in some decode steps: every kernel and every copy, by the CUDA profiler."""

from collections.abc import Iterable
from time import perf_counter
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from slowlens.facts.live.device import Profile
from slowlens.facts.live.trial import Trial
from slowlens.measure.worker.device import synchronize

_FROM_HOST = "Memcpy HtoD"
_NO_KERNEL = ("Memcpy", "Memset")


class Recording:
    """A streamer that records from the first new token on: the prefill is not in it."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._puts = 0
        self._began = 0.0
        self._trace = profile(activities=[ProfilerActivity.CUDA], acc_events=True)

    def put(self, _: object) -> None:
        """Count one more token; the first call brings the prompt, the second the prefill's."""
        self._puts += 1
        if self._puts == 2:
            synchronize(self._device)
            self._trace.start()
            self._began = perf_counter()

    def end(self) -> None:
        """Nothing to do: ``finish`` comes after the device has done all."""

    def finish(self, trial: Trial) -> Profile:
        """Return what was recorded, per step."""
        synchronize(self._device)
        wall = perf_counter() - self._began
        self._trace.stop()
        steps = max(1, self._puts - 2)
        events = [e for e in self._trace.events() if _on_gpu(e)]
        kernels = [e for e in events if not e.name.startswith(_NO_KERNEL)]
        copies = [e for e in events if e.name.startswith(_FROM_HOST)]
        busy = covered(map(_span, kernels))
        return Profile(
            subject=trial.subject,
            cache=trial.cache,
            steps=steps,
            wall=wall / steps,
            busy=busy / steps,
            kernels=len(kernels) / steps,
            copies=(covered(map(_span, (*kernels, *copies))) - busy) / steps,
        )


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Return the seconds that are in at least one of ``spans``, which are in microseconds."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total / 1e6


def _on_gpu(event: Any) -> bool:  # noqa: ANN401
    return bool(event.device_type == torch.autograd.DeviceType.CUDA)


def _span(event: Any) -> tuple[float, float]:  # noqa: ANN401
    return event.time_range.start, event.time_range.end
