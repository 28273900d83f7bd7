"""The device that the models run on, and what memory it has left."""

import os
import platform
from contextlib import suppress
from pathlib import Path

import torch

from slowlens.errors import WorkerError
from slowlens.facts.environment import Device
from slowlens.gather.devices import open_gpus
from slowlens.measure.cores import cores
from slowlens.measure.worker.peers import ALONE, Place

_MEMINFO = Path("/proc/meminfo")
_CPUINFO = Path("/proc/cpuinfo")
_CGROUP = Path("/sys/fs/cgroup")


def choose(name: str, threads: int, place: Place = ALONE) -> torch.device:
    """Return the device called ``name``; ``auto`` is the first GPU that CUDA offers, or the CPU.

    ``threads``: CPU threads for torch, 0 to leave one core to whoever watches. Of several processes
    each has a GPU of its own, and its share of the cores.
    """
    usual = max(1, (cores() - 1) // place.count)  # on all, other work stalls steps
    torch.set_num_threads(threads or min(torch.get_num_threads(), usual))
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if place != ALONE:
        name = _one_of_several(name, place)
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise WorkerError(
            f"device {name} cannot be used: {str(error).splitlines()[0]}",
            hint="Use --device cpu, or install the torch build that fits this machine's GPU.",
        ) from error
    return torch.device("cuda", torch.cuda.current_device()) if name == "cuda" else device


def _one_of_several(name: str, place: Place) -> str:
    if name == "cpu":
        return name
    there = torch.cuda.device_count()
    if name != "cuda" or there < place.count:
        raise WorkerError(
            f"tensor parallelism over {place.count} processes needs as many GPUs: "
            + (f"{there} can be used" if name == "cuda" else f"it cannot be confined to {name}"),
            hint=f"Use --tensor-parallel {there}." if there > 1 else "Leave --tensor-parallel out.",
        )
    return f"cuda:{place.rank}"


def describe(device: torch.device) -> Device:
    """Return what is known of the device."""
    threads = torch.get_num_threads()
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        uuid = str(getattr(properties, "uuid", "")).removeprefix("GPU-").removeprefix("MIG-")
        return _told(Device("cuda", properties.name, uuid, properties.total_memory, threads))
    return Device(device.type, _processor(), "", _memory("MemTotal", "SC_PHYS_PAGES"), threads)


def _told(device: Device) -> Device:
    """Add the driver and the power limit, which torch does not know."""
    with open_gpus() as gpus:
        return gpus.told(device) if gpus else device


def free_memory(device: torch.device) -> int:
    """Return the bytes that can still be allocated; 0 when nobody knows."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        cached: int = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + cached
    free = _memory("MemAvailable", "SC_AVPHYS_PAGES")
    with suppress(OSError, ValueError):  # a container may allow less than the machine has
        limit = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text()) - _reclaimable()
        return min(free, limit - used)
    return free


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def reset_memory_peak(device: torch.device) -> None:
    """Begin to look for the most memory that torch holds on a GPU."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def memory_peak(device: torch.device) -> int | None:
    """Return the most bytes that torch held on the GPU; None where there is none."""
    return int(torch.cuda.max_memory_allocated(device)) if device.type == "cuda" else None


def memory_by_device() -> dict[str, int]:
    """Return the bytes that torch holds on each GPU that it uses."""
    if not torch.cuda.is_available():
        return {}
    held = {f"cuda:{i}": torch.cuda.memory_allocated(i) for i in range(torch.cuda.device_count())}
    return {name: size for name, size in held.items() if size}


def release(device: torch.device) -> None:
    """Give memory that torch keeps for later back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _reclaimable() -> int:
    """Bytes of files that a container keeps only until somebody needs the room: its page cache."""
    with suppress(OSError, ValueError, IndexError):
        text = (_CGROUP / "memory.stat").read_text()
        return int(text.split("\ninactive_file ")[1].split()[0])
    return 0


def _memory(line: str, name: str) -> int:
    with suppress(OSError, ValueError, IndexError):
        text = _MEMINFO.read_text()
        return 1024 * int(text.split(f"{line}:")[1].split()[0])
    with suppress(OSError, ValueError):
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _processor() -> str:
    with suppress(OSError, IndexError):
        return _CPUINFO.read_text().split("model name")[1].split(":")[1].split("\n")[0].strip()
    return platform.processor() or platform.machine()
