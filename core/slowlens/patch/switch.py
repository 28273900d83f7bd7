"""Replace several files of a folder together: all of them, or none."""

import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from slowlens.durable import sync, sync_folder, write_new
from slowlens.errors import PatchError
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """What stands under a file's name: nothing, or bytes with their mode and times."""

    content: bytes | None
    mode: int | None = None
    """Permission bits; None for those of the file that is replaced."""
    times: tuple[int, int] | None = None
    """Of the last access and the last change, in nanoseconds; None for now."""


def state_of(path: Path) -> State:
    """Read what stands there now; a link that leads nowhere is an error."""
    try:
        found = path.stat()
        return State(
            path.read_bytes(), found.st_mode & 0o7777, (found.st_atime_ns, found.st_mtime_ns)
        )
    except FileNotFoundError:
        if not path.is_symlink():
            return State(None)
        raise PatchError(
            f"{path.name} is a link to {path.readlink()}, which is not there",
            hint="Download or copy the checkpoint again.",
        ) from None


def switch(root: Path, wanted: Mapping[str, State]) -> None:
    """Replace files by name, or put all of them back and raise."""
    found = {name: state_of(root / name) for name in wanted}
    try:
        _replace(root, wanted)
    except BaseException as error:
        moved = {
            name: state for name, state in found.items() if _content(root / name) != state.content
        }
        try:
            _replace(root, moved)
        except OSError:
            raise PatchError(
                f"{', '.join(moved)} could not be put back after this failure: {error}",
                hint="Once the disk can be written again, this does that: "
                f"{shlex.join(['slowlens', 'history', str(root)])}",
            ) from error
        raise


def clear(root: Path, names: tuple[str, ...]) -> None:
    """Remove what a switch that was killed has left beside the files."""
    for beside in (_beside(root / name) for name in names):
        if os.path.lexists(beside):  # a disk that is read-only refuses what is not there as well
            beside.unlink(missing_ok=True)


def _content(path: Path) -> bytes | None:
    return state_of(path).content


def _replace(root: Path, wanted: Mapping[str, State]) -> None:
    try:
        # All that needs room on the disk comes before the first file is replaced.
        for name, state in wanted.items():
            _stage(root / name, state)
        for name, state in wanted.items():
            if state.content is None:
                (root / name).unlink(missing_ok=True)
            else:
                _beside(root / name).replace(root / name)
        for folder in {(root / name).parent for name in wanted}:
            sync_folder(folder)
    finally:
        with suppress(OSError):
            clear(root, tuple(wanted))


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.slowlens")


def _stage(path: Path, state: State) -> None:
    """Put the new bytes beside ``path``, with mode, owner and attributes of what stands there."""
    beside = _beside(path)
    beside.unlink(missing_ok=True)
    if state.content is not None:
        write_new(beside, state.content)
        if path.exists():
            _copy_access(path, beside)
        if state.mode is not None:
            beside.chmod(state.mode)
        if state.times is not None:
            os.utime(beside, ns=state.times)
        sync(beside)


def _copy_access(path: Path, beside: Path) -> None:
    old, new = path.stat(), beside.stat()
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        with suppress(PermissionError):
            os.chown(beside, old.st_uid, old.st_gid)
    for name in _attributes(path):
        with suppress(OSError):  # the system keeps some to itself
            os.setxattr(beside, name, os.getxattr(path, name))
    beside.chmod(old.st_mode)


def _attributes(path: Path) -> list[str]:
    with suppress(OSError, AttributeError):  # not known everywhere
        return os.listxattr(path)
    return []
