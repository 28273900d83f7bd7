"""What the disk refuses, in words that help."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EDQUOT, ENOSPC, EPERM, EROFS
from pathlib import Path

from slowlens.errors import PatchError

_ROOM = "Free some space on that disk, then try again."
_ROOMS = (ENOSPC, EDQUOT)
_LOCKED = (EACCES, EPERM, EROFS)


@contextmanager
def explained(root: Path) -> Iterator[None]:
    """Turn what the operating system says about ``root`` into a PatchError with a hint."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise PatchError(f"{root} was not changed: {reason}", hint=_hint(root, error)) from error


def instead(root: Path) -> str:
    """Say what to do where a checkpoint cannot be changed in place."""
    command = shlex.join(["slowlens", "export", str(root), "--to", "FOLDER"])
    return f"Make a patched copy instead: {command}"


def _hint(root: Path, error: OSError) -> str:
    if error.errno in _ROOMS:
        return _ROOM
    if error.errno in _LOCKED:
        return f"Make the folder writable. {instead(root)}"
    return "Make sure that the folder can be read and written."
