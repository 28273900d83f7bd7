import pytest

torch = pytest.importorskip("torch")

from slowlens.measure.worker.gpu_clock import GpuClock  # noqa: E402


class Gpu:
    """Works a queue off; its own clock counts milliseconds and is 1 % fast."""

    def __init__(self) -> None:
        self.host = 50.0
        self.done = 50.0
        self.held_up: list[float] = []

    def launch(self, seconds: float) -> None:
        self.done = max(self.host, self.done) + seconds

    def wait(self) -> None:
        self.host = max(self.host, self.done)


class Event:
    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self.at = float("nan")

    def record(self, stream: str) -> None:
        assert stream == "stream"
        self.at = 1010 * max(self._gpu.host, self._gpu.done)

    def synchronize(self) -> None:
        self._gpu.wait()
        self._gpu.host += self._gpu.held_up.pop() if self._gpu.held_up else 0.0

    def elapsed_time(self, later: "Event") -> float:
        return later.at - self.at


def clock_of(gpu: Gpu, passes: int) -> GpuClock:
    return GpuClock("stream", passes, lambda: gpu.host, lambda: Event(gpu))


def test_ends_are_told_on_the_clock_of_the_host() -> None:
    gpu = Gpu()
    clock = clock_of(gpu, 3)
    for seconds in (4.0, 0.25):
        gpu.host += 1.0
        gpu.launch(seconds)
        clock.mark()
        gpu.launch(0.5)  # the choice of a token
        gpu.wait()
    assert clock.ends() == pytest.approx([55.0, 56.75])


def test_a_look_that_is_held_up_tells_nothing() -> None:
    gpu = Gpu()
    gpu.held_up = [0.0, 0.0, 5.0]
    clock = clock_of(gpu, 1)
    assert gpu.host == 55.0
    gpu.launch(4.0)
    clock.mark()
    gpu.held_up = [0.0, 7.0, 0.0]
    assert clock.ends() == pytest.approx([59.0])


def test_nothing_is_told_where_passes_were_not_announced() -> None:
    gpu = Gpu()
    clock = clock_of(gpu, 1)
    clock.mark()
    gpu.host += 1.0
    assert len(clock.ends()) == 1
    clock.mark()
    assert clock.ends() == []
