"""One GPU, against a driver made by hand."""

from types import SimpleNamespace
from typing import Any

import pytest

from slowlens.facts.live.device import DeviceSample
from slowlens.gather.gpu import open_gpu, reasons
from slowlens.gather.nvml import Driver

MACHINE = DeviceSample(at=2.5, process_memory=7, load=0.5, cores=8)
OURS, THEIRS = SimpleNamespace(pid=10, usedGpuMemory=100), SimpleNamespace(pid=20, usedGpuMemory=30)


class RefusedError(Exception):
    pass


class Nvml:
    """A pynvml whose answers the test sets; a question without one is refused."""

    NVMLError = RefusedError

    def __init__(self, **answers: Any) -> None:
        self.answers = {f"nvmlDeviceGet{name}": answer for name, answer in answers.items()}
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name == "nvmlDeviceGetCurrentClocksEventReasons" and name not in self.answers:
            raise AttributeError(name)  # as in older bindings

        def question(handle: object, *arguments: int) -> Any:
            assert handle == "handle"
            self.calls.append(name)
            if name not in self.answers:
                raise RefusedError(name)
            answer = self.answers[name]
            return answer[arguments[0]] if isinstance(answer, dict) else answer

        return question


TELLS = {
    "MemoryInfo": SimpleNamespace(used=50, total=80),
    "UtilizationRates": SimpleNamespace(gpu=97, memory=40),
    "ClockInfo": {1: 1700, 2: 2600},
    "MaxClockInfo": {1: 1980},
    "PowerUsage": 345_600,
    "EnforcedPowerLimit": 700_000,
    "Temperature": {0: 61},
    "CurrentClocksEventReasons": 0x4 | 0x1,
    "ComputeRunningProcesses": [OURS, THEIRS],
}


def look(own: tuple[int, ...] = (10, 11), **answers: Any) -> DeviceSample:
    return open_gpu(driver(Nvml(**answers)), "handle", "abc").look(MACHINE, own)


def driver(nvml: Any) -> Driver:
    return Driver(nvml)


def test_everything_that_the_driver_tells() -> None:
    assert look(**TELLS) == DeviceSample(
        at=2.5,
        memory_used=50,
        memory_total=80,
        utilization=97,
        sm_clock=1700,
        sm_clock_max=1980,
        memory_clock=2600,
        power=345.6,
        power_limit=700.0,
        temperature=61,
        throttle=("sw_power_cap",),
        other_processes=1,
        process_memory=7,
        load=0.5,
        device="abc",
        other_memory=30,
        cores=8,
    )


def test_what_it_does_not_tell_is_none_and_never_zero() -> None:
    assert look() == DeviceSample(at=2.5, process_memory=7, load=0.5, cores=8, device="abc")


@pytest.mark.parametrize("name", sorted(TELLS))
def test_a_single_refusal_takes_nothing_else_away(name: str) -> None:
    whole, less = look(**TELLS), look(**{n: a for n, a in TELLS.items() if n != name})
    lost = {
        field
        for field in DeviceSample.__match_args__
        if getattr(whole, field) != getattr(less, field)
    }
    assert 1 <= len(lost) <= 2
    assert all(getattr(less, field) is None for field in lost)


def test_what_stays_the_same_is_asked_once() -> None:
    nvml = Nvml(**TELLS)
    gpu = open_gpu(driver(nvml), "handle", "abc")
    for _ in range(3):
        gpu.look(MACHINE)
    assert nvml.calls.count("nvmlDeviceGetMaxClockInfo") == 1
    assert nvml.calls.count("nvmlDeviceGetEnforcedPowerLimit") == 1
    assert nvml.calls.count("nvmlDeviceGetPowerUsage") == 3


def test_zero_is_a_figure() -> None:
    idle = look(PowerUsage=0, Temperature={0: 0}, ClockInfo={1: 0, 2: 0})
    assert (idle.power, idle.temperature, idle.sm_clock, idle.memory_clock) == (0.0, 0, 0, 0)


def test_an_older_binding_knows_the_reasons_by_their_older_name() -> None:
    assert look(CurrentClocksThrottleReasons=0x20).throttle == ("sw_thermal_slowdown",)


@pytest.mark.parametrize(
    ("bits", "names"),
    [
        (0x0, ()),
        (0x1, ()),
        (0x2, ()),
        (0x3 | 0x40 | 0x8, ("hw_slowdown", "hw_thermal_slowdown")),
        (0x80 | 0x10, ("sync_boost", "hw_power_brake_slowdown")),
        (0x100000, ("0x100000",)),
    ],
)
def test_reasons(bits: int, names: tuple[str, ...]) -> None:
    assert reasons(bits) == names


def test_nobody_else() -> None:
    alone = look(ComputeRunningProcesses=[OURS])
    assert (alone.other_processes, alone.other_memory) == (0, 0)


@pytest.mark.parametrize("running", [[], [THEIRS], [THEIRS, SimpleNamespace(pid=7)]])
def test_where_ours_is_not_listed_the_ids_mean_nothing_here(running: list[Any]) -> None:
    contained = look(ComputeRunningProcesses=running)
    assert (contained.other_processes, contained.other_memory) == (None, None)


def test_others_whose_memory_is_hidden() -> None:
    hidden = SimpleNamespace(pid=30, usedGpuMemory=None)
    some = look(ComputeRunningProcesses=[OURS, THEIRS, hidden])
    assert (some.other_processes, some.other_memory) == (2, None)


def test_the_children_of_the_measuring_process_are_no_others() -> None:
    child = SimpleNamespace(pid=11, usedGpuMemory=5)
    assert look(ComputeRunningProcesses=[OURS, child]).other_processes == 0
