"""Names and notes that people give to runs, kept beside the run files, which stay as they are."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from slowlens.durable import locked, write_whole
from slowlens.errors import NoRunError, RunFileError, UsageError
from slowlens.frozen import dataclass
from slowlens.places import HOME_VARIABLE
from slowlens.store import RUN_ID, Store, default_store

LONGEST_NAME = 80
LONGEST_NOTE = 2000
LIKE_AN_ID = re.compile(r"\d{8}-\d{6}(-[0-9a-f]*)?")
_FOLDER, _LOCK = "labels", ".lock"


@dataclass(frozen=True, slots=True)
class Label:
    """What a person calls a run, and wants to remember of it; empty where there is nothing."""

    name: str = ""
    note: str = ""


NONE = Label()


@dataclass(frozen=True, slots=True)
class Labels:
    """A folder with one small file a run, in which runs keep their labels when they are deleted."""

    folder: Path

    def get(self, run_id: str) -> Label:
        """Return the label of a run; an empty one where it has none, or the file is damaged."""
        return _read(self._path(run_id))

    def all(self) -> Mapping[str, Label]:
        """Return the labels of all runs that have one."""
        paths = (path for path in self.folder.glob("*.json") if RUN_ID.fullmatch(path.stem))
        found = {path.stem: _read(path) for path in sorted(paths)}
        return {run_id: label for run_id, label in found.items() if label != NONE}

    def put(self, run_id: str, name: str, note: str | None = None) -> Label:
        """Give a run a name and a note, and return them; None leaves the note as it is.

        An empty text removes what was there. UsageError for what can be no name or no note,
        RunFileError where it cannot be kept.
        """
        path, name = self._path(run_id), _name(name)
        note = None if note is None else _note(note)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.folder / _LOCK):  # two servers, or a server and a terminal
                label = Label(name, _read(path).note if note is None else note)
                _write(path, label)
        except OSError as error:
            raise RunFileError(
                f"The name cannot be kept in {self.folder}: {error.strerror or error}",
                hint=f"Make room there, or set {HOME_VARIABLE} to a folder that you can write.",
            ) from error
        return label

    def named(self, name: str) -> tuple[str, ...]:
        """Return the ids of the runs that have this very name, the newest first."""
        found = (run_id for run_id, label in self.all().items() if name and label.name == name)
        return tuple(sorted(found, reverse=True))

    def _path(self, run_id: str) -> Path:
        if not RUN_ID.fullmatch(run_id):
            raise NoRunError(f"{run_id!r} is not the id of a run")
        return self.folder / f"{run_id}.json"


def labels_of(store: Store) -> Labels:
    """Return the labels of the runs in ``store``, and of those that were deleted from it."""
    return Labels(store.folder / _FOLDER)


def default_labels() -> Labels:
    """Return those of the user's own store."""
    return labels_of(default_store())


def _read(path: Path) -> Label:
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return Label(_text(found.get("name")), _text(found.get("note")))
    return NONE


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _write(path: Path, label: Label) -> None:
    if label == NONE:
        path.unlink(missing_ok=True)
        return
    found = {"name": label.name, "note": label.note}
    write_whole(path, (json.dumps(found, ensure_ascii=False, indent=2) + "\n").encode())


def _name(text: str) -> str:
    name = " ".join(text.split())
    hint = f"Use up to {LONGEST_NAME} characters, all of them printable."
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"{name[:LONGEST_NAME]!r} cannot be the name of a run.", hint=hint)
    if LIKE_AN_ID.fullmatch(name):
        message = f"{name} cannot be the name of a run: it would be taken for the id of one."
        raise UsageError(message, hint="Choose another name.")
    return name


def _note(text: str) -> str:
    note = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if len(note) > LONGEST_NOTE or not note.replace("\n", " ").replace("\t", " ").isprintable():
        hint = f"Use up to {LONGEST_NOTE} characters, and none that are not printable."
        raise UsageError("The note cannot be kept as it is.", hint=hint)
    return note
