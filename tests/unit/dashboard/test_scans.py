"""Reading every weight in the background: one at a time, watched, stopped, and kept."""

import threading
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

from slowlens.errors import SlowlensError
from slowlens.facts.live.measurement import Status
from slowlens.facts.weights.scan import Scan
from slowlens.gather.scan import Progress
from slowlens_dashboard.measuring.scans import KEPT, ScanBusyError, Scans, seconds_left

FOUND = Scan(tensors=1, size=10)


class Disk:
    """Reads as far as the test says; an exception breaks it."""

    def __init__(self) -> None:
        self.feed: SimpleQueue[tuple[int, int] | Exception | None] = SimpleQueue()
        self.told = threading.Semaphore(0)

    def __call__(self, progress: Progress) -> Scan:
        while (step := self.feed.get()) is not None:
            if isinstance(step, Exception):
                raise step
            progress(*step)
            self.told.release()
        return FOUND

    def read(self, done: int, total: int) -> None:
        self.feed.put((done, total))
        assert self.told.acquire(timeout=10)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def scans(disk: Disk) -> Iterator[Scans]:
    made = Scans()
    yield made
    disk.feed.put(None)
    made.close()


def test_it_tells_how_far_it_has_come_and_never_goes_back(scans: Scans, disk: Disk) -> None:
    reading = scans.start("files", "merged", disk)
    assert (reading.running, reading.done, reading.total) == (True, 0, 0)
    disk.read(40, 100)
    disk.read(30, 100)
    assert (reading.done, reading.total) == (40, 100)
    disk.feed.put(None)
    reading.join(10)
    assert (reading.status, reading.found) == (Status.DONE, FOUND)
    assert scans.get("files") is reading, "whoever looks later finds it"
    assert scans.active is None


def test_a_second_start_finds_the_first_and_another_pair_has_to_wait(
    scans: Scans, disk: Disk
) -> None:
    reading = scans.start("files", "merged", disk)
    assert scans.start("files", "merged", disk) is reading
    with pytest.raises(ScanBusyError, match="weights of merged are being read"):
        scans.start("others", "other", disk)
    assert scans.get("others") is None


def test_a_stop_ends_it_with_the_next_block_and_keeps_nothing(scans: Scans, disk: Disk) -> None:
    reading = scans.start("files", "merged", disk)
    disk.read(40, 100)
    reading.stop()
    disk.feed.put((50, 100))
    reading.join(10)
    assert (reading.status, reading.found, reading.done) == (Status.STOPPED, None, 40)
    again = scans.start("files", "merged", lambda _: FOUND)
    again.join(10)
    assert again.found == FOUND


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SlowlensError("there are no weights", hint="download them"), "there are no weights"),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
    ],
)
def test_what_went_wrong_is_told(scans: Scans, disk: Disk, error: Exception, told: str) -> None:
    reading = scans.start("files", "merged", disk)
    disk.feed.put(error)
    reading.join(10)
    assert reading.status is Status.FAILED
    assert told in str(reading.error)
    assert reading.error
    assert reading.error.hint


def test_the_newest_are_kept(scans: Scans) -> None:
    for number in range(KEPT + 2):
        scans.start(number, "merged", lambda _: FOUND).join(10)
    assert scans.get(1) is None
    assert scans.get(2) is not None


def test_the_rest_takes_as_long_for_each_byte_as_what_is_read() -> None:
    assert seconds_left(25, 100, 10.0) == 30.0
    assert seconds_left(100, 100, 10.0) == 0.0
    assert seconds_left(0, 100, 10.0) is None
    assert seconds_left(25, 100, 1.0) is None, "too soon to tell"
