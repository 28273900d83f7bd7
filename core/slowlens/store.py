"""Runs on disk, one JSON file each."""

import re
from contextlib import suppress
from pathlib import Path

from slowlens.codec import decode, encode
from slowlens.durable import write_whole
from slowlens.errors import NoRunError, RunFileError
from slowlens.frozen import dataclass
from slowlens.places import HOME_VARIABLE, state_folder
from slowlens.run import Run

RUN_ID = re.compile(r"[0-9A-Za-z-]+")
FEW = 5
"""Candidates that are named."""


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of run files; it is made when the first run is saved."""

    folder: Path

    def path(self, run_id: str) -> Path:
        """Return where a run is kept; RunFileError when the id could not be one."""
        if not RUN_ID.fullmatch(run_id):
            raise NoRunError(f"{run_id!r} is not the id of a run")
        return self.folder / f"{run_id}.json"

    def save(self, run: Run) -> Path:
        """Write a run whole or not at all; return its path. RunFileError when it cannot be."""
        path = self.path(run.id)
        content = encode(run).encode()
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, content)
        except OSError as error:
            raise RunFileError(
                f"The run cannot be kept in {self.folder}: {error.strerror or error}",
                hint=f"Make room there, or set {HOME_VARIABLE} to a folder that you can write.",
            ) from error
        return path

    def load(self, run_id: str) -> Run:
        """Read a run; RunFileError when there is none or it is damaged."""
        return load(self.path(run_id))

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all runs, the newest first, from the names of the files alone."""
        names = (path.stem for path in self.folder.glob("*.json"))
        return tuple(sorted(filter(RUN_ID.fullmatch, names), reverse=True))

    def find(self, part: str) -> str:
        """Return the id that is ``part``, begins so or has it as its last part; RunFileError.

        The only such one: what is behind the last dash counts as a whole.
        """
        found = self.fitting(part)
        if part in found:
            return part
        if len(found) == 1:
            return found[0]
        if found:
            more = f" and {len(found) - FEW} more" if len(found) > FEW else ""
            message = f"{len(found)} runs begin with {part}: {', '.join(found[:FEW])}{more}."
            if not all(run_id.startswith(part) for run_id in found):
                which = f"{part}: {', '.join(found[:FEW])}{more}"
                message = f"{len(found)} runs begin or end with {which}."
            raise NoRunError(message, hint="Write more of its id.")
        raise NoRunError(f"There is no run {part} in {self.folder}.")

    def fitting(self, part: str) -> list[str]:
        """Return the ids that begin with ``part`` or have it as their last part, newest first."""
        return [run_id for run_id in self.ids() if part and _fits(run_id, part)]

    def recent(self, limit: int = 20) -> tuple[Run, ...]:
        """Return the newest runs, the newest first; damaged files are passed over."""
        runs: list[Run] = []
        for run_id in self.ids():
            if len(runs) == limit:
                break
            with suppress(RunFileError):
                runs.append(self.load(run_id))
        return tuple(runs)

    @property
    def trash(self) -> "Store":
        """Where deleted runs are, damaged ones too, until somebody empties the folder."""
        return Store(self.folder / "trash")

    def delete(self, run_id: str) -> None:
        """Move a run into the trash; RunFileError where it is not here, or cannot be moved."""
        _move(run_id, self, self.trash)

    def restore(self, run_id: str) -> None:
        """Bring a run back from the trash; RunFileError as for ``delete``."""
        _move(run_id, self.trash, self)


def _fits(run_id: str, part: str) -> bool:
    return run_id.startswith(part) or run_id.rpartition("-")[2] == part


def _move(run_id: str, origin: Store, target: Store) -> None:
    """Move a run file as it is, over none that is there."""
    old, new = origin.path(run_id), target.path(run_id)
    if not old.exists():
        raise NoRunError(f"There is no run {run_id} in {origin.folder}.")
    if new.exists():
        hint = f"Move one of the two away: {old} or {new}."
        raise RunFileError(f"There is a run {run_id} in {target.folder} already.", hint=hint)
    try:
        target.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        old.rename(new)
    except OSError as error:
        raise RunFileError(f"{old} cannot be moved to {new}: {error.strerror or error}") from error


def default_store() -> Store:
    """Return the user's own store."""
    return Store(state_folder() / "runs")


def load(path: Path) -> Run:
    """Read the run file at ``path``; RunFileError when that cannot be done."""
    try:
        return decode(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoRunError(f"There is no run file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RunFileError(f"{path} cannot be read: {error}") from error
