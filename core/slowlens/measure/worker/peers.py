"""The other processes of a tensor parallel run: started and watched by the first, ended with it.

They are started as ``torchrun`` would, one a GPU, in the process group of the first, so that
whatever ends that group ends them; each also leaves when its stdin ends, which is when the first
is gone, however it went. Their events go nowhere: only why one failed is told.
"""

import os
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from slowlens.channel import Channel
from slowlens.child import python
from slowlens.childerrors import died
from slowlens.errors import SlowlensError, WorkerError
from slowlens.frozen import dataclass
from slowlens.measure.events import Failed
from slowlens.measure.protocol import decode, encode

ADDRESS = "127.0.0.1"
GRACE = 5.0
"""Seconds after which a peer tells why it failed: the first process tells what failed for all."""
_TAIL = 8192
_LAUNCHED = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True, slots=True)
class Place:
    """Which of the processes this one is, and where they meet."""

    rank: int = 0
    count: int = 1
    port: int = 0
    listening: int | None = None
    """The socket of the first process, which listens there already."""

    def __str__(self) -> str:
        return f"measuring process {self.rank + 1} of {self.count}"

    @property
    def environment(self) -> dict[str, str]:
        """What ``torchrun`` would tell it."""
        names = (self.rank, self.rank, self.count, self.count, ADDRESS, self.port)
        return dict(zip(_LAUNCHED, map(str, names), strict=True))


ALONE = Place()


def alone() -> Place:
    """Forget what a launcher such as ``torchrun`` said: a plan names its number of processes."""
    for name in _LAUNCHED:
        os.environ.pop(name, None)
    return ALONE


def first(count: int, request: bytes, gone: Callable[[WorkerError], None]) -> Place:
    """Start the others with ``request``; ``gone`` is told, in a thread, when one ends or fails."""
    listener = socket.create_server((ADDRESS, 0))
    port = listener.getsockname()[1]
    place = Place(0, count, port, listener.detach())
    os.environ.update(place.environment)
    for rank in range(1, count):
        _start(Place(rank, count, port), request, gone)
    return place


def _start(place: Place, request: bytes, gone: Callable[[WorkerError], None]) -> None:
    words = (str(part) for part in (place.rank, place.count, place.port))
    process = subprocess.Popen(  # noqa: S603
        (*python("slowlens.measure.worker"), *words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | place.environment,
    )
    assert process.stdin
    with suppress(BrokenPipeError):  # it died at once: who watches it tells why
        process.stdin.write(request)
        process.stdin.flush()
    threading.Thread(target=_Watch(place, process).run, args=(gone,), daemon=True).start()


class _Watch:
    """Waits for what a peer says: that it failed, or nothing at all because it ended."""

    def __init__(self, place: Place, process: "subprocess.Popen[bytes]") -> None:
        self._place, self._process = place, process
        self._tail = b""

    def run(self, gone: Callable[[WorkerError], None]) -> None:
        drain = threading.Thread(target=self._drain, daemon=True)
        drain.start()
        assert self._process.stdout
        for line in self._process.stdout:
            event = decode(line)
            if isinstance(event, Failed):
                gone(WorkerError(f"{self._place}: {event.error}", hint=event.hint))
        code = self._process.wait()
        drain.join(1.0)
        gone(died(str(self._place), code, self._tail, sys.executable))

    def _drain(self) -> None:
        assert self._process.stderr
        while chunk := os.read(self._process.stderr.fileno(), 65536):
            self._tail = (self._tail + chunk)[-_TAIL:]


def peer(words: list[str]) -> Place:
    """Return the place that ``first`` gave this process on its command line."""
    rank, count, port = map(int, words)
    return Place(rank, count, port)


def follow(channel: Channel, work: Callable[[], None]) -> NoReturn:
    """Do a peer's part, and stay until the first process is gone."""
    with at_once():
        try:
            work()
        except SlowlensError as error:
            time.sleep(GRACE)
            channel.send(encode(Failed(str(error), error.hint)))
    while True:
        time.sleep(3600)


@contextmanager
def at_once() -> Iterator[None]:
    """End this process with the first error nobody expected, without tidying up.

    What torch would tidy up waits for the other processes.
    """
    try:
        yield
    except BaseException:  # noqa: BLE001 - it is told, and nothing goes on
        traceback.print_exc(file=sys.__stderr__)  # transformers 4 closes that of peers
        os._exit(1)
