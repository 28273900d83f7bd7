"""What was written into each checkpoint, kept so that it can be taken back."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from slowlens.durable import folder_locked, locked, sync_folder, write_whole
from slowlens.errors import PatchError
from slowlens.frozen import dataclass, replace
from slowlens.places import HOME_VARIABLE, state_folder, undo_folder

SCHEMA_VERSION = 2
_DONE, _PENDING = ".json", ".pending"


@dataclass(frozen=True, slots=True)
class PatchedFile:
    """A file's bytes on either side of a patch; None where there is no file."""

    name: str
    before: bytes | None
    after: bytes | None
    mode: int | None = None
    """Permission bits of the file before; None where there was none."""
    times: tuple[int, int] | None = None
    """Of the last access and the last change before, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One patch that was written, or was about to be when its process died."""

    path: Path
    """Where the journal keeps it."""
    time: str
    """UTC, ISO 8601."""
    titles: tuple[str, ...]
    """Of the fixes in it."""
    files: tuple[PatchedFile, ...]

    @property
    def number(self) -> int:
        """What a user calls it by, in its checkpoint."""
        return int(self.path.stem)


def history(root: Path) -> tuple[Entry, ...]:
    """Return what can be undone in the checkpoint ``root``, the newest first."""
    return tuple(_read(path) for path in reversed(_paths(_folder(root), _DONE)))


def covering(entry: Entry, entries: Iterable[Entry]) -> tuple[int, ...]:
    """Return the numbers of later entries that changed a file of ``entry`` again, newest first."""
    names = {file.name for file in entry.files}
    later = (e for e in entries if e.number > entry.number)
    return tuple(e.number for e in later if names & {file.name for file in e.files})


def pending(root: Path) -> tuple[Entry, ...]:
    """Return what is being written into ``root``, or taken back, or was when its process died."""
    return tuple(_read(path) for path in reversed(_paths(_folder(root), _PENDING)))


def interrupted() -> Iterator[Path]:
    """Yield every checkpoint that is there and has a pending entry that can be read."""
    for path in sorted(undo_folder().glob(f"*/*{_PENDING}")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            root = Path(json.loads(path.read_bytes())["checkpoint"])
            if root.is_dir():
                yield root


@contextmanager
def alone(root: Path, *, wait: bool = True) -> Iterator[bool]:
    """Keep other processes from changing the checkpoint ``root`` meanwhile.

    Those of this user, who share the journal, and of others, who can only see the folder. Gives
    False at once where another has it, if not to ``wait`` for that.
    """
    with ExitStack() as stack:
        try:
            folder = _folder(root)
            folder.mkdir(parents=True, exist_ok=True)
            free = stack.enter_context(locked(folder / "lock", wait=wait))
        except OSError as error:
            raise _unwritable(error) from error
        yield free and stack.enter_context(folder_locked(root, wait=wait))


def begin(root: Path, files: Iterable[PatchedFile], titles: Iterable[str]) -> Entry:
    """Add an entry, pending; it is on the disk when this returns."""
    folder = _folder(root)
    known = [*_paths(folder, _DONE), *_paths(folder, _PENDING)]
    last = max((int(path.stem) for path in known), default=0)
    path = folder / f"{last + 1:06}{_PENDING}"
    time = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry(path, time, tuple(titles), tuple(files))
    try:
        write_whole(path, _encode(root, entry))
    except OSError as error:
        raise _unwritable(error) from error
    return entry


def finish(entry: Entry) -> Entry:
    """Keep a pending entry: all of its files are written."""
    return _renamed(entry, _DONE)


def reopen(entry: Entry) -> Entry:
    """Make an entry pending again: its files are about to be taken back."""
    return _renamed(entry, _PENDING)


def forget(entry: Entry) -> None:
    """Remove an entry that has been undone or was never written."""
    entry.path.unlink(missing_ok=True)
    sync_folder(entry.path.parent)


def _renamed(entry: Entry, suffix: str) -> Entry:
    path = entry.path.with_suffix(suffix)
    entry.path.replace(path)
    sync_folder(path.parent)
    return replace(entry, path=path)


def _folder(root: Path) -> Path:
    return undo_folder() / sha256(os.path.realpath(os.fsencode(root))).hexdigest()[:32]


def _paths(folder: Path, suffix: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"*{suffix}") if path.stem.isdecimal())


def _encode(root: Path, entry: Entry) -> bytes:
    files = [
        {
            "name": file.name,
            "before": _text(file.before),
            "after": _text(file.after),
            "mode": file.mode,
            "times": file.times,
        }
        for file in entry.files
    ]
    fields = {
        "schema_version": SCHEMA_VERSION,
        "checkpoint": str(root.resolve()),
        "time": entry.time,
        "titles": entry.titles,
        "files": files,
    }
    return json.dumps(fields, indent=2).encode()


def _text(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()


def _read(path: Path) -> Entry:
    try:
        return _decode(path, json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PatchError(
            f"the undo journal cannot be read: {error}",
            hint=f"Move {path} away; the fix that it holds can then no longer be undone.",
        ) from error


def _decode(path: Path, fields: dict[str, Any]) -> Entry:
    if fields["schema_version"] != SCHEMA_VERSION:
        raise ValueError(f"{path.name} was written by another version of Slowlens")
    files = tuple(
        PatchedFile(
            f["name"],
            _content(f["before"]),
            _content(f["after"]),
            f["mode"],
            None if f["times"] is None else (int(f["times"][0]), int(f["times"][1])),
        )
        for f in fields["files"]
    )
    return Entry(path, fields["time"], tuple(fields["titles"]), files)


def _content(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text, validate=True)


def _unwritable(error: OSError) -> PatchError:
    return PatchError(
        f"the undo journal cannot be written ({error}), so nothing was changed",
        hint=f"Make room in {state_folder()}, or set {HOME_VARIABLE} to a folder you can write.",
    )
