"""Replace several files of a folder together: all of them, or none."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from slowlens.durable import sync_folder, write_new
from slowlens.errors import PatchError
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """What stands under a file's name: nothing, bytes, or a link to those bytes."""

    content: bytes | None
    link: str | None = None


def state_of(path: Path) -> State:
    """Read what stands there now; a link that leads nowhere is an error."""
    link = os.readlink(path) if path.is_symlink() else None  # noqa: PTH115
    try:
        return State(path.read_bytes(), link)
    except FileNotFoundError:
        if link is None:
            return State(None)
        raise PatchError(
            f"{path.name} is a link to {link}, which is not there",
            hint="Download or copy the checkpoint again.",
        ) from None


def switch(root: Path, wanted: Mapping[str, State]) -> None:
    """Replace files by name, or put all of them back and raise. Links are never written through."""
    found = {name: state_of(root / name) for name in wanted}
    try:
        _replace(root, wanted)
    except BaseException as error:
        moved = {name: state for name, state in found.items() if state_of(root / name) != state}
        try:
            _replace(root, moved)
        except OSError:
            raise PatchError(
                f"{', '.join(moved)} could not be put back after this failure: {error}",
                hint=f"Once the disk can be written again, run: slowlens undo {root}",
            ) from error
        raise


def clear(root: Path, names: tuple[str, ...]) -> None:
    """Remove what a switch that was killed has left beside the files."""
    for name in names:
        _beside(root / name).unlink(missing_ok=True)


def _replace(root: Path, wanted: Mapping[str, State]) -> None:
    try:
        # All that needs room on the disk comes before the first file is replaced.
        for name, state in wanted.items():
            _stage(root / name, state)
        for name, state in wanted.items():
            if state.content is None:
                (root / name).unlink(missing_ok=True)
            else:
                os.replace(_beside(root / name), root / name)  # noqa: PTH105
        for folder in {(root / name).parent for name in wanted}:
            sync_folder(folder)
    finally:
        with suppress(OSError):
            clear(root, tuple(wanted))


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.slowlens")


def _stage(path: Path, state: State) -> None:
    """Put the new state beside ``path``, with the mode and owner of what stands there."""
    beside = _beside(path)
    beside.unlink(missing_ok=True)
    if state.link is not None:
        beside.symlink_to(state.link)
    elif state.content is not None:
        write_new(beside, state.content)
        if path.exists():
            _copy_access(path, beside)


def _copy_access(path: Path, beside: Path) -> None:
    old, new = path.stat(), beside.stat()
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        with suppress(PermissionError):
            os.chown(beside, old.st_uid, old.st_gid)
    beside.chmod(old.st_mode)
