"""One GPU, looked at again and again while it works."""

from collections.abc import Collection
from typing import Any

from slowlens.facts.live.device import DeviceSample
from slowlens.frozen import dataclass, replace
from slowlens.gather.nvml import Driver

REASONS = {
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake_slowdown",
    0x100: "display_clock_setting",
    0x200: "board_limit",
    0x400: "reliability",
}
"""Bits of ``nvmlClocksEventReasons`` as nvidia-smi spells them:
https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html"""
_NO_REASON = 0x1 | 0x2
"""Idle, and clocks that somebody set: neither is the GPU slowing down by itself."""
_SENSOR, _SM, _MEMORY = 0, 1, 2
"""``NVML_TEMPERATURE_GPU``, ``NVML_CLOCK_SM`` and ``NVML_CLOCK_MEM``."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU and what does not change while it works; made by ``Gpus.find``."""

    driver: Driver
    handle: object
    uuid: str
    memory_total: int | None
    sm_clock_max: int | None
    power_limit: float | None

    def look(self, machine: DeviceSample, own: Collection[int] = ()) -> DeviceSample:
        """Return ``machine`` with the figures of this GPU added.

        ``own``: ids of the processes that are not to be counted among others.
        """
        memory = self._ask("nvmlDeviceGetMemoryInfo")
        rates = self._ask("nvmlDeviceGetUtilizationRates")
        others, held = self._others(own)
        return replace(
            machine,
            device=self.uuid,
            memory_used=memory.used if memory else None,
            memory_total=self.memory_total,
            utilization=rates.gpu if rates else None,
            sm_clock=self._ask("nvmlDeviceGetClockInfo", _SM),
            sm_clock_max=self.sm_clock_max,
            memory_clock=self._ask("nvmlDeviceGetClockInfo", _MEMORY),
            power=watts(self._ask("nvmlDeviceGetPowerUsage")),
            power_limit=self.power_limit,
            temperature=self._ask("nvmlDeviceGetTemperature", _SENSOR),
            throttle=self._throttle(),
            other_processes=others,
            other_memory=held,
        )

    def _throttle(self) -> tuple[str, ...] | None:
        bits = self._ask("nvmlDeviceGetCurrentClocksEventReasons")
        if bits is None:  # the name in drivers before 535
            bits = self._ask("nvmlDeviceGetCurrentClocksThrottleReasons")
        return None if bits is None else reasons(bits)

    def _others(self, own: Collection[int]) -> tuple[int | None, int | None]:
        """Count the other programs and their bytes.

        In a container the driver may name the processes of the machine by ids that mean nothing
        here. Where it does not list one of ours, which certainly runs, the rest tells nothing.
        """
        running = {p.pid: p for p in self._ask("nvmlDeviceGetComputeRunningProcesses") or ()}
        if running.keys().isdisjoint(own):
            return None, None
        sizes = [p.usedGpuMemory for pid, p in running.items() if pid not in own]
        return len(sizes), None if None in sizes else sum(sizes)

    def _ask(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 - one type a question
        return self.driver.ask(name, self.handle, *arguments)


def open_gpu(driver: Driver, handle: object, uuid: str) -> Gpu:
    """Ask once for what stays the same."""
    memory = driver.ask("nvmlDeviceGetMemoryInfo", handle)
    return Gpu(
        driver,
        handle,
        uuid,
        memory_total=memory.total if memory else None,
        sm_clock_max=driver.ask("nvmlDeviceGetMaxClockInfo", handle, _SM),
        power_limit=watts(driver.ask("nvmlDeviceGetEnforcedPowerLimit", handle)),
    )


def reasons(bits: int) -> tuple[str, ...]:
    """Name why clocks are held down; a bit that is newer than this table stays a number."""
    found = (1 << place for place in range(bits.bit_length()) if bits >> place & 1)
    return tuple(REASONS.get(bit, f"{bit:#x}") for bit in found if not bit & _NO_REASON)


def watts(milliwatts: int | None) -> float | None:
    """Return watts."""
    return None if milliwatts is None else milliwatts / 1000
