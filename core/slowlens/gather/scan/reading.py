"""Reading pieces block by block, in a few threads: numpy and the system let go of Python's lock."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from io import BufferedReader
from itertools import islice
from pathlib import Path
from threading import local
from typing import NamedTuple

import numpy as np

from slowlens.errors import SlowlensError
from slowlens.facts.checkpoint import FileProblem, Tensor
from slowlens.frozen import dataclass
from slowlens.gather.jsonfile import problem
from slowlens.gather.rawfile import regular_file
from slowlens.gather.scan.numbers import numbers
from slowlens.gather.scan.pieces import BLOCK, Piece, Place

THREADS = min(4, os.cpu_count() or 1)


class Seen(NamedTuple):
    """What one piece showed."""

    tensor: Tensor
    nan: int
    infinite: int
    zero: bool
    other_zero: bool
    equal: bool | None
    """Whether it is its counterpart to the byte; None without one."""

    def joined(self, other: "Seen") -> "Seen":
        """Return what two pieces of one tensor show together."""
        equal = None if self.equal is None else self.equal and bool(other.equal)
        return Seen(
            self.tensor,
            self.nan + other.nan,
            self.infinite + other.infinite,
            self.zero and other.zero,
            self.other_zero and other.other_zero,
            equal,
        )


@dataclass(frozen=True, slots=True)
class Read:
    """A share of the work, done; ``unread`` tells of a file that could not be read on."""

    seen: tuple[Seen, ...] = ()
    size: int = 0
    unread: tuple[FileProblem, ...] = ()


def read_all(shares: Iterable[tuple[Piece, ...]]) -> Iterator[Read]:
    """Read every share, a few at a time, and yield them in their order."""
    buffers = local()
    waiting: list[Future[Read]] = []
    todo = iter(shares)
    with ThreadPoolExecutor(THREADS) as threads:
        try:
            while True:
                room = 2 * THREADS - len(waiting)
                waiting += [threads.submit(_read, s, buffers) for s in islice(todo, room)]
                if not waiting:
                    return
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()


def fill(buffer: memoryview, file: BufferedReader) -> None:
    """Read into the whole of ``buffer``; SlowlensError when the file has become shorter."""
    if file.readinto(buffer) != len(buffer):
        raise SlowlensError("became shorter while it was read", hint="Check it again.")


def _read(share: tuple[Piece, ...], buffers: local) -> Read:
    seen: list[Seen] = []
    files = _Files()
    try:
        with files.stack:
            seen += (_look(piece, files, buffers) for piece in share)
    except SlowlensError as error:
        return Read(tuple(seen), _size(share), (problem(files.asked.name, error),))
    return Read(tuple(seen), _size(share))


def _size(share: tuple[Piece, ...]) -> int:
    return sum(piece.length for piece in share)


class _Files:
    """The files of a share, opened when first asked for."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.asked = Path()
        """The file that was read last."""
        self._open: dict[Path, BufferedReader] = {}

    def fill(self, buffer: memoryview, place: Place, offset: int) -> None:
        """Read into the whole of ``buffer`` what stands behind ``place``."""
        self.asked = place.path
        file = self._open.get(place.path)
        if file is None:
            file = self.stack.enter_context(regular_file(place.path))
            self._open[place.path] = file
        file.seek(place.begin + offset)
        fill(buffer, file)


def _look(piece: Piece, files: _Files, buffers: local) -> Seen:
    if not hasattr(buffers, "mine"):
        buffers.mine = [np.empty(BLOCK, np.uint8) for _ in range(3)]
    mine, other, scratch = buffers.mine
    nan = infinite = 0
    zero, other_zero = True, piece.other is not None
    equal = None if piece.other is None else True
    for offset in range(0, piece.length, BLOCK):
        length = min(BLOCK, piece.length - offset)
        here = memoryview(mine)[:length]
        files.fill(here, piece.place, offset)
        found = numbers(here, piece.tensor.dtype, scratch)
        nan, infinite, zero = nan + found.nan, infinite + found.infinite, zero and found.zero
        if piece.other is not None and (equal or zero):
            there = memoryview(other)[:length]
            files.fill(there, piece.other, offset)
            equal = equal and bool(np.array_equal(mine[:length], other[:length]))
            other_zero = other_zero and not other[:length].any()
    return Seen(piece.tensor, nan, infinite, zero, other_zero, equal)
