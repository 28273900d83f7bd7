"""Attention plans: what the first pass over a length costs.

On some GPUs torch hands attention to cuDNN, which builds a plan for each pair of lengths that the
thread has not seen. A thread that is new has seen none, as a process that is new.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import TypeVar

import torch

_T = TypeVar("_T")


def in_new_thread(device: torch.device, action: Callable[[], _T]) -> _T:
    """Run ``action`` where nothing was planned yet; on a CPU nothing is planned at all."""
    if device.type != "cuda":
        return action()

    def there() -> _T:
        torch.cuda.set_device(device)
        return action()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(there).result()


class Pace:
    """A streamer that tells the time of a step and nothing else."""

    def __init__(self) -> None:
        self._ends: list[float] = []

    def put(self, _: object) -> None:
        """Take note of the moment; the first call brings the prompt, the second the prefill's."""
        self._ends.append(perf_counter())

    def end(self) -> None:
        """Nothing to do."""

    @property
    def seconds(self) -> float:
        """The median of all steps but the first; there must be two."""
        return median(end - begun for begun, end in pairwise(self._ends[1:]))


@contextmanager
def without_plans() -> Iterator[None]:
    """Keep torch from handing attention to cuDNN."""
    enabled = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(enabled)
