"""What is read of JSON files: each once, and again when it has changed."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from math import inf
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Generic, NamedTuple, TypeVar

from slowlens.run import Run
from slowlens.store import load

T = TypeVar("T")

ENDING = ".json"
WHOLE = 80
"""Runs that stay in memory with all their steps."""


class FileStamp(NamedTuple):
    """Tells whether a file is the one that was read."""

    modified: int
    size: int
    number: int
    """Of the file system; a file that is replaced gets another."""


Known = dict[str, tuple[FileStamp, T]]


class Found(NamedTuple, Generic[T]):
    """What a look found, the last name first, which is the newest run."""

    known: Mapping[str, tuple[FileStamp, T]]
    fresh: int
    """Files that were read for it."""
    unread: int
    """Files that are yet to be read, those of the first names."""


class Files(Generic[T]):
    """The files of one folder; any thread may look."""

    def __init__(self, folder: Path, read: Callable[[Path], T], known: Known[T]) -> None:
        self._folder, self._read, self._known = folder, read, known
        self._lock = Lock()

    def look(self, patience: float = inf, least: int = 0) -> Found[T]:
        """Read what is new: ``least`` files at least, and more as long as ``patience`` lasts."""
        with self._lock:
            stamps = stamps_of(self._folder)
            names = sorted(stamps, reverse=True)
            known = {n: self._known[n] for n in names if self._known.get(n, ("",))[0] == stamps[n]}
            new = [name for name in names if name not in known]
            end, read = monotonic() + patience, 0
            while read < len(new) and (read < least or monotonic() < end):
                name = new[read]
                known[name] = (stamps[name], self._read(self._folder / f"{name}{ENDING}"))
                read += 1
            self._known = known
            ordered = {name: known[name] for name in names if name in known}
        return Found(ordered, read, len(new) - read)


def stamps_of(folder: Path) -> Mapping[str, FileStamp]:
    """Return the JSON files of a folder, by their names without the ending."""
    found = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(ENDING):
                with suppress(OSError):
                    found[entry.name.removesuffix(ENDING)] = _stamp(entry.stat())
    return found


def stamp_of(path: Path) -> FileStamp | None:
    """Return the stamp of one file; None without it."""
    try:
        return _stamp(path.stat())
    except OSError:
        return None


def whole(path: Path) -> Run:
    """Return a run with all its steps; RunFileError when there is none or it is damaged."""
    stamp = stamp_of(path)
    return load(path) if stamp is None else _whole(path, stamp)  # which says what is wrong


@lru_cache(WHOLE)
def _whole(path: Path, stamp: FileStamp) -> Run:
    assert stamp
    return load(path)


def _stamp(stat: os.stat_result) -> FileStamp:
    return FileStamp(stat.st_mtime_ns, stat.st_size, stat.st_ino)
