"""What was written into each checkpoint, kept so that it can be taken back."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from slowlens.durable import locked, sync_folder, write_whole
from slowlens.errors import PatchError
from slowlens.frozen import dataclass
from slowlens.places import HOME_VARIABLE, state_folder

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class PatchedFile:
    """A file's bytes on either side of a patch; None where there is no file."""

    name: str
    before: bytes | None
    after: bytes | None
    link: str | None = None
    """Where the symbolic link points that stands on the side without the patch."""


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


def history(root: Path) -> tuple[Entry, ...]:
    """Return what can be undone in the checkpoint ``root``, the newest first."""
    return tuple(_read(path) for path in reversed(_paths(_folder(root))))


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep other processes of this user from changing the checkpoint ``root`` meanwhile."""
    with ExitStack() as stack:
        try:
            folder = _folder(root)
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(folder / "lock"))
        except OSError as error:
            raise _unwritable(error) from error
        yield


def record(root: Path, files: Iterable[PatchedFile], titles: Iterable[str]) -> Entry:
    """Add an entry; it is on the disk when this returns."""
    folder = _folder(root)
    last = int(paths[-1].stem) if (paths := _paths(folder)) else 0
    path = folder / f"{last + 1:06}.json"
    time = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry(path, time, tuple(titles), tuple(files))
    try:
        write_whole(path, _encode(root, entry))
    except OSError as error:
        raise _unwritable(error) from error
    return entry


def forget(entry: Entry) -> None:
    """Remove an entry that has been undone or was never written."""
    entry.path.unlink(missing_ok=True)
    sync_folder(entry.path.parent)


def _folder(root: Path) -> Path:
    return state_folder() / "undo" / sha256(os.path.realpath(os.fsencode(root))).hexdigest()[:32]


def _paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if path.stem.isdecimal())


def _encode(root: Path, entry: Entry) -> bytes:
    files = [
        {
            "name": file.name,
            "before": _text(file.before),
            "after": _text(file.after),
            "link": file.link,
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
        PatchedFile(f["name"], _content(f["before"]), _content(f["after"]), f["link"])
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
