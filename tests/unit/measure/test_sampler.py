"""The thread that looks, against GPUs made by hand."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest

from slowlens.facts.environment import Device
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import LoadedModel
from slowlens.frozen import replace
from slowlens.measure import sampler as module
from slowlens.measure.sampler import Sampler, Samples


class Gpu:
    def __init__(self, uuid: str, **figures: Any) -> None:
        self.uuid, self.figures, self.own = uuid, figures, set[frozenset[int]]()

    def look(self, machine: DeviceSample, own: frozenset[int] = frozenset()) -> DeviceSample:
        self.own.add(own)
        return replace(machine, device=self.uuid, **self.figures)


class Gpus:
    """A driver that knows some GPUs; ``ready`` holds its first look back."""

    def __init__(self, *gpus: Gpu) -> None:
        self.known: Mapping[str, Gpu] = {gpu.uuid: gpu for gpu in gpus}
        self.asked: list[str] = []
        self.ready, self.looked, self.closed = (threading.Event() for _ in range(3))
        self.ready.set()

    @contextmanager
    def __call__(self) -> Iterator["Gpus"]:
        yield self
        self.closed.set()

    def find(self, uuid: str) -> Gpu | None:
        self.asked.append(uuid)
        return self.known.get(uuid)

    def samples(self, machine: DeviceSample) -> Samples:
        self.ready.wait()
        looks = tuple(gpu.look(machine) for gpu in self.known.values())
        self.looked.set()
        return looks


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INTERVAL", 0.001)
    monkeypatch.setattr(module, "BATCH", 0.005)
    monkeypatch.setattr(module, "open_gpus", Gpus())
    monkeypatch.setattr(os, "getloadavg", lambda: (1.5, 0.0, 0.0))


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Gpus:
    gpus = Gpus(Gpu("a", memory_used=30), Gpu("b", memory_used=4, other_memory=1))
    monkeypatch.setattr(module, "open_gpus", gpus)
    return gpus


def model(kind: str, uuid: str = "", gpus: tuple[str, ...] = ()) -> LoadedModel:
    device = Device(kind, "x", uuid)
    return LoadedModel("merged", "/m", 1.0, device, "bfloat16", "sdpa", 5, gpus=gpus)


def first(inbox: "SimpleQueue[Samples]", **wanted: object) -> DeviceSample:
    """Wait for a look with these values."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for sample in inbox.get(timeout=20):
            if all(getattr(sample, name) == value for name, value in wanted.items()):
                return sample
    raise AssertionError(wanted)


def until(come: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not come():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_before_it_begins_it_hands_over_nothing() -> None:
    given: list[Samples] = []
    with Sampler(os.getpid(), given.append) as sampler:
        time.sleep(0.05)
        assert sampler.stop() == ()
    assert given == []


def test_the_machine_is_looked_at_from_the_first_load_on() -> None:
    inbox: SimpleQueue[Samples] = SimpleQueue()
    before = time.perf_counter()
    with Sampler(os.getpid(), inbox.put) as sampler:
        sampler.begin()
        look = first(inbox)
        assert before < look.at < time.perf_counter()
        assert look.process_memory
        assert look.process_memory > 10**6
    assert look == DeviceSample(
        look.at, process_memory=look.process_memory, load=1.5, cores=os.cpu_count()
    )


def test_a_cpu_run_asks_no_driver(driver: Gpus) -> None:
    inbox: SimpleQueue[Samples] = SimpleQueue()
    with Sampler(os.getpid(), inbox.put) as sampler:
        sampler.watch(model("cpu"))
        assert first(inbox).device == ""
    assert driver.asked == []


def test_the_gpu_of_the_model_is_looked_at_with_our_processes(driver: Gpus) -> None:
    inbox: SimpleQueue[Samples] = SimpleQueue()
    with Sampler(os.getpid(), inbox.put) as sampler:
        sampler.begin()
        first(inbox, device="")
        sampler.watch(model("cuda", "b"))
        look = first(inbox, device="b")
    assert (look.memory_used, look.load) == (4, 1.5)
    assert look.process_memory
    assert frozenset({os.getpid()}) in {own & {os.getpid()} for own in driver.known["b"].own}
    assert driver.asked == ["b"], "found once"


def test_a_model_on_several_gpus_and_a_second_model(driver: Gpus) -> None:
    inbox: SimpleQueue[Samples] = SimpleQueue()
    with Sampler(os.getpid(), inbox.put) as sampler:
        sampler.watch(model("cuda", "a", gpus=("a", "b")))
        one, two = first(inbox, device="a"), first(inbox, device="b")
        sampler.watch(model("cuda", "a"))
        first(inbox, device="b")
    assert driver.asked == ["a", "b"]
    assert two.at >= one.at


def test_looks_at_several_gpus_have_one_time(driver: Gpus) -> None:
    inbox: SimpleQueue[Samples] = SimpleQueue()
    with Sampler(os.getpid(), inbox.put) as sampler:
        sampler.watch(model("cuda", gpus=("a", "b")))
        looks = inbox.get(timeout=20)
    assert [look.device for look in looks[:2]] == ["a", "b"]
    assert looks[0].at == looks[1].at


def test_a_gpu_that_the_driver_does_not_know_leaves_the_machine(driver: Gpus) -> None:
    inbox: SimpleQueue[Samples] = SimpleQueue()
    with Sampler(os.getpid(), inbox.put) as sampler:
        sampler.watch(model("cuda", "elsewhere"))
        assert first(inbox).device == ""
    assert driver.asked == ["elsewhere"]


def test_what_was_in_use_before_belongs_to_others(driver: Gpus) -> None:
    inbox: SimpleQueue[Samples] = SimpleQueue()
    with Sampler(os.getpid(), inbox.put) as sampler:
        assert driver.looked.wait(20)
        until(lambda: sampler._before)
        driver.known["a"].figures["memory_used"] = 70
        sampler.watch(model("cuda", gpus=("a", "b")))
        look = first(inbox, device="a")
        assert (look.memory_used, look.other_memory) == (70, 30)
        assert first(inbox, device="b").other_memory == 1, "the driver knows better"


def test_a_first_look_that_came_late_tells_nothing_of_others(driver: Gpus) -> None:
    inbox: SimpleQueue[Samples] = SimpleQueue()
    driver.ready.clear()
    with Sampler(os.getpid(), inbox.put) as sampler:
        sampler.watch(model("cuda", "a"))
        driver.ready.set()
        assert first(inbox, device="a").other_memory is None


def test_stop_ends_the_thread_and_returns_the_rest(
    driver: Gpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 1000.0)
    given: list[Samples] = []
    with Sampler(os.getpid(), given.append) as sampler:
        sampler.begin()
        until(lambda: sampler._kept)
        rest = sampler.stop()
        assert sampler.stop() == (), "once"
    assert rest
    assert given == []
    assert driver.closed.is_set()
    assert all(thread.name != "sampler" for thread in threading.enumerate())


def test_a_driver_that_hangs_does_not_hold_up_the_end(
    driver: Gpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    driver.ready.clear()
    with Sampler(os.getpid(), print) as sampler:
        assert sampler.stop() == ()
        assert not driver.closed.is_set()
        driver.ready.set()
    assert driver.closed.wait(20)


def test_a_driver_that_breaks_ends_the_looks_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def broken() -> Iterator[None]:
        raise ZeroDivisionError("a bug")
        yield

    monkeypatch.setattr(module, "open_gpus", broken)
    with Sampler(os.getpid(), print) as sampler:
        sampler.begin()
        assert sampler.stop() == ()
    assert "not watched any more" in caplog.text


def test_the_clock_is_that_of_every_process() -> None:
    code = "import time; print(time.perf_counter())"
    before = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert before < float(done.stdout) < time.perf_counter()
