"""GPUs as the NVIDIA driver sees them; none, quietly, where there is no driver."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slowlens.facts.environment import Device, Hardware
from slowlens.facts.live.device import DeviceSample
from slowlens.frozen import dataclass, replace
from slowlens.gather.gpu import Gpu, open_gpu
from slowlens.gather.nvml import Driver, connect

_TRACES = (Path("/dev/nvidiactl"), Path("/proc/driver/nvidia"), Path("/dev/dxg"))
"""What a driver leaves on Linux, and in Linux on Windows."""


@dataclass(frozen=True, slots=True)
class Gpus:
    """An open connection to the driver; made by ``open_gpus``."""

    driver: Driver

    def devices(self) -> tuple[Device, ...]:
        """List the GPUs that may be asked."""
        count = self.driver.ask("nvmlDeviceGetCount") or 0
        handles = [self.driver.ask("nvmlDeviceGetHandleByIndex", i) for i in range(count)]
        return tuple(self._device(handle) for handle in handles if handle is not None)

    def find(self, uuid: str) -> Gpu | None:
        """Return the GPU with this uuid, with or without ``GPU-``; None where there is none.

        Empty means the only GPU, where there is only one.
        """
        if not uuid:
            known = self.devices()
            return self.find(known[0].uuid) if len(known) == 1 and known[0].uuid else None
        handle = self._handle(uuid)
        return None if handle is None else open_gpu(self.driver, handle, _bare(uuid))

    def samples(self, machine: DeviceSample) -> tuple[DeviceSample, ...]:
        """Look once at every GPU."""
        found = (self.find(device.uuid) for device in self.devices())
        return tuple(gpu.look(machine) for gpu in found if gpu)

    def memory_used(self, uuid: str) -> int | None:
        """Return the bytes in use of one GPU; None where the driver does not tell."""
        memory = self.driver.ask("nvmlDeviceGetMemoryInfo", self._handle(uuid))
        return memory.used if memory else None

    def told(self, device: Device) -> Device:
        """Add to a GPU that torch describes what only the driver knows of it."""
        gpu, version = self.find(device.uuid), self.driver.ask("nvmlSystemGetDriverVersion")
        limit = gpu.power_limit if gpu else None
        return replace(device, driver=_text(version), power_limit=limit)

    def _handle(self, uuid: str) -> object | None:
        names = (prefix + _bare(uuid) for prefix in ("GPU-", "MIG-"))
        handles = (self.driver.ask("nvmlDeviceGetHandleByUUID", name) for name in names)
        return next((handle for handle in handles if handle is not None), None)

    def _device(self, handle: object) -> Device:
        memory = self.driver.ask("nvmlDeviceGetMemoryInfo", handle)
        return Device(
            kind="cuda",
            name=_text(self.driver.ask("nvmlDeviceGetName", handle)),
            uuid=_bare(_text(self.driver.ask("nvmlDeviceGetUUID", handle))),
            memory=memory.total if memory else 0,
        )


@contextmanager
def open_gpus() -> Iterator[Gpus | None]:
    """Connect to the driver once, for many looks; None without a driver or without pynvml."""
    driver = connect()
    try:
        yield Gpus(driver) if driver else None
    finally:
        if driver:
            driver.close()


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
        told = {d.uuid: gpus.memory_used(d.uuid) for d in found} if gpus else {}
    used = {uuid: size for uuid, size in told.items() if size is not None}
    return Hardware(found, used) if found else None


def _bare(uuid: str) -> str:
    return uuid.removeprefix("GPU-").removeprefix("MIG-")


def _text(name: str | bytes | None) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else name or ""
