"""A patched copy of a checkpoint: its JSON files rewritten, its weights linked or copied."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath

from slowlens.durable import sync_folder, write_new
from slowlens.errors import PatchError
from slowlens.findings import Edit
from slowlens.patch import Patch, prepare

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack", ".onnx")
LARGEST_COPY = 64 * 2**20
"""Bytes of a file that is copied where weights are linked, whatever it is called."""
CHUNK = 64 * 2**20
"""Bytes between two reports."""
SPARE = 2**20
"""Bytes that a copy leaves free."""

Told = Callable[[int, int], None]
"""Hears how many bytes of how many are copied."""


def copy(
    root: Path, edits: Iterable[Edit], to: Path, *, linked: bool, told: Told = lambda *_: None
) -> Path:
    """Make the new folder ``to`` a copy of ``root`` with ``edits`` in it, whole or not at all.

    Weights are symbolic links to the files of ``root``, or where those lead, if ``linked``.
    Raises PatchError where ``to`` is there already, lies in ``root`` or has no room.
    """
    root, to = root.resolve(), Path(os.path.realpath(to))
    if os.path.lexists(to):
        raise PatchError(f"{to} is there already", hint="Name a folder that is not there yet.")
    if to.is_relative_to(root):
        raise PatchError(f"{to} is inside of {root}", hint="Name a folder outside of it.")
    patch = prepare(root, edits)
    unfinished = to.with_name(f".{to.name}.unfinished")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        _fill(patch, unfinished, linked=linked, told=told)
        unfinished.rename(to)
        sync_folder(to.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "Name a folder that you can write, on a disk with room for it."
        raise PatchError(f"{to} could not be made: {reason}", hint=hint) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return to


def _fill(patch: Patch, into: Path, *, linked: bool, told: Told) -> None:
    patched = {file.name for file in patch.files}
    others = {name: real for name, real in _files(patch.root) if str(name) not in patched}
    links = {name for name, real in others.items() if linked and _is_weights(real)}
    whole = sum(real.stat().st_size for name, real in others.items() if name not in links)
    _require_room(into, whole)
    into.mkdir()
    for file in patch.files:
        if file.after is not None:
            (into / file.name).parent.mkdir(parents=True, exist_ok=True)
            write_new(into / file.name, file.after)
    done = 0
    for name, real in others.items():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        if name in links:
            (into / name).symlink_to(real)
            continue
        for size in _copied(real, into / name):
            done += size
            told(done, whole)


def _copied(real: Path, target: Path) -> Iterator[int]:
    """Copy a file with its mode and times, and yield the bytes of each part."""
    with real.open("rb") as source, target.open("xb") as copied:
        while chunk := source.read(CHUNK):
            yield copied.write(chunk)
        copied.flush()
        os.fsync(copied.fileno())
    shutil.copystat(real, target)


def _files(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[tuple[PurePath, Path]]:
    """Yield the name of each file below, and the file itself, wherever links lead."""
    for entry in sorted(folder.iterdir()):
        real = entry.resolve()
        if not real.is_dir():
            yield PurePath(entry.name), real
        elif real in (*above, folder):
            raise PatchError(f"{entry} is a link to a folder above it", hint="Remove that link.")
        else:
            for name, file in _files(real, (*above, folder)):
                yield entry.name / name, file


def _is_weights(path: Path) -> bool:
    return path.suffix in WEIGHTS or path.stat().st_size > LARGEST_COPY


def _require_room(into: Path, needed: int) -> None:
    free = shutil.disk_usage(into.parent).free
    if free < needed + SPARE:
        raise PatchError(
            f"{into.parent} has {free / 1e9:.3g} GB left, and the copy needs {needed / 1e9:.3g} GB",
            hint="Use a disk with more room, or link the weights instead of copying them.",
        )
