"""Whether what a folder holds lies below the roots too, links resolved."""

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from slowlens.errors import CheckpointError

MOST = 5000
"""Entries of a checkpoint's folder and those in it."""


def require_inside(folder: Path, roots: Sequence[Path]) -> None:
    """Raise CheckpointError where a file of ``folder`` is a link that leads out of ``roots``.

    Whoever can write into a root could else have anything shown that the server may read.
    """
    allowed = (*roots, *_blobs(folder))
    entries = [*islice(_below(folder, set()), MOST + 1)]
    if len(entries) > MOST:
        raise CheckpointError(
            f"{folder} holds more than {MOST:,} files and folders.",
            hint="Choose the folder of the checkpoint itself.",
        )
    for entry in filter(os.DirEntry.is_symlink, entries):
        real = Path(os.path.realpath(entry.path))
        if not any(real.is_relative_to(root) for root in allowed):
            raise CheckpointError(
                f"{entry.path} is a link to {real}, outside the folders that this dashboard may"
                " read.",
                hint=f"Copy that file, or allow its folder: slowlens ui --root {real.parent}",
            )


def _below(folder: Path, seen: set[Path]) -> Iterator[os.DirEntry[str]]:
    """Yield every entry below; a folder that a link leads to is looked into too, once."""
    real = Path(os.path.realpath(folder))
    if real in seen:
        return
    seen.add(real)
    try:
        with os.scandir(real) as found:
            entries = [*islice(found, MOST + 1)]
    except OSError:  # what cannot be listed, the engine explains
        return
    for entry in entries:
        yield entry
        if _is_folder(entry):
            yield from _below(Path(entry.path), seen)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _blobs(folder: Path) -> tuple[Path, ...]:
    """Return where the files of a snapshot in the hub's cache are.

    A link in its place leads nowhere: whoever makes a folder ``snapshots`` can make that too.
    """
    parent = folder.resolve().parent
    return (parent.parent / "blobs",) if parent.name == "snapshots" else ()
