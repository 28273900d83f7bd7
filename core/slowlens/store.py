"""Runs on disk, one JSON file each."""

import re
from pathlib import Path

from slowlens.codec import decode, encode
from slowlens.durable import write_whole
from slowlens.errors import RunFileError
from slowlens.facts.live.measurement import Status
from slowlens.frozen import dataclass
from slowlens.places import HOME_VARIABLE, state_folder
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

    def measured(self, run: Run) -> Run | None:
        """Return the newest of the recent runs that measured the very files of ``run`` to the end.

        None without one.
        """
        return next((each for each in self.recent() if _measures(each, run)), None)


def _measures(one: Run, run: Run) -> bool:
    done = one.measurement is not None and one.measurement.status is Status.DONE
    return done and one.merged.path == run.merged.path and one.merged.same_files(run.merged)


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
