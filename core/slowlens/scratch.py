"""Folders that go with their process, or with the next one where it was killed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from slowlens.durable import locked

_LOCK = "lock"


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """Make a folder among the temporary ones, and remove it; its name begins with ``prefix``.

    A lock in it, which dies with this process, tells that we live. OSError where there is no room.
    """
    with ExitStack() as held:
        folder = _made(prefix, held)
        try:
            yield folder
        finally:
            # Not TemporaryDirectory: where it meets an obstacle it changes modes, by links too.
            shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(prefix: str) -> None:
    """Remove the folders of ``scratch`` whose process was killed; those in use stay."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):
            if _is_mine(folder) and (folder / _LOCK).is_file():
                with locked(folder / _LOCK, wait=False) as free:
                    if free:
                        shutil.rmtree(folder, ignore_errors=True)


def _made(prefix: str, held: ExitStack) -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        try:
            held.enter_context(locked(folder / _LOCK))
        except OSError:  # no locks on this disk: then nobody can take it for abandoned
            (folder / _LOCK).unlink(missing_ok=True)
            return folder
        if (folder / _LOCK).exists():
            return folder
        held.close()  # taken for abandoned in the moment before it was locked


def _is_mine(folder: Path) -> bool:
    """Whether this user made it, and it is no link: others may write among temporary folders."""
    found = folder.lstat()
    return not folder.is_symlink() and found.st_uid == getattr(os, "getuid", lambda: 0)()
