"""What the device can do at best: a copy, a matrix product, a transfer, each measured shortly."""

from collections.abc import Callable
from time import perf_counter

import torch

from slowlens.facts.live.device import Peaks
from slowlens.measure.worker.device import synchronize

_REPEATS = 6
_GPU_BYTES, _CPU_BYTES = 1 << 30, 1 << 26
"""Larger than any cache between the processor and its memory."""
_GPU_SIDE, _CPU_SIDE = 8192, 512
_TRANSFER = 1 << 28


def peaks(device: torch.device, dtype: torch.dtype) -> Peaks:
    """Measure for a fraction of a second; the best of several, for noise only ever slows."""
    gpu = device.type == "cuda"
    return Peaks(
        bandwidth=_bandwidth(device, _GPU_BYTES if gpu else _CPU_BYTES),
        flops=_flops(device, dtype, _GPU_SIDE if gpu else _CPU_SIDE),
        dtype=str(dtype).removeprefix("torch."),
        host_to_device=_transfer(device) if gpu else None,
    )


def _bandwidth(device: torch.device, size: int) -> float:
    """Copy within the device: every byte is read once and written once."""
    source = torch.ones(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * size / _best(lambda: target.copy_(source), device)


def _flops(device: torch.device, dtype: torch.dtype, side: int) -> float:
    matrix = torch.randn(side, side, device=device, dtype=torch.float32).to(dtype)
    return 2 * side**3 / _best(lambda: matrix @ matrix, device)


def _transfer(device: torch.device) -> float:
    source = torch.empty(_TRANSFER, dtype=torch.uint8, pin_memory=True)
    target = torch.empty(_TRANSFER, dtype=torch.uint8, device=device)
    return _TRANSFER / _best(lambda: target.copy_(source, non_blocking=True), device)


def _best(action: Callable[[], object], device: torch.device) -> float:
    """Return the seconds of the fastest of some repeats, after one that warms up."""
    action()
    synchronize(device)
    best = float("inf")
    for _ in range(_REPEATS):
        began = perf_counter()
        action()
        synchronize(device)
        best = min(best, perf_counter() - began)
    return best
