"""Files that are on the disk when a function returns, and locks that die with their process."""

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _take(descriptor: int, *, wait: bool) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int, *, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


_UNFINISHED = ".unfinished"
_STALE = 3600
"""Seconds after which nobody writes a file any more: whoever began it was killed."""


def write_new(path: Path, content: bytes) -> None:
    """Write a file that must not exist yet."""
    kind = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, kind, 0o666)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes) -> None:
    """Make or replace ``path`` in one step: no reader sees half a file, no failure leaves one."""
    # A name of its own: two who write at once, threads or processes, would take each other's file.
    unfinished = path.with_name(f"{path.stem}.{os.urandom(8).hex()}{_UNFINISHED}")
    _remove_stale(path)
    try:
        write_new(unfinished, content)
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def unfinished_of(path: Path) -> Iterator[Path]:
    """Return what is being written to become ``path``, or was when its process died."""
    name = re.compile(rf"{re.escape(path.stem)}(\.[0-9a-f]{{16}})?{re.escape(_UNFINISHED)}")
    return (other for other in path.parent.iterdir() if name.fullmatch(other.name))


def _remove_stale(path: Path) -> None:
    with suppress(OSError):
        for left in unfinished_of(path):
            if time.time() - left.stat().st_mtime > _STALE:
                left.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` last, where the file system can promise that."""
    with suppress(OSError):
        sync(folder)


def sync(path: Path) -> None:
    """Make what was done to a file or folder last."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock file ``path``, after waiting for whoever holds it now.

    Gives False at once where somebody holds it, if not to ``wait``.
    """
    with path.open("ab") as file:
        try:
            _take(file.fileno(), wait=wait)
        except BlockingIOError:
            if wait:
                raise
            yield False
            return
        yield True


@contextmanager
def folder_locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a folder itself, which takes no more than the right to read it, and writes nothing.

    Gives False at once where somebody holds it, if not to ``wait``. Gives True where the file
    system has no such locks, or the folder cannot be opened: then nobody is kept out.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # folders cannot be opened on Windows
        yield True
        return
    try:
        yield _taken(descriptor, wait=wait)
    finally:
        os.close(descriptor)


def _taken(descriptor: int, *, wait: bool) -> bool:
    try:
        _take(descriptor, wait=wait)
    except BlockingIOError:
        return False
    except OSError:  # NFS locks only what is open for writing
        return True
    return True
