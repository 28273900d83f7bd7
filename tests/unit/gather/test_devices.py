import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from slowlens.facts.environment import Device
from slowlens.facts.live.device import DeviceSample
from slowlens.gather import devices as module
from slowlens.gather.devices import devices, hardware, open_gpus

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

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("nvml"):
            raise AttributeError(name)

        def question(*arguments: object) -> Any:
            self.calls.append(name)
            if name in self.refused or name not in ANSWERS:
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
}


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Nvml:
    fake = Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", fake)  # type: ignore[arg-type]
    return fake


def test_devices(nvml: Nvml) -> None:
    assert devices() == (
        Device("cuda", "Old name", "other", 80_000),
        Device("cuda", "NVIDIA H100", UUID, 80_000),
        Device("cuda", "NVIDIA H100 MIG", "slice", 80_000),
    )
    assert nvml.calls.count("nvmlInit") == nvml.calls.count("nvmlShutdown") == 1


def found(uuid: str) -> str | None:
    with open_gpus() as gpus:
        gpu = gpus and gpus.find(uuid)
    return gpu.uuid if gpu else None


@pytest.mark.parametrize("uuid", [UUID, f"GPU-{UUID}", "slice", "MIG-slice"])
def test_a_gpu_is_found_by_its_uuid(nvml: Nvml, uuid: str) -> None:
    assert found(uuid) == uuid.removeprefix("GPU-").removeprefix("MIG-")


def test_another_machines_gpu_is_not_mistaken_for_the_first(nvml: Nvml) -> None:
    assert found("elsewhere") is None


def test_without_a_uuid_only_the_only_gpu_can_be_meant(
    nvml: Nvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found("") is None
    monkeypatch.setitem(ANSWERS, "nvmlDeviceGetCount", lambda: 1)
    assert found("") == "other"
    nvml.refused |= {"nvmlDeviceGetUUID"}
    assert found("") is None


def test_every_gpu_in_one_look(nvml: Nvml) -> None:
    with open_gpus() as gpus:
        assert gpus is not None
        looks = gpus.samples(DeviceSample(at=1.5, load=2.0))
    assert [(look.at, look.load, look.device, look.memory_used) for look in looks] == [
        (1.5, 2.0, "other", 9),
        (1.5, 2.0, UUID, len(f"GPU-{UUID}")),
        (1.5, 2.0, "slice", 9),
    ]
    assert nvml.calls.count("nvmlInit") == nvml.calls.count("nvmlShutdown") == 1


def test_a_card_without_a_name(nvml: Nvml) -> None:
    nvml.refused |= {"nvmlDeviceGetName", "nvmlDeviceGetMemoryInfo", "nvmlShutdown"}
    assert devices()[1] == Device("cuda", "", UUID, 0)


def test_cards_out_of_reach(nvml: Nvml) -> None:
    nvml.refused |= {"nvmlDeviceGetHandleByIndex"}
    assert devices() == ()
    assert found("") is None
    nvml.refused |= {"nvmlDeviceGetCount"}
    assert devices() == ()


def test_no_driver(nvml: Nvml) -> None:
    nvml.refused |= {"nvmlInit"}
    assert devices() == ()
    assert found(UUID) is None
    assert "nvmlShutdown" not in nvml.calls


def test_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert devices() == ()
    assert found(UUID) is None


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
    nvml.refused |= {"nvmlDeviceGetMemoryInfo"}
    found = hardware()
    assert found is not None
    assert (found.largest, found.memory, found.used) == (None, 0, {})


def test_what_only_the_driver_knows_is_added_to_what_torch_tells(
    nvml: Nvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Device("cuda", "NVIDIA H100", UUID, 80_000, 4)
    monkeypatch.setitem(ANSWERS, "nvmlSystemGetDriverVersion", lambda: b"570.86.15")
    monkeypatch.setitem(ANSWERS, "nvmlDeviceGetEnforcedPowerLimit", lambda _: 700_000)
    with open_gpus() as gpus:
        assert gpus
        assert gpus.told(device) == replace(device, driver="570.86.15", power_limit=700.0)
        assert gpus.told(replace(device, uuid="nobody")).power_limit is None
        nvml.refused |= {"nvmlSystemGetDriverVersion", "nvmlDeviceGetEnforcedPowerLimit"}
        assert gpus.told(device) == device
