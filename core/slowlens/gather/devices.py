"""GPUs as the NVIDIA driver sees them; none, quietly, where there is no driver."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from slowlens.facts.environment import Device, DeviceLoad, Hardware
from slowlens.frozen import dataclass

_T = TypeVar("_T")
_TRACES = (Path("/dev/nvidiactl"), Path("/proc/driver/nvidia"), Path("/dev/dxg"))
"""What a driver leaves on Linux, and in Linux on Windows."""


@dataclass(frozen=True, slots=True)
class Gpus:
    """An open connection to the driver; made by ``open_gpus``."""

    nvml: ModuleType

    def devices(self) -> tuple[Device, ...]:
        """List the GPUs that may be asked."""
        count = self._ask(self.nvml.nvmlDeviceGetCount) or 0
        handles = [self._ask(self.nvml.nvmlDeviceGetHandleByIndex, i) for i in range(count)]
        return tuple(self._device(handle) for handle in handles if handle is not None)

    def load(self, uuid: str) -> DeviceLoad | None:
        """Look at one GPU, the first where ``uuid`` is empty; 0 is what it does not tell."""
        handle = self._handle(uuid)
        memory = self._ask(self.nvml.nvmlDeviceGetMemoryInfo, handle)
        rates = self._ask(self.nvml.nvmlDeviceGetUtilizationRates, handle)
        if memory is None and rates is None:
            return None
        sensor = self.nvml.NVML_TEMPERATURE_GPU
        return DeviceLoad(
            memory_used=memory.used if memory else 0,
            memory_total=memory.total if memory else 0,
            utilization=rates.gpu if rates else 0,
            power=(self._ask(self.nvml.nvmlDeviceGetPowerUsage, handle) or 0) / 1000,
            temperature=self._ask(self.nvml.nvmlDeviceGetTemperature, handle, sensor) or 0,
        )

    def _device(self, handle: object) -> Device:
        memory = self._ask(self.nvml.nvmlDeviceGetMemoryInfo, handle)
        return Device(
            kind="cuda",
            name=_text(self._ask(self.nvml.nvmlDeviceGetName, handle)),
            uuid=_bare(_text(self._ask(self.nvml.nvmlDeviceGetUUID, handle))),
            memory=memory.total if memory else 0,
        )

    def _handle(self, uuid: str) -> object | None:
        if not uuid:
            return self._ask(self.nvml.nvmlDeviceGetHandleByIndex, 0)
        names = (prefix + _bare(uuid) for prefix in ("GPU-", "MIG-"))
        handles = (self._ask(self.nvml.nvmlDeviceGetHandleByUUID, name) for name in names)
        return next((handle for handle in handles if handle is not None), None)

    def _ask(self, question: Callable[..., _T], *arguments: object) -> _T | None:
        """Return the answer, or None: old cards, MIG slices and containers hide some."""
        if None in arguments:
            return None
        try:
            return question(*arguments)
        except self.nvml.NVMLError:
            return None


@contextmanager
def open_gpus() -> Iterator[Gpus | None]:
    """Connect to the driver once, for many looks; None without a driver or without pynvml."""
    nvml = _connect()
    try:
        yield Gpus(nvml) if nvml else None
    finally:
        if nvml:
            with suppress(nvml.NVMLError):
                nvml.nvmlShutdown()


def devices() -> tuple[Device, ...]:
    """List the GPUs of this machine."""
    with open_gpus() as gpus:
        return gpus.devices() if gpus else ()


def hardware() -> Hardware | None:
    """Look at the GPUs; None, at once, where no driver has left a trace."""
    if sys.platform != "win32" and not any(trace.exists() for trace in _TRACES):
        return None
    with open_gpus() as gpus:
        found = gpus.devices() if gpus else ()
        loads = {d.uuid: gpus.load(d.uuid) for d in found} if gpus else {}
    used = {uuid: load.memory_used for uuid, load in loads.items() if load}
    return Hardware(found, used) if found else None


def device_load(uuid: str) -> DeviceLoad | None:
    """Look once at the GPU with this uuid, with or without ``GPU-``; empty means the first."""
    with open_gpus() as gpus:
        return gpus.load(uuid) if gpus else None


def _connect() -> ModuleType | None:
    try:
        nvml = import_module("pynvml")
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None
    return nvml


def _bare(uuid: str) -> str:
    return uuid.removeprefix("GPU-").removeprefix("MIG-")


def _text(name: str | bytes | None) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else name or ""
