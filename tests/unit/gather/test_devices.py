import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from slowlens.facts.environment import Device, DeviceLoad
from slowlens.gather import devices as module
from slowlens.gather.devices import device_load, devices, hardware, open_gpus

UUID = "1234abcd-0000-1111-2222-333344445555"
CARDS = {"GPU-other": b"Old name", f"GPU-{UUID}": "NVIDIA H100", "MIG-slice": "NVIDIA H100 MIG"}


class NVMLError(Exception):
    """What the driver answers to a question that it does not take."""


@dataclass
class Nvml:
    """A pynvml with three cards; ``refused`` are the functions that answer with an error."""

    refused: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    NVMLError: type[Exception] = NVMLError
    NVML_TEMPERATURE_GPU: int = 0

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("nvml"):
            raise AttributeError(name)

        def question(*arguments: object) -> Any:
            self.calls.append(name)
            if name in self.refused:
                raise NVMLError(name)
            return ANSWERS[name](*arguments)

        return question


def by_uuid(uuid: str) -> str:
    if uuid not in CARDS:
        raise NVMLError(uuid)
    return uuid


ANSWERS: dict[str, Callable[..., Any]] = {
    "nvmlInit": lambda: None,
    "nvmlShutdown": lambda: None,
    "nvmlDeviceGetCount": lambda: len(CARDS),
    "nvmlDeviceGetHandleByIndex": lambda index: list(CARDS)[index],
    "nvmlDeviceGetHandleByUUID": by_uuid,
    "nvmlDeviceGetName": lambda handle: CARDS[handle],
    "nvmlDeviceGetUUID": lambda handle: handle,
    "nvmlDeviceGetMemoryInfo": lambda handle: SimpleNamespace(used=len(handle), total=80_000),
    "nvmlDeviceGetUtilizationRates": lambda _: SimpleNamespace(gpu=97, memory=40),
    "nvmlDeviceGetPowerUsage": lambda _: 345_600,
    "nvmlDeviceGetTemperature": lambda _, sensor: 61 + sensor,
}


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Nvml:
    fake = Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", fake)  # type: ignore[arg-type]
    return fake


def load(memory_used: int) -> DeviceLoad:
    return DeviceLoad(memory_used, 80_000, 97, 345.6, 61)


def test_devices(nvml: Nvml) -> None:
    assert devices() == (
        Device("cuda", "Old name", "other", 80_000),
        Device("cuda", "NVIDIA H100", UUID, 80_000),
        Device("cuda", "NVIDIA H100 MIG", "slice", 80_000),
    )
    assert nvml.calls.count("nvmlInit") == nvml.calls.count("nvmlShutdown") == 1


@pytest.mark.parametrize("uuid", [UUID, f"GPU-{UUID}"])
def test_load_of_one_gpu(nvml: Nvml, uuid: str) -> None:
    assert device_load(uuid) == load(len(f"GPU-{UUID}"))


def test_load_of_a_slice_and_of_the_first(nvml: Nvml) -> None:
    assert device_load("slice") == load(len("MIG-slice"))
    assert device_load("") == load(len("GPU-other"))


def test_another_machines_gpu_is_not_mistaken_for_the_first(nvml: Nvml) -> None:
    assert device_load("elsewhere") is None


def test_one_connection_for_many_looks(nvml: Nvml) -> None:
    with open_gpus() as gpus:
        assert gpus is not None
        assert [gpus.load(UUID) for _ in range(3)] == [load(len(f"GPU-{UUID}"))] * 3
    assert nvml.calls.count("nvmlInit") == nvml.calls.count("nvmlShutdown") == 1


def test_what_a_card_does_not_tell_is_zero(nvml: Nvml) -> None:
    nvml.refused |= {"nvmlDeviceGetUtilizationRates", "nvmlDeviceGetPowerUsage"}
    assert device_load("") == DeviceLoad(9, 80_000, 0, 0.0, 61)
    nvml.refused |= {"nvmlDeviceGetName", "nvmlDeviceGetMemoryInfo", "nvmlShutdown"}
    assert devices()[1] == Device("cuda", "", UUID, 0)
    assert device_load("") is None


def test_cards_out_of_reach(nvml: Nvml) -> None:
    nvml.refused |= {"nvmlDeviceGetHandleByIndex"}
    assert devices() == ()
    assert device_load("") is None
    nvml.refused |= {"nvmlDeviceGetCount"}
    assert devices() == ()


def test_no_driver(nvml: Nvml) -> None:
    nvml.refused |= {"nvmlInit"}
    assert devices() == ()
    assert device_load("") is None
    assert "nvmlShutdown" not in nvml.calls


def test_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert devices() == ()
    assert device_load(UUID) is None


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where a driver would leave its trace."""
    monkeypatch.setattr(module, "_TRACES", (tmp_path / "none", tmp_path / "nvidiactl"))
    return tmp_path / "nvidiactl"


def test_hardware_of_a_machine_with_gpus(nvml: Nvml, traces: Path) -> None:
    traces.touch()
    found = hardware()
    assert found is not None
    assert found.devices == devices()
    assert found.used == {"other": 9, UUID: len(f"GPU-{UUID}"), "slice": 9}
    assert (found.memory, found.largest) == (240_000, found.devices[0])


def test_a_machine_without_a_driver_is_not_asked(nvml: Nvml, traces: Path) -> None:
    assert hardware() is None
    assert nvml.calls == []
    traces.touch()
    nvml.refused |= {"nvmlDeviceGetCount"}
    assert hardware() is None


def test_cards_that_do_not_tell_their_memory(nvml: Nvml, traces: Path) -> None:
    traces.touch()
    nvml.refused |= {"nvmlDeviceGetMemoryInfo", "nvmlDeviceGetUtilizationRates"}
    found = hardware()
    assert found is not None
    assert (found.largest, found.memory, found.used) == (None, 0, {})
