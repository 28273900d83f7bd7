"""Runs on disk, one JSON file each."""

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from slowlens.codec import decode, encode
from slowlens.errors import RunFileError
from slowlens.places import state_folder
from slowlens.run import Run

RUN_ID = re.compile(r"[0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of run files; it is made when the first run is saved."""

    folder: Path

    def path(self, run_id: str) -> Path:
        """Return where a run is kept; RunFileError when the id could not be one."""
        if not RUN_ID.fullmatch(run_id):
            raise RunFileError(f"{run_id!r} is not the id of a run")
        return self.folder / f"{run_id}.json"

    def save(self, run: Run) -> Path:
        """Write a run whole or not at all; return its path."""
        path = self.path(run.id)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, encode(run))
        return path

    def load(self, run_id: str) -> Run:
        """Read a run; RunFileError when there is none or it is damaged."""
        return load(self.path(run_id))

    def recent(self, limit: int = 20) -> tuple[Run, ...]:
        """Return the newest runs, the newest first; damaged files are passed over."""
        runs: list[Run] = []
        for path in sorted(self.folder.glob("*.json"), reverse=True):
            if len(runs) == limit:
                break
            try:
                runs.append(load(path))
            except RunFileError:
                continue
        return tuple(runs)


def default_store() -> Store:
    """Return the user's own store."""
    return Store(state_folder() / "runs")


def load(path: Path) -> Run:
    """Read the run file at ``path``; RunFileError when that cannot be done."""
    try:
        return decode(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunFileError(f"There is no run file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RunFileError(f"{path} cannot be read: {error}") from error


def write_whole(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one step, so that no reader sees half a file."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)  # noqa: PTH105
